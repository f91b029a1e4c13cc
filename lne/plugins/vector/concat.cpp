/// Concatenation of channels in channels-last layout.
#include <algorithm>

#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// For each of up to 16 sources its channels and the floats from one position to the next; what fills the last one up to a multiple of 8 is zero.
struct VectorConcatShape {
  int sources, positions, dst_step, filled;
  int channels[16], src_steps[16];
};

static inline void vector_concat(const VectorConcatShape& s, const float* const* src, const float*, float* dst, float*) {
  int done = 0;
  for (int i = 0; i < s.sources; ++i) {
    for (int p = 0; p < s.positions; ++p) {
      const float* from = src[i] + static_cast<long>(p) * s.src_steps[i];
      float* to = dst + static_cast<long>(p) * s.dst_step + done;
      int c = 0;
      for (; c + 16 <= s.channels[i]; c += 16) simd::store(to + c, simd::load16(from + c));
      for (; c + 8 <= s.channels[i]; c += 8) simd::store(to + c, simd::load(from + c));
      for (; c < s.channels[i]; ++c) to[c] = from[c];
    }
    done += s.channels[i];
  }
  for (int p = 0; p < s.positions; ++p) {
    for (int c = done; c < s.filled; ++c) dst[static_cast<long>(p) * s.dst_step + c] = 0.0f;
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  if (graph.value(node.outputs[0]).shape.size() != 4 || graph.value(node.outputs[0]).shape[0] != 1) return "it is for maps of one example";
  if (node.integer("axis", 1) != 1) return "it joins channels only";
  if (node.inputs.size() > 16) return "it is for up to 16 sources";
  for (const ValueId input : node.inputs) {
    if (graph.value(input).is_constant || graph.value(input).dtype != DType::kFloat32) return "it is for computed float32 tensors";
  }
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  VectorConcatShape s{static_cast<int>(node.inputs.size()), static_cast<int>(dst[2] * dst[3]), static_cast<int>(dst_step_of(graph, node)), static_cast<int>(padded_channels(dst[1])), {}, {}};
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    s.channels[i] = static_cast<int>(shape_of(graph, node, i)[1]);
    s.src_steps[i] = static_cast<int>(src_step_of(graph, node, i));
  }
  return lowered_kernel("vector_concat", vector_concat, "VectorConcatShape", s, "{" + listed({s.sources, s.positions, s.dst_step, s.filled}) + ", " + braced_ints(s.channels) + ", " + braced_ints(s.src_steps) + "}");
}

}  // namespace

void register_primitive_vector_concat(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.concat", "concat");
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
