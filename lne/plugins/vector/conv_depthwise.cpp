/// Depthwise convolution in channels-last layout: eight channels at a time, weights shared by neighbouring positions of a row.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct DepthwiseShape {
  int vectors;  // of eight channels
  int height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int has_residual, activation;
  float low, high;
};

/// Positions of one row from (y, x) on whose horizontal taps all lie inside; or one position anywhere.
template <int Positions>
static inline void depthwise_tile(const DepthwiseShape& s, const float* const* src, const float* weights, float* dst, int y, int x) {
  using namespace simd;
  const long step = 8L * s.vectors;
  const float* biases = weights + s.kernel_h * s.kernel_w * step;
  for (int v = 0; v < s.vectors; ++v) {
    Vec8 sums[Positions];
#pragma GCC unroll 8
    for (int p = 0; p < Positions; ++p) sums[p] = load(biases + 8 * v);
    for (int ky = 0; ky < s.kernel_h; ++ky) {
      const int from_y = y * s.stride_h - s.pad_top + ky * s.dilation_h;
      if (from_y < 0 || from_y >= s.height) continue;
      for (int kx = 0; kx < s.kernel_w; ++kx) {
        const int from_x = x * s.stride_w - s.pad_left + kx * s.dilation_w;
        if (Positions == 1 && (from_x < 0 || from_x >= s.width)) continue;
        const Vec8 kernel = load(weights + (ky * s.kernel_w + kx) * step + 8 * v);
        const float* in = src[0] + (static_cast<long>(from_y) * s.width + from_x) * step + 8 * v;
#pragma GCC unroll 8
        for (int p = 0; p < Positions; ++p) sums[p] = multiply_add(load(in + p * s.stride_w * step), kernel, sums[p]);
      }
    }
    const long at = (static_cast<long>(y) * s.out_width + x) * step + 8 * v;
#pragma GCC unroll 8
    for (int p = 0; p < Positions; ++p) {
      if (s.has_residual) sums[p] = add(sums[p], load(src[1] + at + p * step));
      store(dst + at + p * step, activate(sums[p], s.activation, s.low, s.high));
    }
  }
}

/// weights: [kernel_h][kernel_w][8 * vectors], then the biases.
static inline void vector_depthwise(const DepthwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const int reach = (s.kernel_w - 1) * s.dilation_w + 1;
  const int room = s.width + s.pad_left - reach;
  const int first = (s.pad_left + s.stride_w - 1) / s.stride_w;
  const int last = room < 0 ? 0 : room / s.stride_w + 1 < s.out_width ? room / s.stride_w + 1 : s.out_width;
  for (int y = 0; y < s.out_height; ++y) {
    int x = 0;
    while (x < s.out_width) {
      const bool is_inside = x >= first && x < last;
      if (is_inside && x + 4 <= last) {
        depthwise_tile<4>(s, src, weights, dst, y, x);
        x += 4;
      } else if (is_inside && x + 2 <= last) {
        depthwise_tile<2>(s, src, weights, dst, y, x);
        x += 2;
      } else {
        depthwise_tile<1>(s, src, weights, dst, y, x);
        x += 1;
      }
    }
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  if (node.integer("group", 1) != src[1] || dst[1] != src[1]) return "it is for one filter per channel";
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Value& kernel = graph.value(node.inputs[1]);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const std::vector<std::int64_t> fields{padded_channels(src[1]) / 8, src[2], src[3], dst[2], dst[3], kernel.shape[2], kernel.shape[3], strides[0], strides[1], pads[0], pads[1], dilations[0], dilations[1]};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const DepthwiseShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "vector_depthwise";
  lowered.shape_type = "DepthwiseShape";
  lowered.shape_value = braced(fields);
  lowered.shape_value.pop_back();
  lowered.shape_value += ", " + std::to_string(s.has_residual) + ", " + text_of(node.activation) + "}";
  const std::int64_t lanes = 8 * fields[0], plane = kernel.shape[2] * kernel.shape[3];
  for (std::int64_t tap = 0; tap <= plane; ++tap) {
    for (std::int64_t c = 0; c < lanes; ++c) {
      const bool is_bias = tap == plane;
      const bool is_given = c < src[1] && (!is_bias || has_input(node, 2));
      lowered.weights.push_back(!is_given ? 0.0f : is_bias ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(c)] : kernel.floats[static_cast<std::size_t>(c * plane + tap)]);
    }
  }
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float* scratch) { vector_depthwise(s, sources, weights, out, scratch); };
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
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(15);
  registry.add(std::move(primitive));
}

}  // namespace lne
