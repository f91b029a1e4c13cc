#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "import_once.hpp"

namespace lne {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::filesystem::path> corpus() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LNE_FUZZ_CORPUS)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  return paths;
}

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

/// What fuzzing starts from are good models of each operator; what it found before are bad ones. None ends in a crash.
TEST(FuzzCorpus, IsReadWithoutAFault) {
  int good = 0;
  for (const auto& path : corpus()) {
    SCOPED_TRACE(path.string());
    good += import_once(bytes_of(path)) ? 1 : 0;
  }
  EXPECT_GT(good, 100);
}

/// Each cut of a good model is refused or read, and leaves nothing behind.
TEST(FuzzCorpus, IsReadCutShort) {
  for (const auto& path : corpus()) {
    const std::string bytes = bytes_of(path);
    for (std::size_t kept = 0; kept < bytes.size(); kept += 1 + bytes.size() / 16) import_once(std::string_view(bytes).substr(0, kept));
  }
}

/// A short run of fuzzing where there is no libFuzzer: new mistakes each time, told by the seed that is printed before a crash.
TEST(FuzzCorpus, IsReadWithRandomMistakes) {
  constexpr auto kTime = std::chrono::seconds(8);
  const auto seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::fprintf(stderr, "seed %u\n", seed);
  std::mt19937 random(seed);
  std::vector<std::string> models;
  for (const auto& path : corpus()) models.push_back(bytes_of(path));
  ASSERT_FALSE(models.empty());
  const auto any = [&]() -> const std::string& { return models[std::uniform_int_distribution<std::size_t>(0, models.size() - 1)(random)]; };
  std::int64_t reads = 0;
  for (const auto end = std::chrono::steady_clock::now() + kTime; std::chrono::steady_clock::now() < end; ++reads) {
    import_once(mutated(any(), any(), random));
  }
  EXPECT_GT(reads, 100);
}

}  // namespace
}  // namespace lne
