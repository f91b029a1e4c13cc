/// Scale and shift per channel in channels-last layout, for batch normalizations that no convolution before them takes.
#include <cmath>

#include "../../simd/activation.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorScaleShape {
  int positions, channels, src_step, dst_step;  // channels filled up to a multiple of eight
  int activation;
  float low, high;
};

/// weights: a scale per channel, then a shift per channel.
static inline void vector_scale(const VectorScaleShape& s, const float* const* src, const float* weights, float* dst, float*) {
  using namespace simd;
  for (int p = 0; p < s.positions; ++p) {
    const float* from = src[0] + static_cast<long>(p) * s.src_step;
    float* to = dst + static_cast<long>(p) * s.dst_step;
    int c = 0;
    for (; c + kWidest <= s.channels; c += kWidest) {
      const Widest scaled = multiply_add(Width<Widest>::load(from + c), Width<Widest>::load(weights + c), Width<Widest>::load(weights + s.channels + c));
      store(to + c, activate(scaled, s.activation, s.low, s.high));
    }
    if (c < s.channels) store(to + c, activate(multiply_add(load(from + c), load(weights + c), load(weights + s.channels + c)), s.activation, s.low, s.high));
  }
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& shape = shape_of(graph, node, 0);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const VectorScaleShape s{i(shape[2] * shape[3]), i(padded_channels(shape[1])), i(src_step_of(graph, node, 0)), i(dst_step_of(graph, node)), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_kernel("vector_scale", vector_scale, "VectorScaleShape", s, "{" + listed({s.positions, s.channels, s.src_step, s.dst_step}) + ", " + text_of(node.activation) + "}");
  lowered.weights = channel_factors(graph, node, padded_channels(shape[1]));
  return lowered;
}

}  // namespace

void register_primitive_vector_batch_normalization(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.batch_normalization", "batch_normalization");
  primitive.refuse = [](const Graph& graph, const Node& node) { return std::string(shape_of(graph, node, 0).size() == 4 ? "" : "it is for four dimensions"); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
