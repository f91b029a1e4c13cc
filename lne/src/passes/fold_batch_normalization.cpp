#include <cmath>

#include "pass.hpp"

namespace lne {
namespace {

/// y = scale * (conv(x) + bias) + shift: the scale goes into the weights, the shift into the bias. Computed in double, rounded once.
void fold(Graph& graph, Node& layer, const Node& norm) {
  const auto input = [&](std::size_t i) -> const std::vector<float>& { return graph.value(norm.inputs[i]).floats; };
  const double epsilon = norm.real("epsilon", 1e-5);
  Value weights = graph.value(layer.inputs[1]);
  const std::size_t channels = static_cast<std::size_t>(weights.shape[0]);
  const std::size_t each = weights.floats.size() / channels;
  Value bias;
  bias.name = layer.name + ".bias";
  bias.is_constant = true;
  bias.shape = {weights.shape[0]};
  bias.floats.assign(channels, 0.0f);
  if (layer.inputs.size() > 2 && layer.inputs[2] >= 0) bias.floats = graph.value(layer.inputs[2]).floats;
  for (std::size_t c = 0; c < channels; ++c) {
    const double scale = static_cast<double>(input(1)[c]) / std::sqrt(static_cast<double>(input(4)[c]) + epsilon);
    for (std::size_t i = 0; i < each; ++i) {
      float& weight = weights.floats[c * each + i];
      weight = static_cast<float>(static_cast<double>(weight) * scale);
    }
    bias.floats[c] = static_cast<float>((static_cast<double>(bias.floats[c]) - static_cast<double>(input(3)[c])) * scale + static_cast<double>(input(2)[c]));
  }
  // New values: another layer may share the old ones.
  layer.inputs.resize(3, -1);
  layer.inputs[1] = graph.add_value(std::move(weights));
  layer.inputs[2] = graph.add_value(std::move(bias));
}

}  // namespace

int fold_batch_normalization(Graph& graph) {
  int changes = 0;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const Node norm = graph.nodes[i];
    Node* layer = nullptr;
    if (norm.op == "batch_normalization" && !graph.is_output(norm.inputs[0]) && graph.readers_of(norm.inputs[0]).size() == 1) {
      for (Node& node : graph.nodes) {
        if (node.outputs[0] == norm.inputs[0] && node.op == "conv" && node.activation.kind == Activation::Kind::kNone && node.residual < 0) layer = &node;
      }
    }
    if (layer == nullptr) {
      ++i;
      continue;
    }
    fold(graph, *layer, norm);
    layer->outputs[0] = norm.outputs[0];
    layer->merged.push_back(norm.name);
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    ++changes;
  }
  return changes;
}

}  // namespace lne
