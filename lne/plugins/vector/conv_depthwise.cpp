/// Depthwise convolution in channels-last layout: runs of positions that share their taps, a vector of channels at a time.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "../../src/ops/op.hpp"
#include "depthwise.hpp"

namespace lne {
namespace {

// kernel-begin
template <int Taps, int Stride, int... Counts>
static inline void vector_depthwise(const simd::DepthwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  simd::depthwise_lines(s, simd::DepthwiseRuns<Taps, Stride, Counts...>(), 0, s.out_height, src, weights, dst);
}
// kernel-end

constexpr int kMostPositions = vector::kMostDepthwisePositions;

/// All runs that a plan can name, for the interpreter.
struct AnyRuns {
  using Run = void (*)(const simd::DepthwiseShape&, const simd::DepthwiseRun&);

  template <int... Positions>
  static constexpr std::array<Run, kMostPositions> all(std::integer_sequence<int, Positions...>) {
    return {simd::depthwise_run<Positions + 1, 0, 0>...};
  }

  void operator()(const simd::DepthwiseShape& s, const simd::DepthwiseRun& r, int count) const {
    static constexpr auto runs = all(std::make_integer_sequence<int, kMostPositions>());
    runs[static_cast<std::size_t>(count - 1)](s, r);
  }
};

std::vector<Variant> variants(const Graph& graph, const Node& node) {
  std::vector<Variant> found;
  for (const int positions : vector::depthwise_positions(graph, node, graph.value(node.outputs[0]).shape[2])) found.push_back({positions});
  return found;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const simd::DepthwiseShape s = vector::depthwise_shape(graph, node, variant[0]);
  const std::string runs = vector::depthwise_runs(s, s.out_height);
  Lowered lowered;
  lowered.function = "vector_depthwise" + runs;
  lowered.shape_type = "simd::DepthwiseShape";
  lowered.shape_value = vector::text_of(s);
  lowered.weights = vector::depthwise_weights(graph, node, s);
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float*) { simd::depthwise_lines(s, AnyRuns(), 0, s.out_height, sources, weights, out); };
  return lowered;
}

}  // namespace

namespace vector {

std::string refuse_depthwise(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  if (node.integer("group", 1) != src[1] || dst[1] != src[1]) return "it is for one filter per channel";
  return {};
}

simd::DepthwiseShape depthwise_shape(const Graph& graph, const Node& node, int positions) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {i(padded_channels(src[1])), i(src_step_of(graph, node, 0)), i(dst_step_of(graph, node)), i(residual_step_of(graph, node)), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(kernel[2]), i(kernel[3]), i(strides[0]), i(strides[1]),
          i(pads[0]), i(pads[1]), i(dilations[0]), i(dilations[1]), positions, node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

namespace {

/// The lengths of runs that a layer needs, and how often each, when it is computed in blocks of lines.
std::map<int, int> counts_of(const simd::DepthwiseShape& s, int lines) {
  std::map<int, int> counts;
  for (int y = 0; y < s.out_height; y += lines) {
    simd::visit_rectangles(s, y, std::min(y + lines, s.out_height), [&](const simd::Span& down, const simd::Span& across) {
      const int length = std::max(down.count(), across.count()), rows = std::min(down.count(), across.count());
      const int groups = (length + s.positions - 1) / s.positions;
      counts[length / groups] += rows * (groups - length % groups);
      if (length % groups > 0) counts[length / groups + 1] += rows * (length % groups);
    });
  }
  return counts;
}

}  // namespace

std::vector<int> depthwise_positions(const Graph& graph, const Node& node, std::int64_t lines) {
  std::vector<std::pair<int, int>> found;
  std::set<std::map<int, int>> seen;
  for (int positions = kMostPositions; positions >= 2; --positions) {
    const std::map<int, int> counts = counts_of(depthwise_shape(graph, node, positions), static_cast<int>(lines));
    if (!seen.insert(counts).second) continue;
    int runs = 0;
    for (const auto& [count, times] : counts) runs += times * (2 + count);
    found.push_back({runs, positions});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<int> best;
  for (const auto& [runs, positions] : found) {
    if (best.size() < 4) best.push_back(positions);
  }
  return best;
}

std::string depthwise_runs(const simd::DepthwiseShape& s, int lines) {
  // Registers for the taps of a window of more than seven would be too few.
  const bool is_known = s.kernel_h == s.kernel_w && s.stride_h == s.stride_w && s.dilation_h == 1 && s.dilation_w == 1 && s.kernel_h <= 7;
  std::string text = "<" + std::to_string(is_known ? s.kernel_h : 0) + ", " + std::to_string(is_known ? s.stride_h : 0);
  for (const auto& [count, times] : counts_of(s, lines)) text += ", " + std::to_string(count);
  return text + ">";
}

std::string text_of(const simd::DepthwiseShape& s) {
  const std::string fields = listed({s.channels, s.src_step, s.dst_step, s.residual_step, s.height, s.width, s.out_height, s.out_width, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_top, s.pad_left, s.dilation_h, s.dilation_w, s.positions, s.has_residual});
  return "{" + fields + ", " + lne::text_of(Activation{static_cast<Activation::Kind>(s.activation), s.low, s.high}) + "}";
}

std::vector<float> depthwise_weights(const Graph& graph, const Node& node, const simd::DepthwiseShape& s) {
  const Value& kernel = graph.value(node.inputs[1]);
  const std::int64_t channels = shape_of(graph, node, 0)[1], plane = kernel.shape[2] * kernel.shape[3];
  std::vector<float> packed;
  for (std::int64_t tap = 0; tap <= plane; ++tap) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const bool is_bias = tap == plane;
      const bool is_given = c < channels && (!is_bias || has_input(node, 2));
      packed.push_back(!is_given ? 0.0f : is_bias ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(c)] : kernel.floats[static_cast<std::size_t>(c * plane + tap)]);
    }
  }
  return packed;
}

void run_any_depthwise(const simd::DepthwiseShape& s, const simd::DepthwiseRun& run, int count) { AnyRuns()(s, run, count); }

}  // namespace vector

void register_primitive_vector_conv_depthwise(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_depthwise", "conv");
  primitive.refuse = vector::refuse_depthwise;
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(15);
  registry.add(std::move(primitive));
}

}  // namespace lne
