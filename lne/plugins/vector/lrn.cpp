/// Local response normalization over channels with exponent 3/4 in channels-last layout: x^(3/4) is the root of x times the root of that.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorLrnShape {
  int channels, src_step, dst_step, positions;
  int before, after;                            // neighbouring channels that count
  float alpha, bias;
};

/// How many positions are squared before the first of them is summed, so that no square is read while it is still on its way to the cache.
constexpr int kLrnPositions = 8;

template <class Vec>
static inline void lrn_channels(const VectorLrnShape& s, const float* squares, const float* src, float* dst) {
  using namespace simd;
  Vec sum = Width<Vec>::load(squares - s.before);
  for (int k = 1 - s.before; k <= s.after; ++k) sum = add(sum, Width<Vec>::load(squares + k));
  const Vec root = sqrt(multiply_add(sum, Width<Vec>::set1(s.alpha), Width<Vec>::set1(s.bias)));
  store(dst, div(Width<Vec>::load(src), mul(root, sqrt(root))));
}

static inline void vector_lrn(const VectorLrnShape& s, const float* const* src, const float*, float* dst, float* scratch) {
  using namespace simd;
  const int channels = (s.channels + 7) / 8 * 8, step = channels + 32;  // zeros on both sides
  for (int i = 0; i < kLrnPositions * step; i += 8) store(scratch + i, set1(0.0f));
  for (int first = 0; first < s.positions; first += kLrnPositions) {
    const int count = first + kLrnPositions <= s.positions ? kLrnPositions : s.positions - first;
    for (int p = 0; p < count; ++p) {
      const float* from = src[0] + static_cast<long>(first + p) * s.src_step;
      float* squares = scratch + p * step + 16;
      int c = 0;
      for (; c + kWidest <= channels; c += kWidest) store(squares + c, mul(Width<Widest>::load(from + c), Width<Widest>::load(from + c)));
      if (c < channels) store(squares + c, mul(load(from + c), load(from + c)));
      for (c = s.channels; c < channels; ++c) squares[c] = 0.0f;  // what fills up the channels is anything
    }
    for (int p = 0; p < count; ++p) {
      const float* from = src[0] + static_cast<long>(first + p) * s.src_step;
      const float* squares = scratch + p * step + 16;
      float* to = dst + static_cast<long>(first + p) * s.dst_step;
      int c = 0;
      for (; c + kWidest <= channels; c += kWidest) lrn_channels<Widest>(s, squares + c, from + c, to + c);
      if (c < channels) lrn_channels<Vec8>(s, squares + c, from + c, to + c);
    }
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  if (node.integer("within", 0) != 0) return "it is for windows of channels";
  if (node.real("beta", 0.75) != 0.75) return "it is for the exponent 0.75";
  if (node.integer("size", 1) > 33) return "it is for at most 33 channels";
  if (src.size() != 4 || src[0] != 1) return "it is for maps of one example";
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const std::int64_t size = node.integer("size", 1);
  const std::vector<std::int64_t> fields{src[1], src_step_of(graph, node, 0), dst_step_of(graph, node), src[2] * src[3], (size - 1) / 2, size / 2};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const VectorLrnShape s{i(0), i(1), i(2), i(3), i(4), i(5), static_cast<float>(node.real("alpha", 1e-4) / static_cast<double>(size)), static_cast<float>(node.real("bias", 1.0))};
  Lowered lowered = lowered_kernel("vector_lrn", vector_lrn, "VectorLrnShape", s, "{" + listed(fields) + ", " + float_text(s.alpha) + ", " + float_text(s.bias) + "}");
  lowered.scratch_floats = kLrnPositions * (padded_channels(src[1]) + 32);
  return lowered;
}

}  // namespace

void register_primitive_vector_lrn(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.lrn", "lrn");
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
