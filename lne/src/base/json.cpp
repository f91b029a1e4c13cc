#include "json.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>

#include "utf8.hpp"

namespace lne {
namespace {

constexpr int kDeepest = 64;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<Json> document() {
    std::optional<Json> value = read(0);
    skip_space();
    return value && at_ == text_.size() ? value : std::nullopt;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) ++at_;
  }

  bool take(std::string_view token) {
    if (text_.substr(at_, token.size()) != token) return false;
    at_ += token.size();
    return true;
  }

  std::optional<Json> read(int depth) {
    skip_space();
    if (depth > kDeepest || at_ >= text_.size()) return std::nullopt;
    if (take("null")) return Json();
    if (take("true")) return Json(true);
    if (take("false")) return Json(false);
    if (text_[at_] == '"') {
      std::optional<std::string> value = read_string();
      return value ? std::optional<Json>(Json(std::move(*value))) : std::nullopt;
    }
    if (take("[")) return read_array(depth);
    if (take("{")) return read_object(depth);
    return read_number();
  }

  std::optional<Json> read_number() {
    double value = 0;
    const char* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
    at_ = static_cast<std::size_t>(stop - text_.data());
    return Json(value);
  }

  std::optional<std::string> read_string() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        return out;
      }
      if (c != '\\') {
        out += c;
      } else if (!read_escape(out)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool read_escape(std::string& out) {
    if (++at_ >= text_.size()) return false;
    switch (text_[at_]) {
      case 'n': out += '\n'; return true;
      case 't': out += '\t'; return true;
      case 'r': out += '\r'; return true;
      case 'b': out += '\b'; return true;
      case 'f': out += '\f'; return true;
      case 'u': return read_unicode(out);
      case '"':
      case '\\':
      case '/': out += text_[at_]; return true;
      default: return false;
    }
  }

  std::optional<unsigned> read_hex4() {
    unsigned code = 0;
    if (at_ + 4 >= text_.size()) return std::nullopt;
    const auto [stop, error] = std::from_chars(text_.data() + at_ + 1, text_.data() + at_ + 5, code, 16);
    if (error != std::errc() || stop != text_.data() + at_ + 5) return std::nullopt;
    at_ += 4;
    return code;
  }

  bool read_unicode(std::string& out) {
    std::optional<unsigned> code = read_hex4();
    if (!code) return false;
    unsigned point = *code;
    if (point >= 0xDC00 && point < 0xE000) return false;
    if (point >= 0xD800 && point < 0xDC00) {
      if (text_.substr(at_ + 1, 2) != "\\u") return false;
      at_ += 2;
      std::optional<unsigned> low = read_hex4();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return false;
      point = 0x10000 + ((point - 0xD800) << 10) + (*low - 0xDC00);
    }
    append_utf8(out, point);
    return true;
  }

  std::optional<Json> read_array(int depth) {
    Json::Array items;
    skip_space();
    if (take("]")) return Json(std::move(items));
    for (;;) {
      std::optional<Json> item = read(depth + 1);
      if (!item) return std::nullopt;
      items.push_back(std::move(*item));
      skip_space();
      if (take("]")) return Json(std::move(items));
      if (!take(",")) return std::nullopt;
    }
  }

  std::optional<Json> read_object(int depth) {
    Json::Object members;
    skip_space();
    if (take("}")) return Json(std::move(members));
    for (;;) {
      skip_space();
      if (at_ >= text_.size() || text_[at_] != '"') return std::nullopt;
      std::optional<std::string> name = read_string();
      skip_space();
      if (!name || !take(":")) return std::nullopt;
      std::optional<Json> value = read(depth + 1);
      if (!value) return std::nullopt;
      members[std::move(*name)] = std::move(*value);
      skip_space();
      if (take("}")) return Json(std::move(members));
      if (!take(",")) return std::nullopt;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

void write_string(const std::string& value, std::string& out) {
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    } else {
      out += c;
    }
  }
  out += '"';
}

void write(const Json& json, std::string& out) {
  if (json.is_null()) {
    out += "null";
  } else if (const bool* b = json.boolean()) {
    out += *b ? "true" : "false";
  } else if (const double* n = json.number()) {
    char digits[40];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, *n);
    out.append(std::isfinite(*n) && error == std::errc() ? std::string(digits, end) : "null");
  } else if (const std::string* s = json.string()) {
    write_string(*s, out);
  } else if (const Json::Array* items = json.array()) {
    out += '[';
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (i > 0) out += ',';
      write((*items)[i], out);
    }
    out += ']';
  } else {
    out += '{';
    bool is_first = true;
    for (const auto& [name, value] : *json.object()) {
      if (!is_first) out += ',';
      is_first = false;
      write_string(name, out);
      out += ':';
      write(value, out);
    }
    out += '}';
  }
}

}  // namespace

const Json& Json::operator[](const std::string& name) const {
  static const Json nothing;
  const Object* members = object();
  if (members == nullptr) return nothing;
  const auto found = members->find(name);
  return found == members->end() ? nothing : found->second;
}

std::string Json::text() const {
  std::string out;
  write(*this, out);
  return out;
}

std::optional<Json> Json::parse(std::string_view text) { return Reader(text).document(); }

}  // namespace lne
