// All candidates of a network as one shared object, compiled with their shapes as a generated program would hold them.
#pragma once

#include <functional>
#include <memory>

#include "../toolchain/compiler.hpp"
#include "space.hpp"

namespace lne::explore {

using KernelFunction = void (*)(const float* const* src, const float* weights, float* dst, float* scratch);

class Library {
 public:
  virtual ~Library() = default;
  /// @param candidate its place in the space
  virtual KernelFunction function(std::size_t candidate) const = 0;
};

struct LibraryOptions {
  /// flags that name the processor
  std::string target_flags;
  int jobs = 2;
  IsCancelled is_cancelled;
  /// source files that are compiled, and how many there are
  std::function<void(std::size_t done, std::size_t all)> on_progress;
};

/// Compiles and loads it. Objects are kept by their content in `$SEDGE_HOME/lne/objects`, so that a network with layers of the same shapes, and an
/// exploration that was killed, compiles only what is new.
/// @returns LNE_COMPILER, LNE_BUILD, LNE_CANCELLED
Result<std::unique_ptr<Library>> build_library(const Space& space, const Compiler& compiler, const LibraryOptions& options);

}  // namespace lne::explore
