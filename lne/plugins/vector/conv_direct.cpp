/// Direct convolution.
#include <numeric>
#include <utility>

#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"
#include "direct.hpp"

namespace lne {
namespace {

// kernel-begin
template <int Vectors, int... Counts>
static inline void vector_conv(const simd::DirectShape& s, const float* const* src, const float* weights, float* dst, float*) {
  simd::direct_run(s, simd::DirectTiles<Vectors, Counts...>(), src, weights, weights + simd::direct_weights(s), dst);
}
// kernel-end

/// How many groups of a convolution are computed as one, their other weights zero, so that each such group has whole vectors of results.
std::int64_t joined_groups(const Graph& graph, const Node& node) {
  const std::int64_t groups = node.integer("group", 1), out = graph.value(node.outputs[0]).shape[1] / groups;
  const std::int64_t joined = 8 / std::gcd<std::int64_t>(out, 8);
  return groups % joined == 0 ? joined : groups;
}

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  if (joined_groups(graph, node) > 8) return "its groups fill no vectors of eight";
  if (src[2] * src[3] * padded_channels(src[1]) > (1 << 30)) return "it is too large for 32-bit positions";
  return {};
}

simd::DirectShape shape_for(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const std::int64_t groups = node.integer("group", 1) / joined_groups(graph, node), step = dst_step_of(graph, node), residual = residual_step_of(graph, node);
  return {is_plain ? 1 : 0, i(groups), i(src[1] / groups), is_plain ? 1 : i(src_step_of(graph, node, 0)), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(padded_channels(dst[1]) / 8 / groups), i(step), i(dst[3] * step), i(residual), i(dst[3] * residual), i(kernel[2]), i(kernel[3]),
          i(strides[0]), i(strides[1]), i(pads[0]), i(pads[1]), i(dilations[0]), i(dilations[1]), variant[0], variant[1], node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

/// Weights [out][in][ky][kx], then the biases. In a group that is computed with others, what is theirs is zero.
std::vector<float> pack(const Graph& graph, const Node& node, const simd::DirectShape& s) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t joined = joined_groups(graph, node), out = weights.shape[0], own = weights.shape[1], plane = weights.shape[2] * weights.shape[3];
  const std::int64_t each = out / node.integer("group", 1), total = 8L * s.out_vectors * s.groups;
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((s.channels * plane + 1) * total));
  vector::append_direct_weights(packed, s, [&](std::int64_t oc, std::int64_t c, std::int64_t tap) {
    if (oc >= out || oc / each % joined != c / own) return 0.0f;
    return weights.floats[static_cast<std::size_t>((oc * own + c % own) * plane + tap)];
  });
  vector::append_direct_biases(packed, graph, node, total);
  return packed;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const simd::DirectShape s = shape_for(graph, node, variant, is_plain);
  Lowered lowered;
  lowered.function = "vector_conv<" + std::to_string(s.vectors);
  for (const auto& [count, times] : vector::direct_counts(s)) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "simd::DirectShape";
  lowered.shape_value = vector::text_of(s, node.activation);
  lowered.weights = pack(graph, node, s);
  lowered.run = [s](const float* const* sources, const float* weights, float* dst, float*) { simd::direct_run(s, vector::AnyDirectTiles(), sources, weights, weights + simd::direct_weights(s), dst); };
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_direct(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_direct", "conv");
  primitive.refuse = refuse;
  primitive.variants = [](const Graph& graph, const Node& node) { return vector::direct_variants({shape_for(graph, node, {1, 1}, false)}, graph.vector_unit); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, false); };
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(10);
  registry.add(primitive);

  // Spectrograms and pictures as they come in: few channels would leave most of a channels-last vector empty.
  primitive.name = "vector.conv_first";
  primitive.src_layout = Layout::kPlain;
  primitive.takes_src_steps = false;
  primitive.refuse = [](const Graph& graph, const Node& node) {
    if (shape_of(graph, node, 0)[1] > 4) return std::string("it is for up to four input channels");
    if (node.integer("group", 1) != 1) return std::string("it is for one group");
    if (node.integers("dilations", {1, 1})[1] != 1) return std::string("it is for taps that lie side by side");
    return refuse(graph, node);
  };
  primitive.variants = [](const Graph& graph, const Node& node) { return vector::direct_variants({shape_for(graph, node, {1, 1}, true)}, graph.vector_unit); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, true); };
  primitive.preference = always(40);
  registry.add(std::move(primitive));
}

}  // namespace lne
