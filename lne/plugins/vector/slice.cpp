/// Cutting out channels in channels-last layout.
#include <algorithm>

#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// Channels from the first that is cut out on; what fills the result's last one up to a multiple of 8 is zero.
struct VectorSliceShape {
  int positions, first, channels, filled, src_step, dst_step;
};

static inline void vector_slice(const VectorSliceShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int p = 0; p < s.positions; ++p) {
    const float* from = src[0] + static_cast<long>(p) * s.src_step + s.first;
    float* to = dst + static_cast<long>(p) * s.dst_step;
    int c = 0;
    for (; c + 16 <= s.channels; c += 16) simd::store(to + c, simd::load16(from + c));
    for (; c + 8 <= s.channels; c += 8) simd::store(to + c, simd::load(from + c));
    for (; c < s.channels; ++c) to[c] = from[c];
    for (; c < s.filled; ++c) to[c] = 0.0f;
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  if (src.size() != 4 || dst.size() != 4 || src[0] != 1 || dst[0] != 1) return "it is for maps of one example";
  const std::int64_t plane = src[2] * src[3];
  const auto steps = node.integers("steps", {});
  const bool is_whole = dst[2] == src[2] && dst[3] == src[3] && node.integer("offset", 0) % plane == 0;
  const bool is_in_order = (dst[1] == 1 || steps[1] == plane) && (dst[2] == 1 || steps[2] == src[3]) && (dst[3] == 1 || steps[3] == 1);
  return is_whole && is_in_order ? std::string() : "it cuts out neighbouring channels only";
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const std::int64_t plane = src[2] * src[3];
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const VectorSliceShape s{i(plane), i(node.integer("offset", 0) / plane), i(dst[1]), i(padded_channels(dst[1])), i(src_step_of(graph, node, 0)), i(dst_step_of(graph, node))};
  return lowered_kernel("vector_slice", vector_slice, "VectorSliceShape", s, braced({s.positions, s.first, s.channels, s.filled, s.src_step, s.dst_step}));
}

}  // namespace

void register_primitive_vector_slice(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.slice", "slice");
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
