#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {
namespace {

/// A layer that could add to its result, and the reshapes between it and the sum.
struct Adder {
  std::size_t layer = Uses::kNone;
  std::vector<std::size_t> views;
};

/// The layer that makes a value and could add to it. Rows of a product may stand in another shape there than the product has, as long as they stay rows.
Adder adder_of(const Graph& graph, const Uses& uses, ValueId id) {
  Adder adder;
  for (ValueId at = id;;) {
    const std::size_t maker = uses.has_one_use(at) ? uses.maker_of(at) : Uses::kNone;
    if (maker == Uses::kNone) return {};
    const Node& node = graph.nodes[maker];
    if (node.op == "reshape") {
      adder.views.push_back(maker);
      at = node.inputs[0];
      continue;
    }
    const bool keeps_rows = adder.views.empty() || (node.op == "gemm" && graph.value(id).shape.back() == graph.value(at).shape.back());
    if (keeps_rows && (node.op == "conv" || node.op == "gemm") && node.residual < 0 && node.activation.kind == Activation::Kind::kNone) adder.layer = maker;
    return adder;
  }
}

bool is_sum_of_computed(const Graph& graph, const Node& node) {
  if (node.op != "binary" || node.integer("function", -1) != 0) return false;
  const Value &left = graph.value(node.inputs[0]), &right = graph.value(node.inputs[1]);
  return node.inputs[0] != node.inputs[1] && !left.is_constant && !right.is_constant && left.shape == right.shape;
}

}  // namespace

PassChanges fuse_residual(Graph& graph) {
  PassChanges changes;
  Uses uses(graph);
  std::vector<bool> is_gone(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node add = graph.nodes[i];
    if (!is_sum_of_computed(graph, add)) continue;
    // The layer that is made later takes the other as its addend, so that the other is there when it runs.
    Adder at = adder_of(graph, uses, add.inputs[0]);
    Adder other = adder_of(graph, uses, add.inputs[1]);
    ValueId addend = add.inputs[1];
    if (other.layer != Uses::kNone && (at.layer == Uses::kNone || other.layer > at.layer)) {
      at = std::move(other);
      addend = add.inputs[0];
    }
    if (at.layer == Uses::kNone) continue;
    Node layer = std::move(graph.nodes[at.layer]);
    is_gone[at.layer] = true;
    layer.residual = addend;
    layer.outputs[0] = add.outputs[0];
    layer.activation = add.activation;
    for (const std::size_t view : at.views) {
      is_gone[view] = true;
      changes.push_back({graph.nodes[view].name, layer.name});
    }
    layer.merged.push_back(add.name);
    changes.push_back({add.name, layer.name});
    // It runs where the sum was.
    graph.nodes[i] = std::move(layer);
    uses.set_maker(add.outputs[0], i);
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
