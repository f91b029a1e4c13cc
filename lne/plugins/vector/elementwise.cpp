/// Sums, products and the like of tensors of one shape in channels-last layout; what fills up the channels is carried along and never read.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct ElementwiseShape {
  int vectors;   // of eight elements in all
  int function;  // 0 add, 2 multiply, 4 maximum, 5 minimum
  int activation;
  float low, high;
};

static inline void vector_elementwise(const ElementwiseShape& s, const float* const* src, const float*, float* dst, float*) {
  using namespace simd;
  for (int v = 0; v < s.vectors; ++v) {
    const Vec8 x = load(src[0] + 8L * v), y = load(src[1] + 8L * v);
    const Vec8 joined = s.function == 0 ? add(x, y) : s.function == 2 ? mul(x, y) : s.function == 4 ? max(x, y) : min(x, y);
    store(dst + 8L * v, activate(joined, s.activation, s.low, s.high));
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const std::int64_t function = node.integer("function", -1);
  if (function != 0 && function != 2 && function != 4 && function != 5) return "it is for sums, products, maxima and minima";
  for (const ValueId input : node.inputs) {
    if (graph.value(input).is_constant || graph.value(input).shape.size() != 4 || graph.value(input).shape != graph.value(node.outputs[0]).shape) return "it is for two computed tensors of one shape";
  }
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const std::int64_t floats = floats_of(graph.value(node.outputs[0]).shape, Layout::kChannelsLast8);
  const ElementwiseShape s{static_cast<int>(floats / 8), static_cast<int>(node.integer("function", 0)), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "vector_elementwise";
  lowered.shape_type = "ElementwiseShape";
  lowered.shape_value = "{" + std::to_string(s.vectors) + ", " + std::to_string(s.function) + ", " + text_of(node.activation) + "}";
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float* scratch) { vector_elementwise(s, src, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_vector_elementwise(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.elementwise";
  primitive.op = "binary";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
