#include "home.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "../../runtime/agent/bench.hpp"
#include "../plan/target.hpp"

namespace lne {

namespace {

std::filesystem::path user_folder() {
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return home;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_dir : "/";
}

}  // namespace

std::filesystem::path home_folder(const std::string& part) {
  const char* named = std::getenv("SEDGE_HOME");
  std::filesystem::path root = named && *named ? std::filesystem::path(named) : user_folder() / ".local" / "share" / "sedge";
  root /= "lne";
  root /= part;
  std::error_code ignored;  // whoever writes there gets the error with the file's name
  std::filesystem::create_directories(root, ignored);
  return root;
}

std::string digest_of(std::string_view text) {
  // Two lanes of FNV-1a over eight bytes at a time, each with a prime of its own and mixed at the end.
  std::uint64_t first = 0xcbf29ce484222325ull, second = 0x84222325cbf29ce4ull ^ text.size();
  std::size_t i = 0;
  const auto step = [&](std::uint64_t word) {
    first = (first ^ word) * 0x9E3779B97F4A7C15ull;
    first ^= first >> 32;
    second = (second ^ word) * 0xD6E8FEB86659FD93ull;
    second ^= second >> 29;
  };
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    for (std::size_t k = 0; k < 8; ++k) word |= static_cast<std::uint64_t>(static_cast<unsigned char>(text[i + k])) << (8 * k);
    step(word);
  }
  for (; i < text.size(); ++i) step(static_cast<unsigned char>(text[i]));
  step(text.size());
  char digits[33];
  std::snprintf(digits, sizeof digits, "%016llx%016llx", static_cast<unsigned long long>(first), static_cast<unsigned long long>(second));
  return digits;
}

std::string machine_name() { return agent::processor_name() + " " + host_target(); }

std::string unique_ending() {
  // Processes in several containers may have the same number.
  static const std::uint64_t own = (static_cast<std::uint64_t>(std::random_device()()) << 32 | std::random_device()()) ^ static_cast<std::uint64_t>(::getpid());
  static std::atomic<std::uint64_t> count{0};
  char digits[48];
  std::snprintf(digits, sizeof digits, "%016llx-%llu", static_cast<unsigned long long>(own), static_cast<unsigned long long>(++count));
  return digits;
}

namespace {

/// @returns whether all of it was written
bool put(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.flush();
  return static_cast<bool>(file);
}

}  // namespace

std::string write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  const std::filesystem::file_status found = std::filesystem::status(path, error);
  // Devices and pipes are written to; a file that took their name would take their place.
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found)) return put(path, bytes) ? std::string() : path.string() + ": it can't be written";
  // A link stays one.
  const std::filesystem::path target = std::filesystem::is_regular_file(found) ? std::filesystem::canonical(path, error) : path;
  const std::filesystem::path part = target.string() + ".part" + unique_ending();
  if (target.has_parent_path()) std::filesystem::create_directories(target.parent_path(), error);
  if (!put(part, bytes)) {
    std::filesystem::remove(part, error);
    return path.string() + ": it can't be written";
  }
  std::filesystem::rename(part, target, error);
  return error ? path.string() + ": " + error.message() : std::string();
}

bool read_text(const std::filesystem::path& path, std::string& text) {
  // A folder opens as a stream and throws when it is read.
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  text.clear();
  // At once what a file of some size needs; others, such as pipes, tell none.
  std::error_code ignored;
  if (const std::uintmax_t size = std::filesystem::file_size(path, ignored); !ignored) text.reserve(size);
  char block[65536];
  while (const std::size_t count = std::fread(block, 1, sizeof block, file)) text.append(block, count);
  const bool is_whole = std::ferror(file) == 0;
  std::fclose(file);
  return is_whole;
}

namespace {

/// @param operation as of `flock` @returns the locked file, or -1
int open_locked(const std::filesystem::path& path, int operation) {
  for (;;) {
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    struct stat held {}, named {};
    const bool is_locked = ::flock(file, operation) == 0;
    // Who held it before may have removed the file, and a lock on that is none.
    if (is_locked && ::fstat(file, &held) == 0 && ::stat(path.c_str(), &named) == 0 && held.st_ino == named.st_ino && held.st_dev == named.st_dev) return file;
    ::close(file);
    if (!is_locked) return -1;
  }
}

}  // namespace

FolderLock::FolderLock(const std::filesystem::path& path, Kind kind) : file_(open_locked(path, kind == Kind::kShared ? LOCK_SH : kind == Kind::kAlone ? LOCK_EX : LOCK_EX | LOCK_NB)) {}

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace lne
