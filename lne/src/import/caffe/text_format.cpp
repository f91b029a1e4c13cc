#include "text_format.hpp"

#include "../../base/utf8.hpp"

namespace lne::caffe {
namespace {

constexpr int kMostNested = 32;

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '+'; }

class Parser {
 public:
  Parser(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {}

  Result<Message> run() {
    Message message;
    if (!read_fields(message, '\0', 0)) return Error{"LNE_CAFFE_SYNTAX", file_ + ", line " + std::to_string(error_line_) + ": " + error_};
    return message;
  }

 private:
  bool fail(const std::string& what) {
    if (error_.empty()) {
      error_ = what;
      error_line_ = line_;
    }
    return false;
  }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        while (at_ < text_.size() && text_[at_] != '\n') ++at_;
      } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ';') {
        line_ += c == '\n';
        ++at_;
      } else {
        return;
      }
    }
  }

  bool take(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  std::string word() {
    skip_space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  /// Fields up to the closing character, or to the end for none.
  bool read_fields(Message& message, char close, int depth) {
    if (depth > kMostNested) return fail("more than " + std::to_string(kMostNested) + " messages stand in each other");
    for (;;) {
      skip_space();
      if (at_ == text_.size()) return close == '\0' || fail(std::string("'") + close + "' is missing at the end");
      if (close != '\0' && take(close)) return true;
      const std::string name = word();
      if (name.empty()) return fail("a field's name is expected, not '" + readable_utf8(text_.substr(at_, 1)) + "'");
      if (!read_values(message, name, depth)) return false;
    }
  }

  bool read_values(Message& message, const std::string& name, int depth) {
    const bool has_colon = take(':');
    if (!take('[')) return read_value(message, name, has_colon, depth);
    while (!take(']')) {
      if (!read_value(message, name, true, depth)) return false;
    }
    return true;
  }

  bool read_value(Message& message, const std::string& name, bool has_colon, int depth) {
    TextField field;
    field.name = name;
    skip_space();
    field.line = line_;
    if (take('{') || take('<')) {
      field.is_message = true;
      if (!read_fields(field.message, text_[at_ - 1] == '{' ? '}' : '>', depth + 1)) return false;
    } else if (!has_colon) {
      return fail("':' or '{' is expected after '" + name + "'");
    } else if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
      while (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
        if (!read_string(field.scalar)) return false;
        skip_space();
      }
      field.scalar = readable_utf8(field.scalar);
    } else {
      field.scalar = word();
      if (field.scalar.empty()) return fail("'" + name + "' has no value");
    }
    message.fields.push_back(std::move(field));
    return true;
  }

  bool read_string(std::string& out) {
    const char quote = text_[at_++];
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\n') return fail("a string has no end");
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      out += text_[at_++];
    }
    if (at_ == text_.size()) return fail("a string has no end");
    ++at_;
    return true;
  }

  std::string_view text_;
  std::string file_;
  std::size_t at_ = 0;
  int line_ = 1;
  int error_line_ = 1;
  std::string error_;
};

}  // namespace

const TextField* Message::find(const std::string& name) const {
  for (std::size_t i = fields.size(); i-- > 0;) {
    if (fields[i].name == name) return &fields[i];
  }
  return nullptr;
}

const Message& Message::message(const std::string& name) const {
  static const Message none;
  const TextField* field = find(name);
  return field != nullptr && field->is_message ? field->message : none;
}

std::vector<const TextField*> Message::all(const std::string& name) const {
  std::vector<const TextField*> found;
  for (const TextField& field : fields) {
    if (field.name == name) found.push_back(&field);
  }
  return found;
}

Result<Message> parse_text(std::string_view text, const std::string& file) { return Parser(text, file).run(); }

}  // namespace lne::caffe
