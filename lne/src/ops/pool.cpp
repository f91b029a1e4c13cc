/// Pooling takes the maximum or the mean of windows of [1, channels, height, width]; global pooling is a window of the whole map.
#include <algorithm>
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Pooling of plain tensors, one example. With counts_padding the mean counts padding as zeros.
struct PlainPoolShape {
  int channels, height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  int is_maximum, counts_padding, pad_bottom, pad_right;
  int dilation_h, dilation_w;
};

/// The reference for maximum and mean.
static inline void plain_pool(const PlainPoolShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int c = 0; c < s.channels; ++c) {
    const float* input = src[0] + static_cast<long>(c) * s.height * s.width;
    for (int oy = 0; oy < s.out_height; ++oy) {
      for (int ox = 0; ox < s.out_width; ++ox) {
        const int y0 = oy * s.stride_h - s.pad_top, x0 = ox * s.stride_w - s.pad_left;
        float value = s.is_maximum ? -INFINITY : 0.0f;
        int count = 0;
        for (int ky = 0; ky < s.kernel_h; ++ky) {
          const int y = y0 + ky * s.dilation_h;
          for (int kx = 0; kx < s.kernel_w; ++kx) {
            const int x = x0 + kx * s.dilation_w;
            const bool is_inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
            // Padding counts up to the padded edge; what a rounded-up last window has beyond it never does.
            count += is_inside || (s.counts_padding && y < s.height + s.pad_bottom && x < s.width + s.pad_right) ? 1 : 0;
            if (!is_inside) continue;
            const float element = input[y * s.width + x];
            value = s.is_maximum ? (element > value ? element : value) : value + element;
          }
        }
        if (!s.is_maximum) value /= static_cast<float>(count);
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
  if (src.size() == 3) return infer_as_map(graph, node);
  if (src.size() == 4 && src[0] > 1) return infer_per_example(graph, node);
  if (src.size() != 4 || src[0] != 1) return "the input " + text_of(src) + " must be [batch, channels, length] or [batch, channels, height, width]";
  if (source == "GlobalAveragePool" || source == "GlobalMaxPool") {
    node.attributes["kernel_shape"] = std::vector<std::int64_t>{src[2], src[3]};
    node.attributes["strides"] = std::vector<std::int64_t>{1, 1};
    node.attributes["pads"] = std::vector<std::int64_t>{0, 0, 0, 0};
    node.attributes["dilations"] = std::vector<std::int64_t>{1, 1};
    node.attributes["maximum"] = static_cast<std::int64_t>(source == "GlobalMaxPool");
    set_shape(graph, node, {1, src[1], 1, 1});
    return {};
  }
  const auto kernel = node.integers("kernel_shape", {});
  const auto strides = node.integers("strides", {1, 1}), dilations = node.integers("dilations", {1, 1});
  auto pads = node.integers("pads", {0, 0, 0, 0});
  const std::string mode = node.string("auto_pad", "NOTSET");
  if (kernel.size() != 2 || strides.size() != 2 || pads.size() != 4 || dilations.size() != 2) return "kernel_shape, strides, dilations and pads must be for two dimensions";
  std::int64_t out[2];
  for (std::size_t i = 0; i < 2; ++i) {
    if (kernel[i] < 1 || kernel[i] > 4096 || strides[i] < 1 || strides[i] > 4096 || dilations[i] < 1 || dilations[i] > 4096 || pads[i] < 0 || pads[2 + i] < 0) return "kernel_shape, strides and dilations must lie within 1 to 4096, pads must not be negative";
    const std::int64_t reach = (kernel[i] - 1) * dilations[i] + 1;
    if (mode == "SAME_UPPER" || mode == "SAME_LOWER") {
      const std::int64_t total = std::max<std::int64_t>(0, (src[2 + i] - 1) / strides[i] * strides[i] + reach - src[2 + i]);
      pads[i] = mode == "SAME_LOWER" ? (total + 1) / 2 : total / 2;
      pads[2 + i] = total - pads[i];
    } else if (mode == "VALID") {
      pads[i] = pads[2 + i] = 0;
    }
    if (pads[i] >= reach || pads[2 + i] >= reach) return "pads must be smaller than the kernel";
    if (src[2 + i] + pads[i] + pads[2 + i] < reach) return "the window is larger than the padded input " + text_of(src);
    out[i] = windows(src[2 + i], reach, strides[i], pads[i], pads[2 + i], node.integer("ceil_mode", 0) != 0);
  }
  node.attributes["pads"] = pads;
  node.attributes["strides"] = strides;
  node.attributes["dilations"] = dilations;
  node.attributes["maximum"] = static_cast<std::int64_t>(source == "MaxPool");
  set_shape(graph, node, {1, src[1], out[0], out[1]});
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  Shape dst = graph.value(node.outputs[0]).shape;
  dst.resize(4, 1);  // a mean that drops its dimensions has one position
  const auto kernel = node.integers("kernel_shape", {}), strides = node.integers("strides", {}), pads = node.integers("pads", {}), dilations = node.integers("dilations", {1, 1});
  const std::vector<std::int64_t> fields{src[1],     src[2],     src[3],  dst[2],  dst[3], kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1],
                                         node.integer("maximum", 0), node.integer("count_include_pad", 0), pads[2], pads[3], dilations[0], dilations[1]};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const PlainPoolShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14), i(15), i(16)};
  return lowered_kernel("plain_pool", plain_pool, "PlainPoolShape", s, braced(fields));
}

}  // namespace

void register_op_pool(OpRegistry& registry) {
  registry.add({"pool", {"MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"}, "One- and two-dimensional windows with strides, dilations, any padding and ceil_mode, or the whole map.", infer});
}

void register_primitive_ops_pool(PrimitiveRegistry& registry) { registry.add(reference_primitive("pool", lower)); }

}  // namespace lne
