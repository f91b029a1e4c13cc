// How far a layer's result lies from that of the reference kernels.
#pragma once

#include <vector>

#include "assignment.hpp"

namespace lne {

/// Of a layer, or the chain of them that a primitive computes in one go.
class LayerError {
 public:
  /// @param chain as `chain_of` gives it
  LayerError(const Graph& graph, const Chain& chain);

  /// @returns max|a - b| / max|b| against the layers by `core`, for sources of even distribution in [-1, 1], always the same
  double of(const Choice& choice) const;

 private:
  Graph excerpt_;
  std::vector<std::vector<float>> sources_;
  std::vector<float> wanted_;
};

}  // namespace lne
