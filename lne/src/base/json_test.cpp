#include "json.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace lne {
namespace {

TEST(Json, WritesKeysInOrderAndNumbersInTheShortestForm) {
  const Json value(Json::Object{{"b", Json(0.1)}, {"a", Json(Json::Array{Json(1), Json(true), Json(), Json("x\"\n\x01")})}});
  EXPECT_EQ(value.text(), R"({"a":[1,true,null,"x\"\n\u0001"],"b":0.1})");
}

TEST(Json, ReadsBackWhatItWrites) {
  const std::string text = R"({"empty":{},"list":[[],"ü",-2.5e-300,1e+300],"name":"tab\there","none":null})";
  const std::optional<Json> once = Json::parse(text);
  ASSERT_TRUE(once);
  const std::optional<Json> twice = Json::parse(once->text());
  ASSERT_TRUE(twice);
  EXPECT_EQ(twice->text(), once->text());
  EXPECT_EQ(*(*once)["list"].array()->at(2).number(), -2.5e-300);
}

TEST(Json, ReadsEscapesBeyondTheBasicPlane) {
  const std::optional<Json> value = Json::parse(R"("\u00fc\ud83d\ude00")");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value->string(), "\xC3\xBC\xF0\x9F\x98\x80");
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\"}", "\"\\x\"", "\"open", "nul", "1 2", "inf", "nan", "1e999", R"("\ud83d\u0041")", R"("\ud83d")", R"("\ud83dx")", R"("\ude00")"}) {
    EXPECT_FALSE(Json::parse(text)) << text;
  }
}

TEST(Json, RefusesNestingThatWouldOverrunTheStack) {
  EXPECT_TRUE(Json::parse(std::string(60, '[') + std::string(60, ']')));
  EXPECT_FALSE(Json::parse(std::string(100000, '[')));
  EXPECT_FALSE(Json::parse(std::string(100, '[') + std::string(100, ']')));
}

TEST(Json, SurvivesDamagedText) {
  const std::string good = R"({"layers":[{"name":"conv1","primitive":"direct_16","forbidden":["a\u00fc"]}],"version":1})";
  std::mt19937 random(1);
  for (int round = 0; round < 5000; ++round) {
    std::string text = good.substr(0, random() % (good.size() + 1));
    for (int change = 0; change < 3 && !text.empty(); ++change) text[random() % text.size()] = static_cast<char>(random() % 256);
    const std::optional<Json> value = Json::parse(text);
    if (!value) continue;
    const std::optional<Json> again = Json::parse(value->text());
    ASSERT_TRUE(again) << text;
    EXPECT_EQ(again->text(), value->text());
  }
}

TEST(Json, GivesNothingForAMemberThatIsNotThere) {
  EXPECT_TRUE(Json(Json::Object{})["a"].is_null());
  EXPECT_TRUE(Json(3)["a"].is_null());
}

}  // namespace
}  // namespace lne
