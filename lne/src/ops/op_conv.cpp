#include "op_conv.hpp"

#include <array>

namespace lne {

simd::PlainConvShape conv_shape_of(const Graph& graph, const Node& node) {
  const auto extents = [](const Shape& shape, std::size_t from) {
    const auto at = [&](std::size_t i) { return static_cast<int>(shape[from + i]); };
    return std::array{at(0), at(1)};
  };
  const Shape &src = shape_of(graph, node, 0), &dst = graph.value(node.outputs[0]).shape;
  const auto [height, width] = extents(src, 2);
  const auto [out_height, out_width] = extents(dst, 2);
  const auto [kernel_h, kernel_w] = extents(shape_of(graph, node, 1), 2);
  const auto [stride_h, stride_w] = extents(node.integers("strides", {}), 0);
  const auto [top, left] = extents(node.integers("pads", {}), 0);
  const auto [dilation_h, dilation_w] = extents(node.integers("dilations", {}), 0);
  const int groups = static_cast<int>(node.integer("group", 1)), activation = static_cast<int>(node.activation.kind);
  return {static_cast<int>(src[1]), height, width, static_cast<int>(dst[1]), out_height, out_width, kernel_h, kernel_w, stride_h, stride_w,
          top, left, dilation_h, dilation_w, groups, node.residual >= 0, activation, node.activation.low, node.activation.high};
}

Lowered lowered_conv(const Graph& graph, const Node& node, const std::string& function, PlainConvKernel kernel) {
  const simd::PlainConvShape s = conv_shape_of(graph, node);
  const std::vector<std::int64_t> fields{s.channels, s.height,   s.width,    s.out_channels, s.out_height, s.out_width,  s.kernel_h, s.kernel_w,
                                         s.stride_h, s.stride_w, s.pad_top,  s.pad_left,     s.dilation_h, s.dilation_w, s.groups,   s.has_residual};
  Lowered lowered = lowered_kernel(function, kernel, "simd::PlainConvShape", s, "{" + listed(fields) + ", " + text_of(node.activation) + "}");
  lowered.weights = conv_weights(graph, node);
  return lowered;
}

}  // namespace lne
