#include "npy.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

namespace lne::program {
namespace {

std::vector<std::uint8_t> npy(const std::string& header, std::size_t data_bytes) {
  std::vector<std::uint8_t> bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<std::uint8_t>(header.size() & 255), static_cast<std::uint8_t>(header.size() >> 8)};
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + data_bytes);
  return bytes;
}

std::string problem_of(const std::vector<std::uint8_t>& bytes) {
  Array array;
  return parse_npy(bytes, array);
}

TEST(Npy, ReadsBackWhatItWrites) {
  const std::string path = (std::filesystem::temp_directory_path() / ("lne-npy-test-" + std::to_string(std::random_device{}()) + ".npy")).string();
  const Array written{{2, 1, 3}, {1.5f, -2.0f, 0.0f, 1e-30f, 4.0f, 5.0f}};
  EXPECT_EQ(write_npy(path, written), "");
  Array read;
  EXPECT_EQ(read_npy(path, read), "");
  std::filesystem::remove(path);
  EXPECT_EQ(read.shape, written.shape);
  EXPECT_EQ(read.data, written.data);
}

TEST(Npy, SaysThatAFolderOrAMissingFileCanNotBeRead) {
  Array array;
  EXPECT_NE(read_npy(std::filesystem::temp_directory_path().string(), array).find("it is a folder"), std::string::npos);
  EXPECT_NE(read_npy("/nowhere/at/all.npy", array).find("there is no such file"), std::string::npos);
}

TEST(Npy, SaysWhatIsWrong) {
  EXPECT_NE(problem_of({}).find("no .npy file"), std::string::npos);
  EXPECT_NE(problem_of(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8)).find("'<f8'"), std::string::npos);
  EXPECT_NE(problem_of(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4)).find("Fortran"), std::string::npos);
  EXPECT_NE(problem_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", 8)).find("12 bytes"), std::string::npos);
  EXPECT_NE(problem_of({0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 255, 255}).find("cut short"), std::string::npos);
}

TEST(Npy, AllocatesNothingForAShapeThatLies) {
  EXPECT_NE(problem_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", 4)), "");
  EXPECT_NE(problem_of(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1048576, 1048576, 1048576), }", 4)), "");
}

TEST(Npy, SurvivesDamagedBytes) {
  const std::vector<std::uint8_t> good = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", 16);
  std::mt19937 random(3);
  for (int round = 0; round < 5000; ++round) {
    std::vector<std::uint8_t> bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(random() % (good.size() + 1)));
    for (int change = 0; change < 2 && !bytes.empty(); ++change) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random());
    Array array;
    if (!parse_npy(bytes, array).empty()) continue;
    std::int64_t count = 1;
    for (const std::int64_t extent : array.shape) count *= extent;
    EXPECT_EQ(static_cast<std::size_t>(count), array.data.size());
  }
}

}  // namespace
}  // namespace lne::program
