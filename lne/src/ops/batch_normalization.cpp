/// BatchNormalization scales and shifts each channel with the statistics of training; folded into the layer before it where there is one.
#include <cmath>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
struct ScaleShape {
  int examples, channels, plane;
  int activation;
  float low, high;
};

/// weights: a scale per channel, then a shift per channel.
static inline void plain_scale(const ScaleShape& s, const float* const* src, const float* weights, float* dst, float*) {
  for (int map = 0; map < s.examples * s.channels; ++map) {
    const int c = map % s.channels;
    for (int i = 0; i < s.plane; ++i) {
      float value = src[0][static_cast<long>(map) * s.plane + i] * weights[c] + weights[s.channels + c];
      if (s.activation == 1) value = value > 0.0f ? value : 0.0f;
      if (s.activation == 2) value = value < s.low ? s.low : value > s.high ? s.high : value;
      dst[static_cast<long>(map) * s.plane + i] = value;
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (src.size() < 2) return "the input " + text_of(src) + " must be [batch, channels, …]";
  if (node.inputs.size() < 5) return "it needs scale, bias, mean and variance";
  for (std::size_t i = 1; i < 5; ++i) {
    if (!has_input(node, i) || !graph.value(node.inputs[i]).is_constant || static_cast<std::int64_t>(graph.value(node.inputs[i]).floats.size()) != src[1]) {
      return "scale, bias, mean and variance must be constant with one element per channel";
    }
  }
  if (node.integer("training_mode", 0) != 0) return "it is in training mode; export the model for inference";
  set_shape(graph, node, src);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const ScaleShape s{static_cast<int>(src[0]), static_cast<int>(src[1]), static_cast<int>(element_count(src) / src[0] / src[1]), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  const auto input = [&](std::size_t i) -> const std::vector<float>& { return graph.value(node.inputs[i]).floats; };
  const double epsilon = node.real("epsilon", 1e-5);
  Lowered lowered;
  lowered.function = "plain_scale";
  lowered.shape_type = "ScaleShape";
  lowered.shape_value = "{" + std::to_string(s.examples) + ", " + std::to_string(s.channels) + ", " + std::to_string(s.plane) + ", " + text_of(node.activation) + "}";
  lowered.weights.resize(static_cast<std::size_t>(2 * s.channels));
  for (std::size_t c = 0; c < static_cast<std::size_t>(s.channels); ++c) {
    const double scale = static_cast<double>(input(1)[c]) / std::sqrt(static_cast<double>(input(4)[c]) + epsilon);
    lowered.weights[c] = static_cast<float>(scale);
    lowered.weights[static_cast<std::size_t>(s.channels) + c] = static_cast<float>(static_cast<double>(input(2)[c]) - scale * static_cast<double>(input(3)[c]));
  }
  lowered.run = [s](const float* const* sources, const float* weights, float* dst, float* scratch) { plain_scale(s, sources, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_op_batch_normalization(OpRegistry& registry) {
  registry.add({"batch_normalization", {"BatchNormalization"}, "Scale and shift per channel with constant statistics.", infer});
}

void register_primitive_ops_batch_normalization(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.batch_normalization";
  primitive.op = "batch_normalization";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
