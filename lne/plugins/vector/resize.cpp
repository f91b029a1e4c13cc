/// Maps sampled anew in channels-last layout: rows are blended first, then columns, a vector of channels at a time.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorResizeShape {
  int channels, src_step, dst_step;  // filled up to a multiple of eight; floats from one position to the next
  int height, width, out_height, out_width, taps;
};

/// to = the sum of factors[t] * from[t * jump[t]] over the taps.
template <class Vec>
static inline void resize_blend(int taps, const float* from, const float* positions, const float* factors, long jump, float* to) {
  using namespace simd;
  Vec sum = mul(Width<Vec>::load(from + static_cast<long>(positions[0]) * jump), Width<Vec>::set1(factors[0]));
  for (int t = 1; t < taps; ++t) sum = multiply_add(Width<Vec>::load(from + static_cast<long>(positions[t]) * jump), Width<Vec>::set1(factors[t]), sum);
  store(to, sum);
}

static inline void resize_blend_channels(const VectorResizeShape& s, const float* from, const float* table, long jump, float* to) {
  using namespace simd;
  int c = 0;
  for (; c + kWidest <= s.channels; c += kWidest) resize_blend<Widest>(s.taps, from + c, table, table + s.taps, jump, to + c);
  if (c < s.channels) resize_blend<Vec8>(s.taps, from + c, table, table + s.taps, jump, to + c);
}

/// weights: per row of the result `taps` positions, then `taps` factors; then the same per column. scratch: a blended row, [width][channels].
static inline void vector_resize(const VectorResizeShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  const float* columns = weights + 2L * s.taps * s.out_height;
  for (int y = 0; y < s.out_height; ++y) {
    const float* table = weights + 2L * s.taps * y;
    for (int x = 0; x < s.width; ++x) resize_blend_channels(s, src[0] + static_cast<long>(x) * s.src_step, table, static_cast<long>(s.width) * s.src_step, scratch + static_cast<long>(x) * s.channels);
    float* to = dst + static_cast<long>(y) * s.out_width * s.dst_step;
    for (int x = 0; x < s.out_width; ++x) resize_blend_channels(s, scratch, columns + 2L * s.taps * x, s.channels, to + static_cast<long>(x) * s.dst_step);
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  if (src.size() != 4) return "it is for four dimensions";
  const auto view = node.integers("view", {});
  return view[1] == src[2] && view[2] == src[3] && view[3] == 1 ? "" : "it samples rows and columns";
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  ResizeTables tables = resize_tables(node);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const VectorResizeShape s{i(padded_channels(src[1])), i(src_step_of(graph, node, 0)), i(dst_step_of(graph, node)), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), tables.taps};
  Lowered lowered = lowered_kernel("vector_resize", vector_resize, "VectorResizeShape", s, braced({s.channels, s.src_step, s.dst_step, s.height, s.width, s.out_height, s.out_width, s.taps}));
  lowered.weights = std::move(tables.numbers);
  lowered.scratch_floats = src[3] * padded_channels(src[1]);
  return lowered;
}

}  // namespace

void register_primitive_vector_resize(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.resize", "resize");
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
