/// QuantizeLinear and DequantizeLinear bring floats to the grid of an integer type and back, with one scale or one per channel.
#include <algorithm>
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, channels, inner], scales and zero points per channel.
struct QuantizeShape {
  int outer, channels, inner;
  int is_back;  // dequantizes
  float low, high;
};

/// weights: the scales, then the zero points. Halves are rounded to even, what lies outside the type is clamped.
static inline void quantize(const QuantizeShape& s, const float* const* src, const float* weights, float* dst, float*) {
  for (int row = 0; row < s.outer * s.channels; ++row) {
    const float scale = weights[row % s.channels], zero = weights[s.channels + row % s.channels];
    const float* x = src[0] + static_cast<long>(row) * s.inner;
    float* y = dst + static_cast<long>(row) * s.inner;
    for (int i = 0; i < s.inner; ++i) {
      const float level = std::nearbyint(x[i] / scale) + zero;
      y[i] = s.is_back ? (x[i] - zero) * scale : level < s.low ? s.low : level > s.high ? s.high : level;
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const bool is_back = node.string("onnx", "") == "DequantizeLinear";
  if (!is_constant(graph, node, 1) || (has_input(node, 2) && !is_constant(graph, node, 2))) return "its scale and zero point must be constant";
  if (node.integer("block_size", 0) != 0) return "block_size is not supported; one scale per tensor or channel is";
  const Value& scale = graph.value(node.inputs[1]);
  const std::int64_t count = element_count(scale.shape);
  if (is_integer(scale.dtype) || scale.shape.size() > 1 || count < 1) return "its scale must be float32 numbers";
  if (has_input(node, 2) && element_count(shape_of(graph, node, 2)) != count) return "its scale and zero point differ in size";
  std::int64_t outer = 1, inner = element_count(src);
  if (count > 1) {
    std::int64_t axis = node.integer("axis", 1);
    if (!resolve_axis(axis, src.size()) || src[static_cast<std::size_t>(axis)] != count) return "its " + std::to_string(count) + " scales do not fit the axis " + std::to_string(axis) + " of " + text_of(src);
    outer = element_count(Shape(src.begin(), src.begin() + axis));
    inner = element_count(Shape(src.begin() + axis + 1, src.end()));
  }
  const DType levels = is_back ? graph.value(node.inputs[0]).dtype : has_input(node, 2) ? graph.value(node.inputs[2]).dtype : DType::kUInt8;
  if (!is_back && levels != DType::kUInt8 && levels != DType::kInt8) return "it quantizes to a type other than int8 and uint8";
  node.attributes["view"] = std::vector<std::int64_t>{outer, count, inner};
  node.attributes["low"] = levels == DType::kUInt8 ? 0.0 : -128.0;
  node.attributes["high"] = levels == DType::kUInt8 ? 255.0 : 127.0;
  graph.value(node.outputs[0]).dtype = is_back ? DType::kFloat32 : levels;
  set_shape(graph, node, src);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const QuantizeShape s{static_cast<int>(view[0]), static_cast<int>(view[1]), static_cast<int>(view[2]), node.string("onnx", "") == "DequantizeLinear" ? 1 : 0, static_cast<float>(node.real("low", 0)), static_cast<float>(node.real("high", 0))};
  Lowered lowered = lowered_kernel("quantize", quantize, "QuantizeShape", s, "{" + listed(view) + ", " + std::to_string(s.is_back) + ", " + float_text(s.low) + ", " + float_text(s.high) + "}");
  lowered.weights = graph.value(node.inputs[1]).floats;
  const std::vector<float> zeros = has_input(node, 2) ? floats_in(graph.value(node.inputs[2])) : std::vector<float>(lowered.weights.size(), 0.0f);
  lowered.weights.insert(lowered.weights.end(), zeros.begin(), zeros.end());
  return lowered;
}

/// Weights of quantized networks: integers up to 32 bits, computed in double.
std::string fold(Graph& graph, const Node& node) {
  const Value& src = graph.value(node.inputs[0]);
  const Value& scale = graph.value(node.inputs[1]);
  Value& out = graph.value(node.outputs[0]);
  const auto view = node.integers("view", {});
  const std::vector<float> zeros = has_input(node, 2) ? floats_in(graph.value(node.inputs[2])) : std::vector<float>(scale.floats.size(), 0.0f);
  for (std::size_t i = 0; i < src.ints.size(); ++i) {
    const std::size_t channel = i / static_cast<std::size_t>(view[2]) % static_cast<std::size_t>(view[1]);
    out.floats.push_back(static_cast<float>((static_cast<double>(src.ints[i]) - static_cast<double>(zeros[channel])) * static_cast<double>(scale.floats[channel])));
  }
  return {};
}

}  // namespace

void register_op_quantize(OpRegistry& registry) {
  OpDefinition definition{"quantize", {"QuantizeLinear", "DequantizeLinear"}, "To and from int8 and uint8, constants also from int32; constant scales per tensor or channel.", infer};
  definition.fold = fold;
  registry.add(std::move(definition));
}

void register_primitive_ops_quantize(PrimitiveRegistry& registry) { registry.add(reference_primitive("quantize", lower)); }

}  // namespace lne
