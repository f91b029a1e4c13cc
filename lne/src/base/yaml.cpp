#include "yaml.hpp"

#include <algorithm>

#include "utf8.hpp"

namespace lne {
namespace {

/// A line without its indentation and without the blanks at its end; lines that hold nothing are left out.
struct Line {
  int number;
  int indent;
  std::string_view content;
};

struct Fault {
  int line, column;
  std::string message;
};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

class Reader {
 public:
  explicit Reader(std::string_view text) { split(text); }

  YamlNode read() {
    if (lines_.empty()) return {};
    if (lines_[0].content == "---") ++at_;
    if (at_ == lines_.size()) return {};
    YamlNode node = block(lines_[at_].indent, 0);
    if (at_ < lines_.size()) fail_line("this line is indented less than the first one; begin both at the same column");
    return node;
  }

 private:
  [[noreturn]] void fail(int line, int column, const std::string& message) const { throw Fault{line, column, message}; }
  [[noreturn]] void fail_line(const std::string& message) const { fail(lines_[at_].number, lines_[at_].indent + 1, message); }
  [[noreturn]] void fail_here(const std::string& message) const { fail(lines_[at_].number, column(), message); }

  void split(std::string_view text) {
    int number = 1;
    for (std::size_t start = 0; start <= text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      std::string_view line = text.substr(start, end - start);
      start = end + 1;
      while (!line.empty() && (is_blank(line.back()) || line.back() == '\r')) line.remove_suffix(1);
      const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
      if (indent == line.size() || line[indent] == '#') continue;
      if (line[indent] == '\t') fail(number, static_cast<int>(indent) + 1, "a tab in the indentation; use blanks");
      lines_.push_back({number, static_cast<int>(indent), line.substr(indent)});
    }
  }

  // ---- blocks: what indentation tells

  bool is_item(const Line& line) const { return line.content == "-" || line.content.substr(0, 2) == "- "; }

  YamlNode block(int indent, int level) {
    if (level > kMostYamlLevels) fail_line("more than " + std::to_string(kMostYamlLevels) + " levels; make it flatter");
    if (is_item(lines_[at_])) return list(indent, level);
    if (key_end(lines_[at_].content) != std::string_view::npos) return map(indent, level);
    inner_ = 0;
    YamlNode node = value(level);
    end_line(indent - 1);
    return node;
  }

  YamlNode list(int indent, int level) {
    YamlNode node = node_at(YamlNode::Kind::kList, indent);
    while (at_ < lines_.size() && lines_[at_].indent == indent && is_item(lines_[at_])) {
      Line& line = lines_[at_];
      const std::size_t rest = std::min(line.content.find_first_not_of(" \t", 1), line.content.size());
      if (rest == line.content.size() || line.content[rest] == '#') {
        ++at_;
        node.items.push_back(nested(indent + 1, level));
        continue;
      }
      // What follows the dash is a block of its own, as deep as it begins.
      line.indent += static_cast<int>(rest);
      line.content.remove_prefix(rest);
      node.items.push_back(block(line.indent, level + 1));
    }
    if (at_ < lines_.size() && lines_[at_].indent > indent) fail_line("this line belongs to nothing; indent it like the line that it goes with");
    return node;
  }

  YamlNode map(int indent, int level) {
    YamlNode node = node_at(YamlNode::Kind::kMap, indent);
    while (at_ < lines_.size() && lines_[at_].indent == indent && !is_item(lines_[at_])) {
      const std::string_view content = lines_[at_].content;
      const std::size_t end = key_end(content);
      if (end == std::string_view::npos) fail_line("a line that is no `key: value`");
      inner_ = 0;
      YamlNode::Entry entry{key(end), lines_[at_].number, indent + 1, {}};
      const bool is_known = std::any_of(node.entries.begin(), node.entries.end(), [&](const YamlNode::Entry& other) { return other.key == entry.key; });
      if (is_known) fail_line("the key '" + entry.key + "' stands here a second time; keep one");
      inner_ = end + 1;
      skip_blanks();
      if (is_at_end()) {
        ++at_;
        const bool is_list = at_ < lines_.size() && lines_[at_].indent == indent && is_item(lines_[at_]);
        entry.value = is_list ? list(indent, level + 1) : nested(indent + 1, level);
      } else {
        entry.value = value(level + 1);
        end_line(indent);
      }
      node.entries.push_back(std::move(entry));
    }
    if (at_ < lines_.size() && lines_[at_].indent > indent) fail_line("this line belongs to nothing; indent it like the line that it goes with");
    return node;
  }

  /// The block that is indented by at least so much, or nothing.
  YamlNode nested(int least, int level) {
    if (at_ < lines_.size() && lines_[at_].indent >= least) return block(lines_[at_].indent, level + 1);
    YamlNode node;
    node.line = lines_[at_ - 1].number;
    node.column = lines_[at_ - 1].indent + 1;
    return node;
  }

  YamlNode node_at(YamlNode::Kind kind, int indent) const {
    YamlNode node;
    node.kind = kind;
    node.line = lines_[at_].number;
    node.column = indent + 1;
    return node;
  }

  /// Where the colon behind a key stands, or npos where the line begins with none.
  static std::size_t key_end(std::string_view content) {
    if (content.empty() || std::string_view("[]{}#&*!|>%@`,").find(content[0]) != std::string_view::npos) return std::string_view::npos;
    std::size_t at = 0;
    if (content[0] == '"' || content[0] == '\'') {
      at = content.find(content[0], 1);
      if (at == std::string_view::npos) return at;
      ++at;
      return at < content.size() && content[at] == ':' ? at : std::string_view::npos;
    }
    for (; at < content.size(); ++at) {
      if (content[at] == '#' && at > 0 && is_blank(content[at - 1])) return std::string_view::npos;
      if (content[at] == ':' && (at + 1 == content.size() || is_blank(content[at + 1]))) return at;
    }
    return std::string_view::npos;
  }

  std::string key(std::size_t end) const {
    std::string_view text = lines_[at_].content.substr(0, end);
    if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'')) text = text.substr(1, text.size() - 2);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (text.empty()) fail_line("a key without a name");
    return std::string(text);
  }

  // ---- values within a line, and collections in brackets that may go over several

  std::string_view content() const { return lines_[at_].content; }
  int column() const { return lines_[at_].indent + static_cast<int>(inner_) + 1; }
  bool is_at_end() const { return inner_ >= content().size() || content()[inner_] == '#'; }
  void skip_blanks() {
    while (inner_ < content().size() && is_blank(content()[inner_])) ++inner_;
  }

  /// After a value nothing may follow but a comment, and no line that is indented as if it went on.
  void end_line(int indent) {
    skip_blanks();
    if (!is_at_end()) fail_here("this can't follow a value; put the value in quotes, or begin a new line");
    if (inner_ < content().size() && inner_ > 0 && !is_blank(content()[inner_ - 1])) fail_here("a comment needs a blank before its #");
    ++at_;
    if (at_ < lines_.size() && lines_[at_].indent > indent) fail_line("this line belongs to nothing: the value before it is complete; text over several lines is not supported");
  }

  YamlNode value(int level) {
    if (level > kMostYamlLevels) fail_here("more than " + std::to_string(kMostYamlLevels) + " levels; make it flatter");
    YamlNode node;
    node.line = lines_[at_].number;
    node.column = column();
    const char first = content()[inner_];
    if (first == '[') return flow_list(std::move(node), level);
    if (first == '{') return flow_map(std::move(node), level);
    if (first == '"' || first == '\'') return quoted(std::move(node));
    if (std::string_view("&*!|>%@`").find(first) != std::string_view::npos) {
      fail_here(std::string("a value that begins with ") + first + " is not supported; " + (first == '|' || first == '>' ? "write it in one line" : "put it in quotes if it is text"));
    }
    return plain(std::move(node), "");
  }

  /// @param closing characters that end it inside brackets
  YamlNode plain(YamlNode node, std::string_view closing) {
    const std::size_t start = inner_;
    for (; inner_ < content().size(); ++inner_) {
      const char c = content()[inner_];
      if (c == '#' && inner_ > start && is_blank(content()[inner_ - 1])) break;
      if (closing.find(c) != std::string_view::npos) break;
      if (c == ':' && (inner_ + 1 == content().size() || is_blank(content()[inner_ + 1]))) {
        if (!closing.empty()) break;
        fail_here("a second ': ' in one line; put the value in quotes if it belongs to it");
      }
    }
    std::string_view text = content().substr(start, inner_ - start);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    if (text.empty()) fail_here("a value is missing");
    node.text = std::string(text);
    if (text != "null" && text != "~") node.kind = YamlNode::Kind::kScalar;
    return node;
  }

  YamlNode quoted(YamlNode node) {
    const char mark = content()[inner_++];
    node.kind = YamlNode::Kind::kScalar;
    node.is_quoted = true;
    for (;; ++inner_) {
      if (inner_ >= content().size()) fail(node.line, node.column, "the quotes that open here are not closed in their line");
      const char c = content()[inner_];
      const bool is_doubled = mark == '\'' && c == mark && inner_ + 1 < content().size() && content()[inner_ + 1] == mark;
      if (is_doubled) ++inner_;
      else if (c == mark) break;
      else if (mark == '"' && c == '\\') {
        escape(node.text);
        continue;
      }
      node.text += c;
    }
    ++inner_;
    return node;
  }

  void escape(std::string& out) {
    static constexpr std::string_view kNames = "nt\"\\/", kMeanings = "\n\t\"\\/";
    const char name = ++inner_ < content().size() ? content()[inner_] : '\0';
    const std::size_t known = kNames.find(name);
    if (name != '\0' && known != std::string_view::npos) return void(out += kMeanings[known]);
    unsigned code = 0;
    for (int digit = 1; name == 'u' && digit <= 4; ++digit) {
      const char c = inner_ + static_cast<std::size_t>(digit) < content().size() ? content()[inner_ + static_cast<std::size_t>(digit)] : '\0';
      const int found = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (found < 0) fail_here("\\u takes four hexadecimal digits");
      code = code << 4 | static_cast<unsigned>(found);
    }
    if (name != 'u' || code == 0 || (code >= 0xD800 && code < 0xE000)) fail_here("an escape that is not supported; write the character itself");
    append_utf8(out, code);
    inner_ += 4;
  }

  /// Goes to the next thing inside brackets, over the ends of lines.
  void skip_to_token(const YamlNode& opened) {
    for (;;) {
      skip_blanks();
      if (!is_at_end()) return;
      if (at_ + 1 == lines_.size()) fail(opened.line, opened.column, "the bracket that opens here is not closed");
      ++at_;
      inner_ = 0;
    }
  }

  bool takes(char wanted) {
    if (content()[inner_] != wanted) return false;
    ++inner_;
    return true;
  }

  YamlNode flow_value(const YamlNode& opened, int level) {
    skip_to_token(opened);
    const char first = content()[inner_];
    if (std::string_view("[{\"'&*!|>%@`").find(first) != std::string_view::npos) return value(level + 1);
    YamlNode node;
    node.line = lines_[at_].number;
    node.column = column();
    return plain(std::move(node), ",[]{}");
  }

  YamlNode flow_list(YamlNode node, int level) {
    ++inner_;
    node.kind = YamlNode::Kind::kList;
    for (;;) {
      skip_to_token(node);
      if (takes(']')) return node;
      node.items.push_back(flow_value(node, level));
      skip_to_token(node);
      if (!takes(',') && content()[inner_] != ']') fail_here("a comma or ] is missing; the bracket opens in line " + std::to_string(node.line));
    }
  }

  YamlNode flow_map(YamlNode node, int level) {
    ++inner_;
    node.kind = YamlNode::Kind::kMap;
    for (;;) {
      skip_to_token(node);
      if (takes('}')) return node;
      const YamlNode name = flow_value(node, level);
      skip_to_token(node);
      if (!name.is_scalar() || !takes(':')) fail(name.line, name.column, "inside { } stand `key: value` pairs");
      const bool is_known = std::any_of(node.entries.begin(), node.entries.end(), [&](const YamlNode::Entry& other) { return other.key == name.text; });
      if (is_known) fail(name.line, name.column, "the key '" + name.text + "' stands here a second time; keep one");
      node.entries.push_back({name.text, name.line, name.column, flow_value(node, level)});
      skip_to_token(node);
      if (!takes(',') && content()[inner_] != '}') fail_here("a comma or } is missing; the bracket opens in line " + std::to_string(node.line));
    }
  }

  std::vector<Line> lines_;
  std::size_t at_ = 0;
  /// within the line's content
  std::size_t inner_ = 0;
};

}  // namespace

std::string place_of(const std::string& file, int line, int column) { return file + ":" + std::to_string(line) + ":" + std::to_string(column) + ": "; }

Result<YamlNode> read_yaml(std::string_view text, const std::string& file) {
  if (text.size() > kMostYamlBytes) return Error{"LNE_YAML", file + ": it has more than " + std::to_string(kMostYamlBytes) + " bytes, too many for a declaration"};
  if (readable_utf8(text) != text) return Error{"LNE_YAML", file + ": it is no UTF-8 text; save it as UTF-8"};
  try {
    return Reader(text).read();
  } catch (const Fault& fault) {
    return Error{"LNE_YAML", place_of(file, fault.line, fault.column) + fault.message};
  }
}

}  // namespace lne
