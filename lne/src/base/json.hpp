// A JSON value, a reader for untrusted text and a writer whose output depends on the value alone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lne {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::map<std::string, Json>;

  Json() : value_(nullptr) {}
  Json(bool v) : value_(v) {}
  Json(double v) : value_(v) {}
  Json(int v) : value_(static_cast<double>(v)) {}
  Json(long v) : value_(static_cast<double>(v)) {}
  Json(long long v) : value_(static_cast<double>(v)) {}
  Json(std::size_t v) : value_(static_cast<double>(v)) {}
  Json(const char* v) : value_(std::string(v)) {}
  Json(std::string v) : value_(std::move(v)) {}
  Json(Array v) : value_(std::move(v)) {}
  Json(Object v) : value_(std::move(v)) {}

  /// A list of texts.
  static Json list(const std::vector<std::string>& texts) { return Json(Array(texts.begin(), texts.end())); }

  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const double* number() const { return std::get_if<double>(&value_); }
  const std::string* string() const { return std::get_if<std::string>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const Object* object() const { return std::get_if<Object>(&value_); }

  /// A member of an object, or a null value where there is none.
  const Json& operator[](const std::string& name) const;

  /// Compact text: keys sorted, numbers in the shortest form that reads back equal.
  std::string text() const;

  /// Reads JSON of at most 64 levels. @returns nothing when the text is not JSON
  static std::optional<Json> parse(std::string_view text);

 private:
  std::variant<std::nullptr_t, bool, double, std::string, Array, Object> value_;
};

/// What pages and messages show of a value that may not be there: 0, or an empty text.
inline double number_in(const Json& value) { return value.number() ? *value.number() : 0.0; }
inline std::string text_in(const Json& value) { return value.string() ? *value.string() : std::string(); }

}  // namespace lne
