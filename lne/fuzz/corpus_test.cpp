#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "import_once.hpp"

namespace lne {
namespace {

std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// What fuzzing starts from are good models of each operator; what it found before are bad ones. None ends in a crash.
TEST(FuzzCorpus, IsReadWithoutAFault) {
  int good = 0, all = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LNE_FUZZ_CORPUS)) {
    if (!entry.is_regular_file()) continue;
    SCOPED_TRACE(entry.path().string());
    good += import_once(bytes_of(entry.path())) ? 1 : 0;
    ++all;
  }
  EXPECT_GT(good, 100);
  EXPECT_GE(all, good);
}

/// Each cut of a good model is refused or read, and leaves nothing behind.
TEST(FuzzCorpus, IsReadCutShort) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(LNE_FUZZ_CORPUS)) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = bytes_of(entry.path());
    for (std::size_t kept = 0; kept < bytes.size(); kept += 1 + bytes.size() / 16) import_once(std::string_view(bytes).substr(0, kept));
  }
}

}  // namespace
}  // namespace lne
