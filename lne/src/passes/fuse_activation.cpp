#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {
namespace {

bool can_activate(const Node& node) { return node.op == "conv" || node.op == "conv_transpose" || node.op == "gemm" || node.op == "binary" || node.op == "batch_normalization"; }

bool is_activation(const Node& node) {
  const std::int64_t function = node.op == "unary" ? node.integer("function", 0) : 0;
  return function > 0 && function <= kLastActivation;
}

Activation activation_of(const Node& unary) { return {static_cast<Activation::Kind>(unary.integer("function", 0)), static_cast<float>(unary.real("a", 0)), static_cast<float>(unary.real("b", 0))}; }

}  // namespace

PassChanges fuse_activation(Graph& graph) {
  PassChanges changes;
  Uses uses(graph);
  std::vector<bool> is_gone(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& unary = graph.nodes[i];
    if (!is_activation(unary) || !uses.has_one_use(unary.inputs[0])) continue;
    const std::size_t maker = uses.maker_of(unary.inputs[0]);
    if (maker == Uses::kNone) continue;
    Node& layer = graph.nodes[maker];
    if (!can_activate(layer) || layer.activation.kind != Activation::Kind::kNone) continue;
    layer.activation = activation_of(unary);
    layer.outputs[0] = unary.outputs[0];
    layer.merged.insert(layer.merged.end(), unary.merged.begin(), unary.merged.end());
    layer.merged.push_back(unary.name);
    uses.set_maker(unary.outputs[0], maker);
    is_gone[i] = true;
    changes.push_back({unary.name, layer.name});
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
