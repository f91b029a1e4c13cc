// Built programs under names that say what they were made of, in `$SEDGE_HOME/lne/programs`: as many as a limit of disk lets stay, those that were
// used last.
#pragma once

#include <filesystem>
#include <memory>

#include "../base/result.hpp"
#include "home.hpp"

namespace lne {

/// Bytes that kept programs may take: `SEDGE_LNE_PROGRAMS_MB` megabytes, or 2048. @returns LNE_SETTING where that is no whole number
Result<std::uintmax_t> program_limit();

/// Keeps a built program from being removed for as long as the result lives. @returns null where it is gone already
std::shared_ptr<const FolderLock> hold_program(const std::filesystem::path& program);

/// A program that is used now is removed last.
void note_use(const std::filesystem::path& program);

/// Removes programs, and what builds that were killed left, until the rest keeps to the limit: first what was not used for longest. What is held or
/// being built stays, and so does `kept`. @param folder where programs are, one folder each
void trim_programs(const std::filesystem::path& folder, std::uintmax_t most_bytes, const std::filesystem::path& kept);

}  // namespace lne
