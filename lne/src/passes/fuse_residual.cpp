#include "pass.hpp"

namespace lne {
namespace {

/// The index of the layer that makes a value and could add to it, or -1.
std::ptrdiff_t adder_of(const Graph& graph, ValueId id) {
  if (graph.is_output(id) || graph.readers_of(id).size() != 1) return -1;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.outputs[0] == id) return node.op == "conv" && node.residual < 0 && node.activation.kind == Activation::Kind::kNone ? static_cast<std::ptrdiff_t>(i) : -1;
  }
  return -1;
}

}  // namespace

int fuse_residual(Graph& graph) {
  int changes = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node add = graph.nodes[i];
    if (add.op != "binary" || add.integer("function", -1) != 0) continue;
    const ValueId left = add.inputs[0], right = add.inputs[1];
    if (left == right || graph.value(left).is_constant || graph.value(right).is_constant || graph.value(left).shape != graph.value(right).shape) continue;
    // The layer that is made later takes the other as its addend, so that the other is there when it runs.
    std::ptrdiff_t at = adder_of(graph, left);
    const std::ptrdiff_t other = adder_of(graph, right);
    ValueId addend = right;
    if (other > at) {
      at = other;
      addend = left;
    }
    if (at < 0) continue;
    Node layer = graph.nodes[static_cast<std::size_t>(at)];
    layer.residual = addend;
    layer.outputs[0] = add.outputs[0];
    layer.activation = add.activation;
    layer.merged.push_back(add.name);
    graph.nodes[i] = std::move(layer);
    graph.nodes.erase(graph.nodes.begin() + at);
    --i;
    ++changes;
  }
  return changes;
}

}  // namespace lne
