// Errors as values: a stable code, and a sentence that names the thing, the place and the mend.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace lne {

struct Error {
  std::string code;
  std::string message;
};

/// Either a value or at least one error. Everything that input can cause comes back this way; nothing throws across the API.
template <class T>
class Result {
 public:
  Result(T value) : state_(std::move(value)) {}
  Result(Error error) : state_(std::vector<Error>{std::move(error)}) {}
  Result(std::vector<Error> errors) : state_(std::move(errors)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  T& value() { return std::get<T>(state_); }
  const T& value() const { return std::get<T>(state_); }
  const std::vector<Error>& errors() const { return std::get<std::vector<Error>>(state_); }

 private:
  std::variant<T, std::vector<Error>> state_;
};

}  // namespace lne
