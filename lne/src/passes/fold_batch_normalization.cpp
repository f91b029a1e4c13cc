#include <cmath>

#include "pass.hpp"

namespace lne {
namespace {

/// The output channel that a weight belongs to: the first extent of a convolution's weights, the second of a transposed one's, per group.
std::size_t channel_of(const Node& layer, const Value& weights, std::size_t index) {
  const std::size_t each = weights.floats.size() / static_cast<std::size_t>(weights.shape[0]);
  if (layer.op == "conv") return index / each;
  const std::size_t group_in = static_cast<std::size_t>(weights.shape[0] / layer.integer("group", 1)), group_out = static_cast<std::size_t>(weights.shape[1]);
  return index / each / group_in * group_out + index % each / (each / group_out);
}

/// y = scale * (conv(x) + bias) + shift: the scale goes into the weights, the shift into the bias. Computed in double, rounded once.
void fold(Graph& graph, Node& layer, const Node& norm) {
  const auto input = [&](std::size_t i) -> const std::vector<float>& { return graph.value(norm.inputs[i]).floats; };
  const double epsilon = norm.real("epsilon", 1e-5);
  Value weights = graph.value(layer.inputs[1]);
  const std::size_t channels = input(1).size();
  Value bias;
  bias.name = layer.name + ".bias";
  bias.is_constant = true;
  bias.shape = {static_cast<std::int64_t>(channels)};
  bias.floats.assign(channels, 0.0f);
  if (layer.inputs.size() > 2 && layer.inputs[2] >= 0) bias.floats = graph.value(layer.inputs[2]).floats;
  std::vector<double> scales(channels);
  for (std::size_t c = 0; c < channels; ++c) {
    scales[c] = static_cast<double>(input(1)[c]) / std::sqrt(static_cast<double>(input(4)[c]) + epsilon);
    bias.floats[c] = static_cast<float>((static_cast<double>(bias.floats[c]) - static_cast<double>(input(3)[c])) * scales[c] + static_cast<double>(input(2)[c]));
  }
  for (std::size_t i = 0; i < weights.floats.size(); ++i) weights.floats[i] = static_cast<float>(static_cast<double>(weights.floats[i]) * scales[channel_of(layer, weights, i)]);
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
        if (node.outputs[0] == norm.inputs[0] && (node.op == "conv" || node.op == "conv_transpose") && node.activation.kind == Activation::Kind::kNone && node.residual < 0) layer = &node;
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
