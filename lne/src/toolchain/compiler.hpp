// The C++ compiler of this machine, by which generated sources become programs and measuring libraries.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../base/result.hpp"

namespace lne {

using IsCancelled = std::function<bool()>;

struct Compiler {
  std::string command;
  /// first line of `--version`, and what `native` stands for: times and bits depend on both
  std::string name;
};

/// For targets of this machine's architecture that which CXX names, or c++, g++, clang++; for others the cross compiler.
/// @param target as for `find_target` @returns LNE_COMPILER where there is none
Result<Compiler> find_compiler(const std::string& target = "native");

/// Flags by which generated code is compiled, the target's own excepted; the same as in the generated CMake file.
std::vector<std::string> kernel_flags();

/// A target's flags one by one.
std::vector<std::string> words_of(const std::string& text);

/// Writes a generated tree, builds it with CMake and keeps the program of it alone; does nothing where that is already there.
/// @param folder where `app` shall be @param target as for `find_target` @returns LNE_BUILD with the end of the compiler's output, LNE_CANCELLED
Result<std::filesystem::path> build_tree(const std::filesystem::path& folder, const std::string& target, const std::function<Result<std::map<std::string, std::string>>()>& generate, int jobs, const IsCancelled& is_cancelled);

/// Builds a generated tree where it stands. @returns what is wrong, or an empty string
std::string build_in_place(const std::filesystem::path& folder, const std::string& target, int jobs, const IsCancelled& is_cancelled = nullptr);

}  // namespace lne
