/// Depthwise convolution in channels-last layout: runs of positions that share their taps, a vector of channels at a time.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "../../simd/simd.hpp"
#include "../../simd/span.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct DepthwiseShape {
  int channels, src_step, dst_step, residual_step;  // filled up to a multiple of eight; floats from one position to the next
  int height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int positions;  // of a run
  int has_residual, activation;
  float low, high;
};

/// A run of positions along a line or a column, from its first source element of the first tap on. Steps are in floats.
struct DepthwiseRun {
  const float* src;
  const float* weights;
  const float* biases;
  const float* residual;
  float* dst;
  long src_jump, dst_jump, residual_jump;  // from one position to the next
  long along, across;                      // from one tap to the next, in the direction of the run and at right angles to it
  long weight_along, weight_across;
  int taps_along, taps_across;
};

/// Taps and Stride, where they are known, let neighbouring positions share the source elements that both read; 0 stands for any.
template <class Vec, int Positions, int Taps, int Stride>
static inline __attribute__((always_inline)) void depthwise_channels(const DepthwiseShape& s, const DepthwiseRun& r, int c) {
  using namespace simd;
  Vec sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = Width<Vec>::load(r.biases + c);
  for (int b = 0; b < r.taps_across; ++b) {
    const float* in = r.src + b * r.across + c;
    const float* w = r.weights + b * r.weight_across + c;
    if constexpr (Taps > 0) {
      constexpr int elements = (Positions - 1) * Stride + Taps;
#pragma GCC unroll 32
      for (int e = 0; e < elements; ++e) {
        const Vec x = Width<Vec>::load(in + e * r.along);
#pragma GCC unroll 16
        for (int a = 0; a < Taps; ++a) {
          if ((e - a) % Stride == 0 && e >= a && (e - a) / Stride < Positions) sums[(e - a) / Stride] = multiply_add(x, Width<Vec>::load(w + a * r.weight_along), sums[(e - a) / Stride]);
        }
      }
    } else {
      for (int a = 0; a < r.taps_along; ++a) {
        const Vec kernel = Width<Vec>::load(w + a * r.weight_along);
#pragma GCC unroll 16
        for (int p = 0; p < Positions; ++p) sums[p] = multiply_add(Width<Vec>::load(in + a * r.along + p * r.src_jump), kernel, sums[p]);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
    if (s.has_residual) sums[p] = add(sums[p], Width<Vec>::load(r.residual + p * r.residual_jump + c));
    store(r.dst + p * r.dst_jump + c, activate(sums[p], s.activation, s.low, s.high));
  }
}

template <int Positions, int Taps, int Stride>
static inline void depthwise_run(const DepthwiseShape& s, const DepthwiseRun& r) {
  using namespace simd;
  int c = 0;
  for (; c + kWidest <= s.channels; c += kWidest) depthwise_channels<Widest, Positions, Taps, Stride>(s, r, c);
  if (c < s.channels) depthwise_channels<Vec8, Positions, Taps, Stride>(s, r, c);
}

/// The runs of one layer: as many positions as one of Counts; runs of a whole window's taps know Taps and Stride, where the window is square.
template <int Taps, int Stride, int... Counts>
struct DepthwiseRuns {
  void operator()(const DepthwiseShape& s, const DepthwiseRun& r, int count) const {
    if (Taps > 0 && r.taps_along == Taps && count > 1) (void)((count == Counts && (depthwise_run<Counts, Taps, Stride>(s, r), true)) || ...);
    else (void)((count == Counts && (depthwise_run<Counts, 0, 0>(s, r), true)) || ...);
  }
};

/// weights: [kernel_h][kernel_w][channels], then the biases.
template <class Runs>
static inline void depthwise_conv(const DepthwiseShape& s, const Runs& runs, const float* const* src, const float* weights, float* dst) {
  const float* biases = weights + static_cast<long>(s.kernel_h) * s.kernel_w * s.channels;
  const long line = static_cast<long>(s.width) * s.src_step;
  simd::visit_rectangles(s, [&](const simd::Span& down, const simd::Span& across) {
    const bool is_column = down.count() > across.count();
    const int lines = is_column ? across.count() : down.count(), length = is_column ? down.count() : across.count();
    const int groups = (length + s.positions - 1) / s.positions, shorter = length / groups, longer_groups = length % groups;
    const long dst_row = static_cast<long>(s.out_width) * s.dst_step, residual_row = static_cast<long>(s.out_width) * s.residual_step;
    DepthwiseRun r{};
    r.weights = weights + static_cast<long>(down.first * s.kernel_w + across.first) * s.channels;
    r.biases = biases;
    r.src_jump = is_column ? s.stride_h * line : static_cast<long>(s.stride_w) * s.src_step;
    r.dst_jump = is_column ? dst_row : s.dst_step;
    r.residual_jump = is_column ? residual_row : s.residual_step;
    r.along = is_column ? s.dilation_h * line : static_cast<long>(s.dilation_w) * s.src_step;
    r.across = is_column ? static_cast<long>(s.dilation_w) * s.src_step : s.dilation_h * line;
    r.weight_along = static_cast<long>(is_column ? s.kernel_w : 1) * s.channels;
    r.weight_across = static_cast<long>(is_column ? 1 : s.kernel_w) * s.channels;
    r.taps_along = is_column ? down.last - down.first : across.last - across.first;
    r.taps_across = is_column ? across.last - across.first : down.last - down.first;
    for (int i = 0; i < lines; ++i) {
      int y = is_column ? down.from : down.from + i, x = is_column ? across.from + i : across.from;
      for (int group = 0; group < groups; ++group) {
        const int count = group < longer_groups ? shorter + 1 : shorter;
        r.src = src[0] + static_cast<long>(y * s.stride_h - s.pad_top + down.first * s.dilation_h) * line + static_cast<long>(x * s.stride_w - s.pad_left + across.first * s.dilation_w) * s.src_step;
        r.dst = dst + y * dst_row + static_cast<long>(x) * s.dst_step;
        r.residual = s.has_residual ? src[1] + y * residual_row + static_cast<long>(x) * s.residual_step : nullptr;
        runs(s, r, count);
        if (is_column) y += count;
        else x += count;
      }
    }
  });
}

template <int Taps, int Stride, int... Counts>
static inline void vector_depthwise(const DepthwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  depthwise_conv(s, DepthwiseRuns<Taps, Stride, Counts...>(), src, weights, dst);
}
// kernel-end

constexpr int kMostPositions = 10;

/// All runs that a plan can name, for the interpreter.
struct AnyRuns {
  using Run = void (*)(const DepthwiseShape&, const DepthwiseRun&);

  template <int... Positions>
  static constexpr std::array<Run, kMostPositions> all(std::integer_sequence<int, Positions...>) {
    return {depthwise_run<Positions + 1, 0, 0>...};
  }

  void operator()(const DepthwiseShape& s, const DepthwiseRun& r, int count) const {
    static constexpr auto runs = all(std::make_integer_sequence<int, kMostPositions>());
    runs[static_cast<std::size_t>(count - 1)](s, r);
  }
};

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  if (node.integer("group", 1) != src[1] || dst[1] != src[1]) return "it is for one filter per channel";
  return {};
}

DepthwiseShape shape_for(const Graph& graph, const Node& node, int positions) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {i(padded_channels(src[1])), i(src_step_of(graph, node, 0)), i(dst_step_of(graph, node)), i(residual_step_of(graph, node)), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(kernel[2]), i(kernel[3]), i(strides[0]), i(strides[1]),
          i(pads[0]), i(pads[1]), i(dilations[0]), i(dilations[1]), positions, node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

/// The lengths of runs that a layer needs, and how often each.
std::map<int, int> counts_of(const DepthwiseShape& s) {
  std::map<int, int> counts;
  simd::visit_rectangles(s, [&](const simd::Span& down, const simd::Span& across) {
    const int length = std::max(down.count(), across.count()), lines = std::min(down.count(), across.count());
    const int groups = (length + s.positions - 1) / s.positions;
    counts[length / groups] += lines * (groups - length % groups);
    if (length % groups > 0) counts[length / groups + 1] += lines * (length % groups);
  });
  return counts;
}

std::vector<Variant> variants(const Graph& graph, const Node& node) {
  std::vector<std::pair<int, Variant>> found;
  std::map<std::map<int, int>, int> seen;
  for (int positions = kMostPositions; positions >= 2; --positions) {
    const std::map<int, int> counts = counts_of(shape_for(graph, node, positions));
    if (!seen.insert({counts, positions}).second) continue;
    int runs = 0;
    for (const auto& [count, times] : counts) runs += times * (2 + count);
    found.push_back({runs, {positions}});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Variant> best;
  for (auto& [runs, variant] : found) {
    if (best.size() < 4) best.push_back(std::move(variant));
  }
  return best;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const DepthwiseShape s = shape_for(graph, node, variant[0]);
  const Value& kernel = graph.value(node.inputs[1]);
  // Registers for the taps of a window of more than seven would be too few.
  const bool is_known = s.kernel_h == s.kernel_w && s.stride_h == s.stride_w && s.dilation_h == 1 && s.dilation_w == 1 && s.kernel_h <= 7;
  Lowered lowered;
  lowered.function = "vector_depthwise<" + std::to_string(is_known ? s.kernel_h : 0) + ", " + std::to_string(is_known ? s.stride_h : 0);
  for (const auto& [count, times] : counts_of(s)) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "DepthwiseShape";
  lowered.shape_value = braced({s.channels, s.src_step, s.dst_step, s.residual_step, s.height, s.width, s.out_height, s.out_width, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_top, s.pad_left, s.dilation_h, s.dilation_w, s.positions,
                                s.has_residual});
  lowered.shape_value.pop_back();
  lowered.shape_value += ", " + text_of(node.activation) + "}";
  const std::int64_t channels = shape_of(graph, node, 0)[1], plane = kernel.shape[2] * kernel.shape[3];
  for (std::int64_t tap = 0; tap <= plane; ++tap) {
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const bool is_bias = tap == plane;
      const bool is_given = c < channels && (!is_bias || has_input(node, 2));
      lowered.weights.push_back(!is_given ? 0.0f : is_bias ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(c)] : kernel.floats[static_cast<std::size_t>(c * plane + tap)]);
    }
  }
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float*) { depthwise_conv(s, AnyRuns(), sources, weights, out); };
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_depthwise(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.conv_depthwise";
  primitive.op = "conv";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = refuse;
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  primitive.preference = always(15);
  registry.add(std::move(primitive));
}

}  // namespace lne
