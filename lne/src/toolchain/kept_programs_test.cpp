#include "kept_programs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <random>
#include <thread>

namespace lne {
namespace {

namespace fs = std::filesystem;

class KeptProgramsTest : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  /// A program of 1000 bytes that was last used some hours ago.
  fs::path add(const std::string& name, int hours) {
    const fs::path program = folder_ / name / "app";
    EXPECT_EQ(write_file(program, std::string(1000, 'x')), "");
    fs::permissions(program, fs::perms::owner_all);
    fs::last_write_time(program, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    return program;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    return found;
  }

  fs::path folder_ = fs::temp_directory_path() / ("lne-programs-" + std::to_string(std::random_device{}()));
};

using Names = std::vector<std::string>;

TEST_F(KeptProgramsTest, WhatWasNotUsedForLongestGoesFirst) {
  add("used", 3);
  add("old", 2);
  add("new", 1);
  note_use(folder_ / "used" / "app");
  trim_programs(folder_, 2000, {});
  EXPECT_EQ(names(), (Names{"new", "used"}));
}

TEST_F(KeptProgramsTest, AllStayThatFit) {
  add("a", 2);
  add("b", 1);
  trim_programs(folder_, 2000, {});
  EXPECT_EQ(names(), (Names{"a", "b"}));
}

TEST_F(KeptProgramsTest, OneIsKeptWhateverTheLimit) {
  add("old", 9);
  add("new", 1);
  trim_programs(folder_, 0, folder_ / "old");
  EXPECT_EQ(names(), Names{"old"});
}

TEST_F(KeptProgramsTest, WhatABuildLeftThatWasKilledCountsAndGoes) {
  EXPECT_EQ(write_file(folder_ / "killed" / "src" / "weights.bin", std::string(5000, 'x')), "");
  std::ofstream(folder_ / "killed.lock").flush();
  fs::last_write_time(folder_ / "killed", fs::file_time_type::clock::now() - std::chrono::hours(1));
  add("new", 0);
  trim_programs(folder_, 2000, {});
  EXPECT_EQ(names(), Names{"new"});
}

TEST_F(KeptProgramsTest, WhatIsHeldStaysUntilItIsLetGo) {
  const fs::path program = add("old", 2);
  add("new", 1);
  auto first = hold_program(program), second = hold_program(program);
  ASSERT_TRUE(first && second);
  trim_programs(folder_, 0, {});
  EXPECT_EQ(names(), (Names{"old", "old.lock"}));
  first.reset();
  trim_programs(folder_, 0, {});
  EXPECT_EQ(names(), (Names{"old", "old.lock"}));
  second.reset();
  trim_programs(folder_, 0, {});
  EXPECT_EQ(names(), Names());
  EXPECT_FALSE(hold_program(program));
}

TEST_F(KeptProgramsTest, ALockWhoseFileIsRemovedIsTakenAnew) {
  fs::create_directories(folder_);
  const fs::path path = folder_ / "a.lock";
  auto first = std::make_unique<FolderLock>(path);
  EXPECT_FALSE(FolderLock(path, FolderLock::Kind::kAloneAtOnce).is_held());
  bool is_seen = false;
  std::thread waiting([&] {
    const FolderLock second(path);
    // The one that everybody else would meet.
    is_seen = fs::exists(path) && !FolderLock(path, FolderLock::Kind::kAloneAtOnce).is_held();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  fs::remove(path);
  first.reset();
  waiting.join();
  EXPECT_TRUE(is_seen);
}

TEST_F(KeptProgramsTest, TheLimitIsASettingInMegabytes) {
  ::unsetenv("SEDGE_LNE_PROGRAMS_MB");
  EXPECT_EQ(program_limit().value(), std::uintmax_t{2048} << 20);
  ::setenv("SEDGE_LNE_PROGRAMS_MB", "7", 1);
  EXPECT_EQ(program_limit().value(), std::uintmax_t{7} << 20);
  for (const char* wrong : {"-1", "7 GB", "x", "1e3"}) {
    ::setenv("SEDGE_LNE_PROGRAMS_MB", wrong, 1);
    ASSERT_FALSE(program_limit());
    EXPECT_NE(program_limit().errors()[0].message.find(wrong), std::string::npos);
  }
  ::unsetenv("SEDGE_LNE_PROGRAMS_MB");
}

}  // namespace
}  // namespace lne
