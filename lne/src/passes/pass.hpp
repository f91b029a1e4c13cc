// Graph passes: each a free function from graph to graph that says how often it changed something. A pass changes nothing twice.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../graph/graph.hpp"

namespace lne {

/// What a pass did.
struct PassReport {
  std::string name;
  int changes = 0;
};

/// Removes nodes that give their input unchanged, and drops reshapes to the same shape.
int remove_identities(Graph& graph);
/// Folds a batch normalization into the convolution or product before it.
int fold_batch_normalization(Graph& graph);
/// Lets a layer add a tensor of its result's size to it before the activation (residual connections).
int fuse_residual(Graph& graph);
/// Lets a layer apply the ReLU or clip that follows it.
int fuse_activation(Graph& graph);
/// Removes nodes whose results nobody reads.
int remove_dead_nodes(Graph& graph);

/// Runs all passes but those that are switched off by name, in their fixed order.
std::vector<PassReport> run_passes(Graph& graph, const std::set<std::string>& off = {});

}  // namespace lne
