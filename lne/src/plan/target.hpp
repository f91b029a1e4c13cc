// The processors for which programs are generated, and the compiler flags that name them.
#pragma once

#include <string>
#include <vector>

namespace lne {

struct Target {
  std::string name;
  std::string flags;
  /// one sentence for the manual
  std::string summary;
};

/// All targets, `native` apart.
const std::vector<Target>& targets();

/// @returns null for an unknown name
const Target* find_target(const std::string& name);

/// The most capable target that this machine runs.
std::string host_target();

}  // namespace lne
