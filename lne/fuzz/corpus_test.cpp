#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "targets.hpp"

namespace lne::fuzz {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The files from which a target starts, and what it found before.
std::vector<std::string> corpus(const Reading& reading) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::filesystem::path(LNE_FUZZ_CORPUS) / reading.folder)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> contents;
  for (const auto& path : paths) contents.push_back(bytes_of(path));
  return contents;
}

class FuzzCorpus : public testing::TestWithParam<Reading> {};

/// Bytes changed, cut, doubled or joined with those of another model.
std::string mutated(std::string bytes, const std::string& other, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random); };
  for (std::size_t changes = 1 + below(4); changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = below(bytes.size());
    switch (below(5)) {
      case 0: bytes[at] = static_cast<char>(below(256)); break;
      case 1: bytes[at] ^= static_cast<char>(1 << below(8)); break;
      case 2: bytes.erase(at, 1 + below(8)); break;
      case 3: bytes.insert(at, bytes.substr(below(bytes.size()), 1 + below(32))); break;
      default: bytes = bytes.substr(0, at) + other.substr(std::min(other.size(), at)); break;
    }
  }
  return bytes;
}

/// What fuzzing starts from is good; what it found before is not. None ends in a crash.
TEST_P(FuzzCorpus, IsReadWithoutAFault) {
  const std::vector<std::string> contents = corpus(GetParam());
  const auto good = std::count_if(contents.begin(), contents.end(), [](const std::string& bytes) { return GetParam().read(bytes); });
  EXPECT_GT(2 * good, static_cast<std::ptrdiff_t>(contents.size()));
}

/// Each cut of a good file is refused or read, and leaves nothing behind.
TEST_P(FuzzCorpus, IsReadCutShort) {
  for (const std::string& bytes : corpus(GetParam())) {
    for (std::size_t kept = 0; kept < bytes.size(); kept += 1 + bytes.size() / 16) GetParam().read(std::string_view(bytes).substr(0, kept));
  }
}

/// A short run of fuzzing where there is no libFuzzer: new mistakes each time, told by the seed that is printed before a crash; LNE_TEST_SEED makes
/// them again.
TEST_P(FuzzCorpus, IsReadWithRandomMistakes) {
  constexpr auto kTime = std::chrono::seconds(3);
  const char* given = std::getenv("LNE_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device()();
  SCOPED_TRACE(seed);
  std::fprintf(stderr, "seed %u\n", seed);
  std::mt19937 random(seed);
  const std::vector<std::string> contents = corpus(GetParam());
  ASSERT_FALSE(contents.empty());
  const auto any = [&]() -> const std::string& { return contents[std::uniform_int_distribution<std::size_t>(0, contents.size() - 1)(random)]; };
  std::int64_t reads = 0;
  for (const auto end = std::chrono::steady_clock::now() + kTime; std::chrono::steady_clock::now() < end; ++reads) {
    GetParam().read(mutated(any(), any(), random));
  }
  EXPECT_GT(reads, 100);
}

INSTANTIATE_TEST_SUITE_P(Readers, FuzzCorpus, testing::ValuesIn(kReadings), [](const auto& tested) { return std::string(tested.param.folder); });

}  // namespace
}  // namespace lne::fuzz
