/// Convert moves a tensor between the plain and the channels-last layout; it is inserted where neighbouring layers want different ones.
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
  for (int i = 0; i < s.plane; ++i) {
    for (int c = 0; c < s.padded_channels; ++c) dst[static_cast<long>(i) * s.step + c] = c < s.channels ? src[0][static_cast<long>(c) * s.plane + i] : 0.0f;
  }
}

/// [plane][padded channels] -> [channels][plane].
static inline void to_plain(const ConvertShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int c = 0; c < s.channels; ++c) {
    for (int i = 0; i < s.plane; ++i) dst[static_cast<long>(c) * s.plane + i] = src[0][static_cast<long>(i) * s.step + c];
  }
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, bool is_to_plain) {
  const Shape& shape = shape_of(graph, node, 0);
  const std::int64_t given = !is_to_plain ? node.dst_step : node.src_steps.empty() ? 0 : node.src_steps[0];
  const ConvertShape s{static_cast<int>(shape[1]), static_cast<int>(shape[2] * shape[3]), static_cast<int>(padded_channels(shape[1])), static_cast<int>(given > 0 ? given : padded_channels(shape[1]))};
  Lowered lowered;
  lowered.function = is_to_plain ? "to_plain" : "to_channels_last";
  lowered.shape_type = "ConvertShape";
  lowered.shape_value = braced({s.channels, s.plane, s.padded_channels, s.step});
  lowered.run = [s, is_to_plain](const float* const* src, const float* weights, float* dst, float* scratch) {
    if (is_to_plain) to_plain(s, src, weights, dst, scratch);
    else to_channels_last(s, src, weights, dst, scratch);
  };
  return lowered;
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
