#include <algorithm>
#include <cmath>
#include <optional>

#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {
namespace {

/// y = scale * x + shift, per channel.
struct Channels {
  std::vector<double> scale, shift;
};

std::optional<Channels> channels_of_normalization(const Graph& graph, const Node& norm) {
  const auto input = [&](std::size_t i) -> const std::vector<float>& { return graph.value(norm.inputs[i]).floats; };
  const double epsilon = norm.real("epsilon", 1e-5);
  Channels channels;
  for (std::size_t c = 0; c < input(1).size(); ++c) {
    channels.scale.push_back(static_cast<double>(input(1)[c]) / std::sqrt(static_cast<double>(input(4)[c]) + epsilon));
    channels.shift.push_back(static_cast<double>(input(2)[c]) - static_cast<double>(input(3)[c]) * channels.scale.back());
  }
  return channels;
}

/// One number per channel, or one for all, in a constant that is broadcast to a shape of `rank` dimensions; nothing for others.
std::optional<std::vector<double>> per_channel(const Value& constant, std::int64_t channels, std::size_t rank, std::size_t axis) {
  if (!constant.is_constant || constant.dtype != DType::kFloat32 || constant.shape.size() > rank) return std::nullopt;
  for (std::size_t i = 0; i < constant.shape.size(); ++i) {
    const bool is_channel = i + rank == constant.shape.size() + axis;
    if (constant.shape[i] != 1 && !(is_channel && constant.shape[i] == channels)) return std::nullopt;
  }
  std::vector<double> numbers(constant.floats.begin(), constant.floats.end());
  if (numbers.size() == 1) numbers.resize(static_cast<std::size_t>(channels), numbers[0]);
  return numbers;
}

/// @param axis of the channels
std::optional<Channels> channels_of_binary(const Graph& graph, const Node& node, std::size_t axis) {
  enum Function { kAdd, kSubtract, kMultiply, kDivide };
  const std::int64_t function = node.integer("function", -1);
  const bool is_right = graph.value(node.inputs[1]).is_constant;
  const Value &source = graph.value(node.inputs[is_right ? 0 : 1]), &constant = graph.value(node.inputs[is_right ? 1 : 0]);
  if (function < kAdd || function > kDivide || source.shape != graph.value(node.outputs[0]).shape) return std::nullopt;
  const auto numbers = per_channel(constant, source.shape[axis], source.shape.size(), axis);
  if (!numbers || (function == kDivide && !is_right)) return std::nullopt;
  Channels channels;
  for (const double number : *numbers) {
    if (!std::isfinite(number) || (function == kDivide && number == 0)) return std::nullopt;
    channels.scale.push_back(function == kMultiply ? number : function == kDivide ? 1.0 / number : function == kSubtract && !is_right ? -1.0 : 1.0);
    channels.shift.push_back(function == kAdd ? number : function == kSubtract ? (is_right ? -number : number) : 0.0);
  }
  return channels;
}

/// The source of a layer that scales and shifts, or -1.
ValueId source_of(const Graph& graph, const Node& node) {
  if (node.activation.kind != Activation::Kind::kNone) return -1;
  if (node.op == "batch_normalization") return node.inputs[0];
  if (node.op != "binary" || graph.value(node.inputs[0]).is_constant == graph.value(node.inputs[1]).is_constant) return -1;
  return node.inputs[graph.value(node.inputs[0]).is_constant ? 1 : 0];
}

/// The output channel that a weight belongs to: the first extent of a convolution's weights, the second of a transposed one's, per group; the column of a
/// matrix.
std::size_t channel_of(const Node& layer, const Value& weights, std::size_t index) {
  const std::size_t each = weights.floats.size() / static_cast<std::size_t>(weights.shape[0]);
  if (layer.op == "gemm") return layer.integer("transposed", 0) != 0 ? index / each : index % each;
  if (layer.op == "conv") return index / each;
  const std::size_t group_in = static_cast<std::size_t>(weights.shape[0] / layer.integer("group", 1)), group_out = static_cast<std::size_t>(weights.shape[1]);
  return index / each / group_in * group_out + index % each / (each / group_out);
}

/// The scale goes into the weights and the bias, the shift into the bias. Computed in double, rounded once. New values: another layer may share the old
/// ones.
void fold(Graph& graph, Node& layer, const Channels& by) {
  const std::size_t channels = by.scale.size();
  Value bias;
  bias.name = layer.name + ".bias";
  bias.is_constant = true;
  bias.shape = {static_cast<std::int64_t>(channels)};
  bias.floats.assign(channels, 0.0f);
  if (layer.inputs.size() > 2 && layer.inputs[2] >= 0) bias.floats = graph.value(layer.inputs[2]).floats;
  if (bias.floats.size() == 1) bias.floats.resize(channels, bias.floats[0]);
  for (std::size_t c = 0; c < channels; ++c) bias.floats[c] = static_cast<float>(static_cast<double>(bias.floats[c]) * by.scale[c] + by.shift[c]);
  layer.inputs.resize(3, -1);
  layer.inputs[2] = graph.add_value(std::move(bias));
  if (std::all_of(by.scale.begin(), by.scale.end(), [](double scale) { return scale == 1.0; })) return;
  Value weights = graph.value(layer.inputs[1]);
  for (std::size_t i = 0; i < weights.floats.size(); ++i) weights.floats[i] = static_cast<float>(static_cast<double>(weights.floats[i]) * by.scale[channel_of(layer, weights, i)]);
  layer.inputs[1] = graph.add_value(std::move(weights));
}

bool can_take(const Node& layer) { return (layer.op == "conv" || layer.op == "conv_transpose" || layer.op == "gemm") && layer.activation.kind == Activation::Kind::kNone && layer.residual < 0; }

/// A layer whose result others only reorder before a value: `last` makes that value, and its channels lie along `axis`.
struct Origin {
  std::size_t layer, last, axis;
};

/// The layer that a constant behind a value can be folded into, or none.
std::optional<Origin> origin_of(const Graph& graph, const Uses& uses, ValueId value) {
  std::vector<std::size_t> orders;
  for (;;) {
    const std::size_t maker = uses.has_one_use(value) ? uses.maker_of(value) : Uses::kNone;
    if (maker == Uses::kNone) return std::nullopt;
    const Node& node = graph.nodes[maker];
    if (node.op == "transpose") {
      orders.push_back(maker);
      value = node.inputs[0];
      continue;
    }
    const std::size_t rank = graph.value(value).shape.size();
    if (!can_take(node) || rank < 2) return std::nullopt;
    Origin origin{maker, orders.empty() ? maker : orders.front(), node.op == "gemm" ? rank - 1 : 1};
    for (std::size_t i = orders.size(); i-- > 0;) {
      const auto order = graph.nodes[orders[i]].integers("perm", {});
      origin.axis = static_cast<std::size_t>(std::find(order.begin(), order.end(), static_cast<std::int64_t>(origin.axis)) - order.begin());
    }
    return origin;
  }
}

}  // namespace

PassChanges fold_batch_normalization(Graph& graph) {
  PassChanges changes;
  Uses uses(graph);
  std::vector<bool> is_gone(graph.nodes.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const ValueId source = source_of(graph, node);
    const std::optional<Origin> origin = source < 0 ? std::nullopt : origin_of(graph, uses, source);
    if (!origin || (node.op == "batch_normalization" && origin->axis != 1)) continue;
    const std::optional<Channels> channels = node.op == "binary" ? channels_of_binary(graph, node, origin->axis) : channels_of_normalization(graph, node);
    if (!channels) continue;
    Node& layer = graph.nodes[origin->layer];
    fold(graph, layer, *channels);
    graph.nodes[origin->last].outputs[0] = node.outputs[0];
    layer.merged.push_back(node.name);
    uses.set_maker(node.outputs[0], origin->last);
    is_gone[i] = true;
    changes.push_back({node.name, layer.name});
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
