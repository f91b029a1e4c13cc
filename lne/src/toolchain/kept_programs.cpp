#include "kept_programs.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <vector>

namespace lne {

namespace fs = std::filesystem;

namespace {

std::string lock_of(const fs::path& folder) { return folder.string() + ".lock"; }

/// The folder of one program, or what is left of a build.
struct Kept {
  fs::path folder;
  fs::file_time_type last_use;
  std::uintmax_t bytes = 0;
};

Kept kept_in(const fs::path& folder) {
  std::error_code error;
  Kept kept{folder, fs::last_write_time(folder / "app", error)};
  if (error) kept.last_use = fs::last_write_time(folder, error);
  for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error)) {
    std::error_code ignored;
    const std::uintmax_t size = file->is_regular_file(ignored) ? file->file_size(ignored) : 0;
    if (!ignored) kept.bytes += size;
  }
  return kept;
}

/// The lock's file goes with the program: whoever waits for it sees that and makes another.
bool remove_unheld(const fs::path& folder) {
  const FolderLock lock(lock_of(folder), FolderLock::Kind::kAloneAtOnce);
  if (!lock.is_held()) return false;
  std::error_code error, ignored;
  fs::remove_all(folder, error);
  fs::remove(lock_of(folder), ignored);
  return !error;
}

}  // namespace

Result<std::uintmax_t> program_limit() {
  constexpr const char* kSetting = "SEDGE_LNE_PROGRAMS_MB";
  constexpr std::uintmax_t kMegabyte = 1 << 20;
  const char* given = std::getenv(kSetting);
  if (given == nullptr || *given == '\0') return 2048 * kMegabyte;
  const std::string text = given;
  std::uint32_t megabytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), megabytes);
  if (error != std::errc() || end != text.data() + text.size()) return Error{"LNE_SETTING", std::string(kSetting) + " is '" + text + "'; it must be a whole number of megabytes"};
  return megabytes * kMegabyte;
}

std::shared_ptr<const FolderLock> hold_program(const fs::path& program) {
  auto lock = std::make_shared<const FolderLock>(lock_of(program.parent_path()), FolderLock::Kind::kShared);
  return ::access(program.c_str(), X_OK) == 0 ? lock : nullptr;
}

void note_use(const fs::path& program) {
  std::error_code ignored;
  fs::last_write_time(program, fs::file_time_type::clock::now(), ignored);
}

void trim_programs(const fs::path& folder, std::uintmax_t most_bytes, const fs::path& kept) {
  std::vector<Kept> programs;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    if (entry.is_directory(ignored)) programs.push_back(kept_in(entry.path()));
  }
  std::sort(programs.begin(), programs.end(), [](const Kept& a, const Kept& b) { return a.last_use < b.last_use; });
  std::uintmax_t bytes = 0;
  for (const Kept& program : programs) bytes += program.bytes;
  for (const Kept& program : programs) {
    if (bytes <= most_bytes) return;
    if (program.folder != kept && remove_unheld(program.folder)) bytes -= program.bytes;
  }
}

}  // namespace lne
