// Reads the part of YAML 1.2 that declarations need, from untrusted text, and keeps where everything stands. What has several meanings to
// people (anchors, tags, block scalars, plain text over several lines, tabs) is refused with a mend, never guessed.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "result.hpp"

namespace lne {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  struct Entry;

  Kind kind = Kind::kNull;
  /// of a scalar, without its quotes
  std::string text;
  /// a quoted scalar is text, whatever it looks like
  bool is_quoted = false;
  std::vector<YamlNode> items;
  std::vector<Entry> entries;
  /// where it begins, both from 1
  int line = 1, column = 1;

  bool is_map() const { return kind == Kind::kMap; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_scalar() const { return kind == Kind::kScalar; }
};

struct YamlNode::Entry {
  std::string key;
  int line = 1, column = 1;
  YamlNode value;
};

/// Most bytes of a document, and most levels in it.
inline constexpr std::size_t kMostYamlBytes = 1 << 20;
inline constexpr int kMostYamlLevels = 32;

/// `file:line:column: `, by which messages about a document begin.
std::string place_of(const std::string& file, int line, int column);

/// @returns LNE_YAML naming file, line, column and the mend
Result<YamlNode> read_yaml(std::string_view text, const std::string& file);

}  // namespace lne
