#include "fields.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lne {
namespace {

/// Letters that must be changed, added or left out (Levenshtein).
std::size_t distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t before = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, before + (a[i - 1] == b[j - 1] ? 0 : 1)});
      before = above;
    }
  }
  return row[b.size()];
}

bool is_number(const YamlNode& node, double& out) {
  if (!node.is_scalar() || node.is_quoted || node.text.empty()) return false;
  const char* begin = node.text.data() + (node.text[0] == '+' ? 1 : 0);
  const char* end = node.text.data() + node.text.size();
  const auto [stop, fault] = std::from_chars(begin, end, out);
  return fault == std::errc() && stop == end && std::isfinite(out);
}

std::string listed(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::string digits(double value) { return Json(value).text(); }

}  // namespace

std::string nearest_of(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = 1 + std::max<std::size_t>(2, word.size() / 3);
  if (word.size() > 64) return {};
  for (const std::string& candidate : known) {
    const std::size_t found = distance(word, candidate);
    if (found < least) least = found, best = candidate;
  }
  return best.empty() ? std::string() : "; did you mean '" + best + "'?";
}

Fields::Fields(const YamlNode& node, std::string file, std::string what, std::vector<Error>& errors) : node_(node), file_(std::move(file)), what_(std::move(what)), errors_(errors) {
  if (!node.is_map() && node.kind != YamlNode::Kind::kNull) fail_at(node.line, node.column, "it takes `key: value` lines");
}

const YamlNode* Fields::find(const std::string& key) const {
  asked_.insert(key);
  for (const YamlNode::Entry& entry : node_.entries) {
    if (entry.key == key) return entry.value.kind == YamlNode::Kind::kNull ? nullptr : &entry.value;
  }
  return nullptr;
}

std::string Fields::text(const std::string& key, const std::string& otherwise) {
  const YamlNode* node = find(key);
  if (node == nullptr) return otherwise;
  if (node->is_scalar() && !node->text.empty()) return node->text;
  fail(key, key + " takes a text");
  return otherwise;
}

std::string Fields::needed_text(const std::string& key, const std::string& meaning) {
  if (!has(key)) fail(key, key + " is missing; write " + meaning);
  return text(key, "");
}

std::string Fields::choice(const std::string& key, const std::vector<std::string>& allowed, const std::string& otherwise) {
  const std::string found = text(key, otherwise);
  if (std::find(allowed.begin(), allowed.end(), found) != allowed.end()) return found;
  fail(key, key + " is " + listed(allowed) + ", not '" + found + "'");
  return otherwise;
}

bool Fields::read_number(const YamlNode& node, double& out) const { return is_number(node, out); }

double Fields::number(const std::string& key, double otherwise, double least, double most) {
  const YamlNode* node = find(key);
  double value = otherwise;
  if (node == nullptr || (read_number(*node, value) && value >= least && value <= most)) return value;
  fail(key, key + " takes a number from " + digits(least) + " to " + digits(most));
  return otherwise;
}

std::int64_t Fields::whole(const std::string& key, std::int64_t otherwise, std::int64_t least, std::int64_t most) {
  const YamlNode* node = find(key);
  double value = 0;
  if (node == nullptr) return otherwise;
  if (read_number(*node, value) && std::floor(value) == value && value >= static_cast<double>(least) && value <= static_cast<double>(most)) return static_cast<std::int64_t>(value);
  fail(key, key + " takes a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return otherwise;
}

std::vector<std::string> Fields::texts(const std::string& key) {
  const YamlNode* node = find(key);
  std::vector<std::string> out;
  if (node == nullptr) return out;
  if (node->is_scalar()) return {node->text};
  for (const YamlNode& item : node->items) {
    if (!item.is_scalar() || item.text.empty()) return fail_at(item.line, item.column, key + " takes texts"), std::vector<std::string>();
    out.push_back(item.text);
  }
  if (!node->is_list()) fail(key, key + " takes a text or a list of texts");
  return out;
}

std::vector<double> Fields::numbers(const std::string& key) {
  const YamlNode* node = find(key);
  std::vector<double> out;
  double value = 0;
  if (node == nullptr) return out;
  if (node->is_scalar() && read_number(*node, value)) return {value};
  if (!node->is_list() || node->items.empty()) return fail(key, key + " takes a number or a list of numbers"), out;
  for (const YamlNode& item : node->items) {
    if (!read_number(item, value)) return fail_at(item.line, item.column, key + " takes numbers"), std::vector<double>();
    out.push_back(value);
  }
  return out;
}

void Fields::finish() {
  const std::vector<std::string> known(asked_.begin(), asked_.end());
  for (const YamlNode::Entry& entry : node_.entries) {
    if (asked_.count(entry.key) > 0) continue;
    const std::string all = known.empty() ? "it takes no keys" : "it takes " + listed(known);
    fail_at(entry.line, entry.column, "there is no key '" + entry.key + "'" + nearest_of(entry.key, known) + "; " + all);
  }
}

void Fields::fail(const std::string& key, const std::string& message) {
  for (const YamlNode::Entry& entry : node_.entries) {
    if (entry.key == key) return fail_at(entry.value.line, entry.value.column, message);
  }
  fail_at(node_.line, node_.column, message);
}

void Fields::fail_at(int line, int column, const std::string& message) { errors_.push_back({"LNE_APPLICATION", place_of(file_, line, column) + (what_.empty() ? "" : what_ + ": ") + message}); }

Json json_of(const YamlNode& node) {
  double value = 0;
  if (node.is_list()) {
    Json::Array list;
    for (const YamlNode& item : node.items) list.push_back(json_of(item));
    return Json(std::move(list));
  }
  if (node.is_map()) {
    Json::Object map;
    for (const YamlNode::Entry& entry : node.entries) map[entry.key] = json_of(entry.value);
    return Json(std::move(map));
  }
  if (!node.is_scalar()) return Json();
  if (is_number(node, value)) return Json(value);
  if (!node.is_quoted && (node.text == "true" || node.text == "false")) return Json(node.text == "true");
  return Json(node.text);
}

}  // namespace lne
