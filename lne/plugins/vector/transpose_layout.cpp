/// Transposes between [1, channels, height, width] in channels-last layout and [1, height, width, channels] in plain layout: the same rows, which stay
/// where they are if channels come in eights.
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct LayoutTransposeShape {
  int positions, channels, filled;  // of the result's rows: up to there they are filled with zeros
  int src_step, dst_step;
};

static inline void layout_transpose(const LayoutTransposeShape& s, const float* const* src, const float*, float* dst, float*) {
  if (src[0] == dst) return;
  for (int p = 0; p < s.positions; ++p) {
    float* to = dst + static_cast<long>(p) * s.dst_step;
    simd::copy_row(src[0] + static_cast<long>(p) * s.src_step, to, s.channels);
    for (int c = s.channels; c < s.filled; ++c) to[c] = 0.0f;
  }
}
// kernel-end

/// Where the channels are in [batch, channels, height, width] and in [batch, height, width, channels].
constexpr std::size_t kFirst = 1, kLast = 3;

std::string refuse(const Graph& graph, const Node& node, bool is_to_plain) {
  const std::vector<std::int64_t> wanted = is_to_plain ? std::vector<std::int64_t>{0, 2, 3, 1} : std::vector<std::int64_t>{0, 3, 1, 2};
  if (node.integers("perm", {}) != wanted) return is_to_plain ? "it moves channels to the back" : "it moves channels from the back";
  return shape_of(graph, node, 0)[0] == 1 ? "" : "it is for one example";
}

std::int64_t channels_of(const Graph& graph, const Node& node, bool is_to_plain) { return shape_of(graph, node, 0)[is_to_plain ? kFirst : kLast]; }

Lowered lower(const Graph& graph, const Node& node, bool is_to_plain) {
  const std::int64_t channels = channels_of(graph, node, is_to_plain), positions = element_count(shape_of(graph, node, 0)) / channels;
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const LayoutTransposeShape s{i(positions), i(channels), i(is_to_plain ? channels : padded_channels(channels)), i(is_to_plain ? src_step_of(graph, node, 0) : channels), i(is_to_plain ? channels : dst_step_of(graph, node))};
  return lowered_kernel("layout_transpose", layout_transpose, "LayoutTransposeShape", s, braced({s.positions, s.channels, s.filled, s.src_step, s.dst_step}));
}

/// A few channels are mostly filling in channels-last layout, and layers that read or make them do better in plain layout.
int preference(std::int64_t channels) { return channels >= 8 ? 20 : 5; }

}  // namespace

void register_primitive_vector_transpose_layout(PrimitiveRegistry& registry) {
  for (const bool is_to_plain : {true, false}) {
    Primitive primitive;
    primitive.name = is_to_plain ? "vector.transpose_to_back" : "vector.transpose_from_back";
    primitive.op = "transpose";
    primitive.src_layout = is_to_plain ? Layout::kChannelsLast8 : Layout::kPlain;
    primitive.dst_layout = is_to_plain ? Layout::kPlain : Layout::kChannelsLast8;
    primitive.takes_src_steps = is_to_plain;
    primitive.takes_dst_step = !is_to_plain;
    primitive.refuse = [is_to_plain](const Graph& graph, const Node& node) { return refuse(graph, node, is_to_plain); };
    primitive.lower = [is_to_plain](const Graph& graph, const Node& node, const Variant&) { return lower(graph, node, is_to_plain); };
    primitive.overwrites = [is_to_plain](const Graph& graph, const Node& node) { return channels_of(graph, node, is_to_plain) % 8 == 0 ? std::vector<std::size_t>{0} : std::vector<std::size_t>(); };
    primitive.preference = [is_to_plain](const Graph& graph, const Node& node) { return preference(channels_of(graph, node, is_to_plain)); };
    registry.add(std::move(primitive));
  }
}

}  // namespace lne
