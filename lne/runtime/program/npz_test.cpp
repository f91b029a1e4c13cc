#include "npz.hpp"

#include <gtest/gtest.h>

#include <random>

#include "ports.hpp"

namespace lne::program {
namespace {

std::vector<std::uint8_t> archive() {
  const std::map<std::string, Array> arrays{{"a", {{2, 2}, {1.0f, 2.5f, -3.0f, 4.0f}, "float32"}}, {"b/c", {{3}, {7.0f, -9.0f, 16777216.0f}, "int64"}}, {"mask", {{2}, {1.0f, 0.0f}, "bool"}}};
  const std::string bytes = npz_bytes(arrays);
  return {bytes.begin(), bytes.end()};
}

TEST(Npz, ReadsBackWhatItWrites) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  ASSERT_EQ(parse_npz(archive(), files), "");
  ASSERT_EQ(files.size(), 3u);
  Array real, whole, mask;
  EXPECT_EQ(parse_npy(files["a"], real), "");
  EXPECT_EQ(parse_npy(files["b/c"], whole, "int64"), "");
  EXPECT_EQ(parse_npy(files["mask"], mask, "bool"), "");
  EXPECT_EQ(real.data, (std::vector<float>{1.0f, 2.5f, -3.0f, 4.0f}));
  EXPECT_EQ(whole.data, (std::vector<float>{7.0f, -9.0f, 16777216.0f}));
  EXPECT_EQ(mask.data, (std::vector<float>{1.0f, 0.0f}));
  EXPECT_NE(parse_npy(files["a"], real, "int64").find("'<f4'"), std::string::npos);
}

TEST(Npz, SaysWhatIsWrong) {
  std::map<std::string, std::vector<std::uint8_t>> files;
  EXPECT_NE(parse_npz({}, files).find("no .npz"), std::string::npos);
  std::vector<std::uint8_t> bytes = archive();
  bytes[120] ^= 1;  // inside the first array
  EXPECT_NE(parse_npz(bytes, files).find("damaged"), std::string::npos);
}

TEST(Npz, RefusesIntegersThatAreNotExact) {
  Array large{{1}, {0.0f}, "int64"};
  std::string bytes = npy_bytes(large);
  bytes[bytes.size() - 4] = 1;  // 2^32
  EXPECT_NE(parse_npy({bytes.begin(), bytes.end()}, large, "int64").find("4294967296"), std::string::npos);
}

TEST(Npz, SurvivesDamagedBytes) {
  const std::vector<std::uint8_t> good = archive();
  std::mt19937 random(5);
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::uint8_t> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(random() % 4 == 0 ? random() % good.size() : good.size()));
    for (int change = 0; change < 3 && !bytes.empty(); ++change) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    std::map<std::string, std::vector<std::uint8_t>> files;
    if (!parse_npz(bytes, files).empty()) continue;
    for (const auto& [name, content] : files) {
      Array array;
      (void)parse_npy(content, array);
    }
  }
}

}  // namespace
}  // namespace lne::program
