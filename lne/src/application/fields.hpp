// Typed access to a map of a declaration. Whatever does not fit becomes an error that names place and mend; reading goes on with a default.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../base/json.hpp"
#include "../base/yaml.hpp"

namespace lne {

/// The nearest of some words, as `; did you mean 'x'?`, or an empty string where none is near.
std::string nearest_of(const std::string& word, const std::vector<std::string>& known);

class Fields {
 public:
  /// @param what it is a part of, for messages, e.g. `module 'words'`
  Fields(const YamlNode& node, std::string file, std::string what, std::vector<Error>& errors);

  bool has(const std::string& key) const { return find(key) != nullptr; }
  /// @returns null where it is missing or null; the key counts as known
  const YamlNode* find(const std::string& key) const;

  std::string text(const std::string& key, const std::string& otherwise);
  /// Text that must be there. @param meaning what to write, for the message
  std::string needed_text(const std::string& key, const std::string& meaning);
  std::string choice(const std::string& key, const std::vector<std::string>& allowed, const std::string& otherwise);
  double number(const std::string& key, double otherwise, double least, double most);
  std::int64_t whole(const std::string& key, std::int64_t otherwise, std::int64_t least, std::int64_t most);
  /// @returns an empty list where it is missing
  std::vector<std::string> texts(const std::string& key);
  /// One number or a list of them.
  std::vector<double> numbers(const std::string& key);

  /// Refuses keys that nobody asked for. Call it last.
  void finish();
  /// An error at a key's value, or at the map where the key is missing.
  void fail(const std::string& key, const std::string& message);

 private:
  void fail_at(int line, int column, const std::string& message);
  bool read_number(const YamlNode& node, double& out) const;

  const YamlNode& node_;
  std::string file_, what_;
  std::vector<Error>& errors_;
  mutable std::set<std::string> asked_;
};

/// A scalar, list or map as JSON: plain `true`, `false` and numbers are such, everything else is text.
Json json_of(const YamlNode& node);

}  // namespace lne
