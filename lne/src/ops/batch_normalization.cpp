/// BatchNormalization scales and shifts each channel with the statistics of training; folded into the layer before it where there is one.
#include <cmath>

#include "../../simd/activation.hpp"
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
      value = simd::activate(value, s.activation, s.low, s.high);
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
  Lowered lowered = lowered_kernel("plain_scale", plain_scale, "ScaleShape", s, "{" + listed({s.examples, s.channels, s.plane}) + ", " + text_of(node.activation) + "}");
  lowered.weights = channel_factors(graph, node, src[1]);
  return lowered;
}

}  // namespace

std::vector<float> channel_factors(const Graph& graph, const Node& node, std::int64_t filled) {
  const auto input = [&](std::size_t i) -> const std::vector<float>& { return graph.value(node.inputs[i]).floats; };
  const double epsilon = node.real("epsilon", 1e-5);
  std::vector<float> factors(static_cast<std::size_t>(2 * filled), 0.0f);
  for (std::size_t c = 0; c < input(1).size(); ++c) {
    const double scale = static_cast<double>(input(1)[c]) / std::sqrt(static_cast<double>(input(4)[c]) + epsilon);
    factors[c] = static_cast<float>(scale);
    factors[static_cast<std::size_t>(filled) + c] = static_cast<float>(static_cast<double>(input(2)[c]) - scale * static_cast<double>(input(3)[c]));
  }
  return factors;
}

void register_op_batch_normalization(OpRegistry& registry) {
  registry.add({"batch_normalization", {"BatchNormalization"}, "Scale and shift per channel with constant statistics.", infer});
}

void register_primitive_ops_batch_normalization(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("batch_normalization", lower);
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
