// All candidates of a network as one shared object, compiled with their shapes as a generated program would hold them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "../toolchain/compiler.hpp"
#include "space.hpp"

namespace lne::explore {

/// Kernels of all candidates, compiled.
struct Library {
  /// a shared object for the target
  std::string path;
  /// its function for each candidate of the space, in their order
  std::vector<std::string> symbols;
};

struct LibraryOptions {
  /// flags that name the processor
  std::string target_flags;
  int jobs = 2;
  IsCancelled is_cancelled;
  /// source files that are compiled, and how many there are
  std::function<void(std::size_t done, std::size_t all)> on_progress;
};

/// Compiles it. Objects are kept by their content in `$SEDGE_HOME/lne/objects`, so that a network with layers of the same shapes, and an
/// exploration that was killed, compiles only what is new.
/// @returns LNE_COMPILER, LNE_BUILD, LNE_CANCELLED
Result<Library> build_library(const Space& space, const Compiler& compiler, const LibraryOptions& options);

}  // namespace lne::explore
