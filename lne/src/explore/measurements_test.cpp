#include "measurements.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace lne::explore {
namespace {

class MeasurementsTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("lne-measurements-" + std::to_string(std::random_device{}()) + ".jsonl");
};

TEST_F(MeasurementsTest, AreThereAgainInTheNextProcess) {
  {
    Measurements first(path_);
    EXPECT_EQ(first.add("conv", {1.5, 2.5}), "");
    EXPECT_EQ(first.add("pool", {3.0}), "");
    EXPECT_EQ(first.add("conv", {4.5}), "");
  }
  const Measurements second(path_);
  EXPECT_EQ(second.samples_of("conv"), (std::vector<double>{1.5, 2.5, 4.5}));
  EXPECT_EQ(second.samples_of("pool"), (std::vector<double>{3.0}));
  EXPECT_TRUE(second.samples_of("none").empty());
}

TEST_F(MeasurementsTest, SurviveALineThatAKillCutShort) {
  Measurements(path_).add("conv", {1.0});
  std::ofstream(path_, std::ios::app) << "{\"key\":\"pool\",\"us\":[2.";
  Measurements(path_).add("relu", {3.0});
  const Measurements read(path_);
  EXPECT_EQ(read.samples_of("conv"), (std::vector<double>{1.0}));
  EXPECT_EQ(read.samples_of("relu"), (std::vector<double>{3.0}));
  EXPECT_TRUE(read.samples_of("pool").empty());
}

TEST_F(MeasurementsTest, SurviveAnyBytes) {
  std::mt19937 random(1);
  for (int round = 0; round < 50; ++round) {
    {
      std::ofstream file(path_, std::ios::binary);
      for (int i = 0; i < 300; ++i) file.put(static_cast<char>(random() % 3 == 0 ? random() : "{}[]\":,1e\n"[random() % 10]));
    }
    Measurements read(path_);
    EXPECT_EQ(read.add("conv", {1.0}), "");
  }
}

}  // namespace
}  // namespace lne::explore
