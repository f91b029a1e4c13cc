// Runs other programs without a shell.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace lne {

struct Finished {
  /// the exit code, 127 when it can't be started, 128 + n when signal n ended it
  int code = 0;
  /// what it printed, on both streams
  std::string output;
};

/// Runs a program to its end. @param is_cancelled asked ten times a second; the program is ended where it says so
Finished run_process(const std::vector<std::string>& command, const std::function<bool()>& is_cancelled = nullptr);

/// Runs many, at most `jobs` at a time, and stops at the first that fails. @returns results in the order of the commands
std::vector<Finished> run_processes(const std::vector<std::vector<std::string>>& commands, int jobs, const std::function<bool()>& is_cancelled, const std::function<void(std::size_t)>& on_done);

}  // namespace lne
