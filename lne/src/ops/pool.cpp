/// Pooling takes the maximum or the mean of windows of [1, channels, height, width]; global pooling is a window of the whole map.
#include <algorithm>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
/// Pooling of plain tensors, one example. With counts_padding the mean counts padding as zeros.
struct PlainPoolShape {
  int channels, height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  int is_maximum, counts_padding, pad_bottom, pad_right;
};

/// The reference for maximum and mean.
static inline void plain_pool(const PlainPoolShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int c = 0; c < s.channels; ++c) {
    const float* input = src[0] + static_cast<long>(c) * s.height * s.width;
    for (int oy = 0; oy < s.out_height; ++oy) {
      for (int ox = 0; ox < s.out_width; ++ox) {
        const int y0 = oy * s.stride_h - s.pad_top, x0 = ox * s.stride_w - s.pad_left;
        const int first_y = y0 < 0 ? 0 : y0, first_x = x0 < 0 ? 0 : x0;
        const int last_y = y0 + s.kernel_h < s.height ? y0 + s.kernel_h : s.height;
        const int last_x = x0 + s.kernel_w < s.width ? x0 + s.kernel_w : s.width;
        float value = s.is_maximum ? -3.402823466e38f : 0.0f;
        for (int y = first_y; y < last_y; ++y) {
          for (int x = first_x; x < last_x; ++x) {
            const float element = input[y * s.width + x];
            value = s.is_maximum ? (element > value ? element : value) : value + element;
          }
        }
        if (!s.is_maximum) {
          // Padding counts up to the padded edge; what a rounded-up last window has beyond it never does.
          const int padded_y = y0 + s.kernel_h < s.height + s.pad_bottom ? y0 + s.kernel_h : s.height + s.pad_bottom;
          const int padded_x = x0 + s.kernel_w < s.width + s.pad_right ? x0 + s.kernel_w : s.width + s.pad_right;
          const int count = s.counts_padding ? (padded_y - y0) * (padded_x - x0) : (last_y - first_y) * (last_x - first_x);
          value /= static_cast<float>(count);
        }
        dst[(static_cast<long>(c) * s.out_height + oy) * s.out_width + ox] = value;
      }
    }
  }
}
// kernel-end

std::int64_t windows(std::int64_t extent, std::int64_t kernel, std::int64_t stride, std::int64_t before, std::int64_t after, bool rounds_up) {
  const std::int64_t room = extent + before + after - kernel;
  std::int64_t count = (rounds_up ? (room + stride - 1) / stride : room / stride) + 1;
  // A window that begins in the padding behind the map is left out.
  if (rounds_up && (count - 1) * stride >= extent + before) --count;
  return count;
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::string source = node.string("onnx", "");
  if (src.size() != 4 || src[0] != 1) return "the input " + text_of(src) + " must be [1, channels, height, width]";
  if (source == "GlobalAveragePool" || source == "GlobalMaxPool") {
    node.attributes["kernel_shape"] = std::vector<std::int64_t>{src[2], src[3]};
    node.attributes["strides"] = std::vector<std::int64_t>{1, 1};
    node.attributes["pads"] = std::vector<std::int64_t>{0, 0, 0, 0};
    node.attributes["maximum"] = static_cast<std::int64_t>(source == "GlobalMaxPool");
    set_shape(graph, node, {1, src[1], 1, 1});
    return {};
  }
  const auto kernel = node.integers("kernel_shape", {});
  const auto strides = node.integers("strides", {1, 1});
  auto pads = node.integers("pads", {0, 0, 0, 0});
  const std::string mode = node.string("auto_pad", "NOTSET");
  if (kernel.size() != 2 || strides.size() != 2 || pads.size() != 4) return "kernel_shape, strides and pads must be for two dimensions";
  for (const std::int64_t dilation : node.integers("dilations", {1, 1})) {
    if (dilation != 1) return "dilated pooling is not supported";
  }
  for (std::size_t i = 0; i < 2; ++i) {
    if (kernel[i] < 1 || kernel[i] > 4096 || strides[i] < 1 || strides[i] > 4096 || pads[i] < 0 || pads[2 + i] < 0) return "kernel_shape and strides must lie within 1 to 4096, pads must not be negative";
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
      const std::int64_t out = (src[2 + i] + strides[i] - 1) / strides[i];
      const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[i] + kernel[i] - src[2 + i]);
      pads[i] = mode == "SAME_LOWER" ? (total + 1) / 2 : total / 2;
      pads[2 + i] = total - pads[i];
    }
    if (pads[i] >= kernel[i] || pads[2 + i] >= kernel[i]) return "pads must be smaller than the kernel";
    if (src[2 + i] + pads[i] + pads[2 + i] < kernel[i]) return "the window is larger than the padded input " + text_of(src);
  }
  const bool rounds_up = node.integer("ceil_mode", 0) != 0;
  node.attributes["pads"] = pads;
  node.attributes["strides"] = strides;
  node.attributes["maximum"] = static_cast<std::int64_t>(source == "MaxPool");
  set_shape(graph, node, {1, src[1], windows(src[2], kernel[0], strides[0], pads[0], pads[2], rounds_up), windows(src[3], kernel[1], strides[1], pads[1], pads[3], rounds_up)});
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  Shape dst = graph.value(node.outputs[0]).shape;
  dst.resize(4, 1);  // a mean that drops its dimensions has one position
  const auto kernel = node.integers("kernel_shape", {}), strides = node.integers("strides", {}), pads = node.integers("pads", {});
  const std::vector<std::int64_t> fields{src[1],     src[2],     src[3],  dst[2],  dst[3], kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1],
                                         node.integer("maximum", 0), node.integer("count_include_pad", 0), pads[2], pads[3]};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const PlainPoolShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14)};
  Lowered lowered;
  lowered.function = "plain_pool";
  lowered.shape_type = "PlainPoolShape";
  lowered.shape_value = braced(fields);
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float* scratch) { plain_pool(s, sources, weights, out, scratch); };
  return lowered;
}

}  // namespace

void register_op_pool(OpRegistry& registry) {
  registry.add({"pool", {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"}, "Maximum or mean over windows or the whole map; no dilation.", infer});
}

void register_primitive_ops_pool(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.pool";
  primitive.op = "pool";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  registry.add(std::move(primitive));
}

}  // namespace lne
