/// Convert moves a tensor between the plain and the channels-last layout; it is inserted where neighbouring layers want different ones.
#include "../../simd/transpose.hpp"
#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
struct ConvertShape {
  int channels, plane, padded_channels;
  int step;  // floats from one position to the next, which may be more than the channels
};

/// [channels][plane] -> [plane][padded channels], the padding zero.
static inline void to_channels_last(const ConvertShape& s, const float* const* src, const float*, float* dst, float*) {
  simd::transpose_block(src[0], s.plane, s.channels, s.plane, dst, s.step);
  for (int i = 0; s.channels < s.padded_channels && i < s.plane; ++i) {
    for (int c = s.channels; c < s.padded_channels; ++c) dst[static_cast<long>(i) * s.step + c] = 0.0f;
  }
}

/// [plane][padded channels] -> [channels][plane].
static inline void to_plain(const ConvertShape& s, const float* const* src, const float*, float* dst, float*) {
  simd::transpose_block(src[0], s.step, s.plane, s.channels, dst, s.plane);
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, bool is_to_plain) {
  const Shape& shape = shape_of(graph, node, 0);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const ConvertShape s{i(shape[1]), i(shape[2] * shape[3]), i(padded_channels(shape[1])), i(is_to_plain ? src_step_of(graph, node, 0) : dst_step_of(graph, node))};
  return lowered_kernel(is_to_plain ? "to_plain" : "to_channels_last", is_to_plain ? to_plain : to_channels_last, "ConvertShape", s, braced({s.channels, s.plane, s.padded_channels, s.step}));
}

}  // namespace

void register_op_convert(OpRegistry& registry) { registry.add({"convert", {}, "Between layouts; not in source files.", nullptr}); }

void register_primitive_ops_convert(PrimitiveRegistry& registry) {
  for (const bool is_to_plain : {true, false}) {
    Primitive primitive;
    primitive.name = is_to_plain ? "core.to_plain" : "core.to_channels_last";
    primitive.op = "convert";
    primitive.src_layout = is_to_plain ? Layout::kChannelsLast8 : Layout::kPlain;
    primitive.dst_layout = is_to_plain ? Layout::kPlain : Layout::kChannelsLast8;
    primitive.takes_src_steps = is_to_plain;
    primitive.takes_dst_step = !is_to_plain;
    primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
    primitive.lower = [is_to_plain](const Graph& graph, const Node& node, const Variant&) { return lower(graph, node, is_to_plain); };
    registry.add(std::move(primitive));
  }
}

}  // namespace lne
