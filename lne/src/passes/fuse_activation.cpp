#include "pass.hpp"

namespace lne {
namespace {

constexpr std::int64_t kRelu = 0;
constexpr std::int64_t kClip = 1;

bool can_activate(const Node& node) { return node.op == "conv" || node.op == "conv_transpose" || node.op == "gemm" || node.op == "binary" || node.op == "batch_normalization"; }

Activation activation_of(const Node& unary) {
  if (unary.integer("function", -1) == kRelu) return {Activation::Kind::kRelu, 0.0f, 0.0f};
  return {Activation::Kind::kClip, static_cast<float>(unary.real("a", 0)), static_cast<float>(unary.real("b", 0))};
}

}  // namespace

int fuse_activation(Graph& graph) {
  int changes = 0;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const Node unary = graph.nodes[i];
    const std::int64_t function = unary.op == "unary" ? unary.integer("function", -1) : -1;
    Node* layer = nullptr;
    if ((function == kRelu || function == kClip) && !graph.is_output(unary.inputs[0]) && graph.readers_of(unary.inputs[0]).size() == 1) {
      for (Node& node : graph.nodes) {
        if (node.outputs[0] == unary.inputs[0] && can_activate(node) && node.activation.kind == Activation::Kind::kNone) layer = &node;
      }
    }
    if (layer == nullptr) {
      ++i;
      continue;
    }
    layer->activation = activation_of(unary);
    layer->outputs[0] = unary.outputs[0];
    layer->merged.push_back(unary.name);
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    ++changes;
  }
  return changes;
}

}  // namespace lne
