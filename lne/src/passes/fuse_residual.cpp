#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {
namespace {

/// The layer that makes a value and could add to it, or kNone.
std::size_t adder_of(const Graph& graph, const Uses& uses, ValueId id) {
  const std::size_t maker = uses.has_one_use(id) ? uses.maker_of(id) : Uses::kNone;
  if (maker == Uses::kNone) return maker;
  const Node& node = graph.nodes[maker];
  return node.op == "conv" && node.residual < 0 && node.activation.kind == Activation::Kind::kNone ? maker : Uses::kNone;
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
    std::size_t at = adder_of(graph, uses, add.inputs[0]);
    const std::size_t other = adder_of(graph, uses, add.inputs[1]);
    ValueId addend = add.inputs[1];
    if (other != Uses::kNone && (at == Uses::kNone || other > at)) {
      at = other;
      addend = add.inputs[0];
    }
    if (at == Uses::kNone) continue;
    Node layer = std::move(graph.nodes[at]);
    is_gone[at] = true;
    layer.residual = addend;
    layer.outputs[0] = add.outputs[0];
    layer.activation = add.activation;
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
