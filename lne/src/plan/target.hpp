// The processors for which programs are generated, and the compiler flags that name them.
#pragma once

#include <string>
#include <vector>

#include "../base/result.hpp"
#include "../graph/vector_unit.hpp"

namespace lne {

struct Target {
  std::string name;
  std::string flags;
  /// one sentence for the manual
  std::string summary;
  VectorUnit unit;
  /// as the kernel names it (`uname -m`); empty for any
  std::string architecture;
  /// compiler for it on a machine of another architecture, and the Debian package that has it
  std::string cross_compiler, cross_package;
};

/// All targets, `native` apart.
const std::vector<Target>& targets();

/// @param name of a target, or native for the most capable one that this machine runs @returns null for an unknown name
const Target* find_target(const std::string& name);

/// Says which targets there are.
Error unknown_target(const std::string& name);

/// Whether a target is of another architecture than this machine's.
bool is_foreign(const std::string& name);

/// The most capable target that this machine runs.
std::string host_target();

}  // namespace lne
