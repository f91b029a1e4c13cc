// Which primitive computes each layer: chosen by rank, or as a plan says.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "../graph/uses.hpp"
#include "primitive.hpp"

namespace lne {

/// What the user or an exploration decided per layer: a primitive, a variant of it, and primitives or plugins that must not be used.
struct LayerChoice {
  std::string primitive;
  Variant variant;
  std::vector<std::string> forbidden;
};

struct PlanOptions {
  /// by layer name; `*` for all layers that are not named
  std::map<std::string, LayerChoice> layers;
  /// plugins that may be used besides `core`; empty means all that need no library
  std::vector<std::string> plugins;
  /// graph passes that are left out
  std::set<std::string> passes_off;
  /// for which processor the plan is made
  std::string target = "native";
  /// what approximate primitives may differ by from the reference (`LayerError`) in a layer that names none, measured; 0 leaves it to `Graph::layer_rounding`
  double max_error = 0;
};

/// A primitive with one of its variants. Without a primitive: a view, or a layer that another one's primitive computes as well.
struct Choice {
  const Primitive* primitive = nullptr;
  Variant variant;
};

/// One choice per node of a graph. A node that follows another in its chain has none.
using Assignment = std::vector<Choice>;

/// The layers that a primitive computes in one go, by their places in the graph, and the node that stands for them. Empty with a refusal where
/// it can't.
struct Chain {
  std::vector<std::size_t> nodes;
  Node node;
  std::string refusal;
};

/// The variants of a primitive that keep to the plan's bound on errors. @param most as many are enough
std::vector<Variant> variants_within(const Graph& graph, const PlanOptions& options, const Chain& chain, const Primitive& primitive, std::size_t most);

/// @param uses of the graph @param first the first layer, of the op of the primitive
Chain chain_of(const Graph& graph, const Uses& uses, std::size_t first, const Primitive& primitive);

/// Whether a node only gives another shape to what is there.
inline bool is_view(const Node& node) { return node.op == "reshape"; }

/// A tensor that a layer reads, in the layout in which its primitive wants it.
struct Read {
  ValueId value;
  Layout layout;
};

/// In the order in which the kernel takes them: inputs, residual, then what its followers read besides.
std::vector<Read> reads_of(const Graph& graph, const Node& node, const Primitive& primitive);

/// Whether a tensor's elements lie in the same order in both layouts, so that one serves as the other.
bool is_same_order(const Shape& shape, Layout from, Layout to);

/// The node by which a value gets another layout.
Node conversion_of(const Graph& graph, ValueId value, Layout to);

/// What a plan says of a node, or null.
const LayerChoice* choice_for(const PlanOptions& options, const Node& node);

/// Whether plugins and prohibitions leave a primitive to a node.
bool is_allowed(const PlanOptions& options, const Node& node, const Primitive& primitive);

/// Whether a chain would swallow a layer to which the plan gives a primitive of its own.
bool overrules(const Graph& graph, const PlanOptions& options, const Chain& chain);

/// The choices that a plan makes; where it makes none, those of the highest rank.
/// @returns LNE_PLAN_* errors that name the layer where a choice can't be followed
Result<Assignment> assign(const Graph& graph, const PlanOptions& options);

}  // namespace lne
