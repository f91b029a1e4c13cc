// Graph passes: each a free function from graph to graph that tells what it changed. A pass changes nothing twice, and takes time in proportion to
// the number of nodes.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../graph/graph.hpp"
#include "../graph/work.hpp"

namespace lne {

/// A layer that is gone, and the one that computes it as well; no such where nobody needs to.
struct PassChange {
  std::string layer;
  std::string into;
};

using PassChanges = std::vector<PassChange>;

/// What a pass did, and the network before and after it.
struct PassReport {
  std::string name;
  bool is_off = false;
  PassChanges changes;
  GraphSize before;
  GraphSize after;
};

/// Removes nodes whose results nobody reads.
PassChanges remove_dead_nodes(Graph& graph);
/// Removes reshapes to the shape that is there already.
PassChanges remove_identities(Graph& graph);
/// Makes one layer of those that compute an activation together (x * sigmoid(x), GELU by its error function, a hard sigmoid by sum, clip and quotient):
/// in whatever order they are written, such compositions are known by their values.
PassChanges recognize_activations(Graph& graph);
/// Lets a convolution pad by zeros where a layer before it did.
PassChanges fuse_padding(Graph& graph);
/// Folds what scales and shifts channels by constants into the convolution or the product with a constant matrix (whose columns are its channels) before
/// it: batch normalization, and products, quotients, sums and differences with one constant per channel or one in all. Transposes may lie between.
PassChanges fold_batch_normalization(Graph& graph);
/// Lets a layer add a tensor of its result's size to it before the activation (residual connections).
PassChanges fuse_residual(Graph& graph);
/// Lets a layer apply the activation that follows it.
PassChanges fuse_activation(Graph& graph);

/// The names of all passes, in the order in which they run.
std::vector<std::string> pass_names();

/// Runs all passes but those that are switched off by name, in their fixed order. @returns one report per pass
std::vector<PassReport> run_passes(Graph& graph, const std::set<std::string>& off = {});

}  // namespace lne
