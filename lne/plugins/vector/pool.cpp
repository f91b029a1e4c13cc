/// Pooling in channels-last layout, eight channels at a time.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorPoolShape {
  int vectors, height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  int is_maximum, counts_padding, pad_bottom, pad_right;
};

static inline void vector_pool(const VectorPoolShape& s, const float* const* src, const float*, float* dst, float*) {
  using namespace simd;
  const long step = 8L * s.vectors;
  for (int oy = 0; oy < s.out_height; ++oy) {
    for (int ox = 0; ox < s.out_width; ++ox) {
      const int y0 = oy * s.stride_h - s.pad_top, x0 = ox * s.stride_w - s.pad_left;
      const int first_y = y0 < 0 ? 0 : y0, first_x = x0 < 0 ? 0 : x0;
      const int last_y = y0 + s.kernel_h < s.height ? y0 + s.kernel_h : s.height;
      const int last_x = x0 + s.kernel_w < s.width ? x0 + s.kernel_w : s.width;
      // Padding counts up to the padded edge; what a rounded-up last window has beyond it never does.
      const int padded_y = y0 + s.kernel_h < s.height + s.pad_bottom ? y0 + s.kernel_h : s.height + s.pad_bottom;
      const int padded_x = x0 + s.kernel_w < s.width + s.pad_right ? x0 + s.kernel_w : s.width + s.pad_right;
      const int count = s.counts_padding ? (padded_y - y0) * (padded_x - x0) : (last_y - first_y) * (last_x - first_x);
      const Vec8 share = set1(1.0f / static_cast<float>(count));
      for (int v = 0; v < s.vectors; ++v) {
        Vec8 value = set1(s.is_maximum ? -3.402823466e38f : 0.0f);
        for (int y = first_y; y < last_y; ++y) {
          const float* row = src[0] + static_cast<long>(y) * s.width * step + 8 * v;
          for (int x = first_x; x < last_x; ++x) value = s.is_maximum ? max(value, load(row + x * step)) : add(value, load(row + x * step));
        }
        store(dst + (static_cast<long>(oy) * s.out_width + ox) * step + 8 * v, s.is_maximum ? value : mul(value, share));
      }
    }
  }
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto kernel = node.integers("kernel_shape", {}), strides = node.integers("strides", {}), pads = node.integers("pads", {});
  const std::vector<std::int64_t> fields{padded_channels(src[1]) / 8, src[2], src[3], dst.size() == 4 ? dst[2] : 1, dst.size() == 4 ? dst[3] : 1, kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1],
                                         node.integer("maximum", 0), node.integer("count_include_pad", 0), pads[2], pads[3]};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const VectorPoolShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14)};
  Lowered lowered;
  lowered.function = "vector_pool";
  lowered.shape_type = "VectorPoolShape";
  lowered.shape_value = braced(fields);
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float* scratch) { vector_pool(s, sources, weights, out, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_vector_pool(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.pool";
  primitive.op = "pool";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = [](const Graph& graph, const Node& node) -> std::string {
    if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1}) return "its windows have no gaps";
    return graph.value(node.outputs[0]).shape.size() == 4 ? "" : "its result has not four dimensions";
  };
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
