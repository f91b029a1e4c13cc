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
};

/// All targets, `native` apart.
const std::vector<Target>& targets();

/// @param name of a target, or native for the most capable one that this machine runs @returns null for an unknown name
const Target* find_target(const std::string& name);

/// Says which targets there are.
Error unknown_target(const std::string& name);

/// The most capable target that this machine runs.
std::string host_target();

}  // namespace lne
