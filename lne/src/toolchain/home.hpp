// The folder in which LNE keeps what it can make again: built programs, measuring libraries, measurements, the best plan of a model on this machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "../base/result.hpp"

namespace lne {

/// `$SEDGE_HOME/lne`, or `~/.local/share/sedge/lne`; folders are made on demand.
std::filesystem::path home_folder(const std::string& part);

/// 128 bits of a text as 32 hexadecimal digits: a name for a cache, no proof of origin.
std::string digest_of(std::string_view text);

/// This processor as far as times depend on it: model, instruction sets, number of the engine's own format.
std::string machine_name();

/// The sources from which this engine was built: what it generates is equal as long as this is.
std::string source_digest();

/// What tells a file under work from that of any other writer, on other machines and in other containers too.
std::string unique_ending();

/// Writes a whole file or nothing: to a neighbour first, which then takes the name. What is no file, as a pipe, is written to. @returns what is wrong, or an empty string
std::string write_file(const std::filesystem::path& path, std::string_view bytes);

/// @returns false when it can't be read
bool read_text(const std::filesystem::path& path, std::string& text);

/// Holds the kernel's lock on a file for as long as it lives. A process that dies gives it back.
class FolderLock {
 public:
  enum class Kind {
    /// nobody else holds it; waits for that
    kAlone,
    /// as `kAlone`, but does not wait: see `is_held`
    kAloneAtOnce,
    /// others may share it; waits while one holds it alone
    kShared,
  };

  explicit FolderLock(const std::filesystem::path& path, Kind kind = Kind::kAlone);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  /// Not where others hold it, and where the file can't be made.
  bool is_held() const { return file_ >= 0; }

 private:
  int file_ = -1;
};

}  // namespace lne
