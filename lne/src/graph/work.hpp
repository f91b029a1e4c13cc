// How large a network is: what it computes and how much it holds.
#pragma once

#include "graph.hpp"

namespace lne {

/// Multiply-adds of a layer as written, padding included; 0 for layers without.
std::int64_t multiply_adds_of(const Graph& graph, const Node& node);

struct GraphSize {
  std::int64_t nodes = 0;
  /// tensors that are read or made, constants included
  std::int64_t values = 0;
  std::int64_t multiply_adds = 0;
  /// of all that layers make, unpadded, each counted whether memory is shared or not
  std::int64_t activation_bytes = 0;
};

GraphSize size_of(const Graph& graph);

}  // namespace lne
