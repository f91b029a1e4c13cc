#include "yaml.hpp"

#include <gtest/gtest.h>

#include <random>

#include "../application/declaration.hpp"

namespace lne {
namespace {

/// What was read, as JSON.
std::string read(const std::string& text) {
  const Result<YamlNode> node = read_yaml(text, "f.yml");
  return node ? json_of(node.value()).text() : node.errors()[0].message;
}

TEST(Yaml, ReadsBlocksFlowsAndScalars) {
  EXPECT_EQ(read("a: 1\nb:\n  - x\n  - y: 2\n    z: 'it''s'\nc:\n- 1\n- [2, {d: 3}]\n"), R"({"a":1,"b":["x",{"y":2,"z":"it's"}],"c":[1,[2,{"d":3}]]})");
  EXPECT_EQ(read("---\n# comment\na: b # more\nq: \"tab\\t\\u00e9#\"\nu: http://x.y/z#frag\n"), R"({"a":"b","q":"tab\u0009)" "\xC3\xA9" R"(#","u":"http://x.y/z#frag"})");
  EXPECT_EQ(read("list: [a,\n  b, # and\n  c]\nmap: {x: 1,\n y: [ ]}\n"), R"({"list":["a","b","c"],"map":{"x":1,"y":[]}})");
  EXPECT_EQ(read("a: yes\nb: true\nc: \"1\"\nd: 1e3\ne: ~\nf:\ng: -0.5\n"), R"({"a":"yes","b":true,"c":"1","d":1000,"e":null,"f":null,"g":-0.5})");
  EXPECT_EQ(read("- - 1\n  - 2\n-\n  a: 1\n-\n- b\n"), R"([[1,2],{"a":1},null,"b"])");
  EXPECT_EQ(read(""), "null");
  EXPECT_EQ(read("just text"), "\"just text\"");
  EXPECT_EQ(read("a: 1\r\nb: 2\r\n"), R"({"a":1,"b":2})");
}

TEST(Yaml, KnowsWhereThingsStand) {
  const Result<YamlNode> node = read_yaml("a:\n  - b: 1\n    c: [x, y]\n", "f.yml");
  ASSERT_TRUE(node);
  const YamlNode& map = node.value().entries[0].value.items[0];
  EXPECT_EQ(map.line, 2);
  EXPECT_EQ(map.column, 5);
  EXPECT_EQ(map.entries[1].value.items[1].line, 3);
  EXPECT_EQ(map.entries[1].value.items[1].column, 12);
}

TEST(Yaml, RefusesByPlaceAndMend) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"a: 1\n b: 2\n", "f.yml:2:2: this line belongs to nothing"},
      {"a: 1\na: 2\n", "f.yml:2:1: the key 'a' stands here a second time"},
      {"a: b: c\n", "f.yml:1:5: a second ': '"},
      {"a: &x 1\n", "f.yml:1:4: a value that begins with & is not supported"},
      {"a: |\n  text\n", "write it in one line"},
      {"a: [1, 2\n", "f.yml:1:4: the bracket that opens here is not closed"},
      {"a: 'x\n", "f.yml:1:4: the quotes that open here are not closed"},
      {"a: \"\\x\"\n", "an escape that is not supported"},
      {"\ta: 1\n", "f.yml:1:1: a tab in the indentation"},
      {"a: 1\nb\n", "f.yml:2:1: a line that is no `key: value`"},
      {"a: 'x' y\n", "f.yml:1:8: this can't follow a value"},
      {"  a: 1\nb: 2\n", "f.yml:2:1: this line is indented less"},
      {"a: {x: 1, x: 2}\n", "a second time"},
      {"a: \xff\n", "no UTF-8"},
  };
  for (const auto& [text, said] : mistakes) EXPECT_NE(read(text).find(said), std::string::npos) << text << " -> " << read(text);
  EXPECT_NE(read(std::string(10000, '[')).find("levels"), std::string::npos);
  EXPECT_NE(read([] { std::string deep; for (int i = 0; i < 5000; ++i) deep += "- "; return deep + "x\n"; }()).find("levels"), std::string::npos);
  EXPECT_NE(read(std::string(kMostYamlBytes + 1, 'a')).find("too many"), std::string::npos);
}

/// Broken files end in a refusal that names a place within them, or are read; the seed is printed with a failure.
TEST(Yaml, SurvivesRandomMistakes) {
  const std::string good = "application: a\nmodules:\n  - { id: s, use: wav, with: { from: \"m.onnx\" } }\n  - id: t\n    use: top\n    in: [s, 'q']\n    with:\n      count: 3 # three\noutputs: [t]\n";
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random); };
  const std::string special = "[]{}:,#'\"-\n\t &*!|>\\~\x80";
  int read = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text = good;
    for (std::size_t changes = 1 + below(5); changes > 0; --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = special[below(special.size())]; break;
        case 1: text.erase(at, 1 + below(6)); break;
        case 2: text.insert(at, text.substr(below(text.size()), 1 + below(20))); break;
        default: text.insert(at, 1, special[below(special.size())]); break;
      }
      if (text.empty()) text = " ";
    }
    const Result<ApplicationDeclaration> declaration = read_application(text, "f.yml");
    if (declaration) ++read;
    else EXPECT_EQ(declaration.errors()[0].message.rfind("f.yml:", 0), 0u) << text;
  }
  EXPECT_GT(read, 100);
}

}  // namespace
}  // namespace lne
