// How words choose plugins. What a library's plugin does when it is there, lne/reference/test_libraries.py tests.
#include "plugins.hpp"

#include <gtest/gtest.h>

#include "primitive.hpp"

namespace lne {
namespace {

using Names = std::vector<std::string>;

Names chosen(const Names& words) {
  const Result<Names> names = plugins_of(words);
  return names ? names.value() : Names{names.errors()[0].code, names.errors()[0].message};
}

TEST(Plugins, NoWordsLeaveAllThatNeedNoLibrary) {
  EXPECT_EQ(chosen({}), Names{});
  for (const Primitive* primitive : PrimitiveRegistry::instance().for_op("conv")) EXPECT_EQ(primitive->library, nullptr) << primitive->name;
}

TEST(Plugins, NamesAloneLeaveOnlyThoseBesideCore) {
  EXPECT_EQ(chosen({"vector"}), (Names{"core", "vector"}));
  EXPECT_EQ(chosen({"core"}), Names{"core"});
}

TEST(Plugins, SignsStartFromAll) {
  EXPECT_EQ(chosen({"-winograd"}), (Names{"core", "vector"}));
  EXPECT_EQ(chosen({"+winograd"}), (Names{"core", "vector", "winograd"}));
}

TEST(Plugins, SignsBesideNamesStartFromThese) {
  EXPECT_EQ(chosen({"vector", "+winograd"}), (Names{"core", "vector", "winograd"}));
  EXPECT_EQ(chosen({"vector", "winograd", "-vector"}), (Names{"core", "winograd"}));
}

TEST(Plugins, WhatThereIsNotIsNamed) {
  EXPECT_EQ(chosen({"+vektor"})[0], "LNE_PLUGIN");
  EXPECT_NE(chosen({"+vektor"})[1].find("'vektor'; there are core, vector, winograd"), std::string::npos);
  EXPECT_EQ(chosen({"-core"})[0], "LNE_PLUGIN");
  EXPECT_EQ(chosen({"+"})[0], "LNE_PLUGIN");
}

TEST(Plugins, OneThatIsNotBuiltSaysHowToGetIt) {
  for (const LibraryPlugin& library : library_plugins()) {
    if (library.is_built) continue;
    EXPECT_NE(chosen({"+" + library.plugin})[1].find("apt-get install " + library.package), std::string::npos);
  }
}

TEST(Plugins, WordsBetweenCommas) {
  EXPECT_EQ(words_between_commas("a,+b,,-c"), (Names{"a", "+b", "-c"}));
  EXPECT_EQ(words_between_commas(""), Names{});
}

}  // namespace
}  // namespace lne
