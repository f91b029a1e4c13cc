/// Pooling in channels-last layout, a vector of channels at a time.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorPoolShape {
  int channels, src_step, dst_step;  // filled up to a multiple of eight; floats from one position to the next
  int height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left;
  int is_maximum, counts_padding, pad_bottom, pad_right;
};

/// One window for one vector of channels.
template <class Vec>
static inline void pool_window(const VectorPoolShape& s, const float* from, int lines, int columns, float share, float* to) {
  using namespace simd;
  Vec value = Width<Vec>::set1(s.is_maximum ? -INFINITY : 0.0f);
  for (int y = 0; y < lines; ++y) {
    const float* line = from + static_cast<long>(y) * s.width * s.src_step;
    for (int x = 0; x < columns; ++x) {
      const Vec element = Width<Vec>::load(line + static_cast<long>(x) * s.src_step);
      value = s.is_maximum ? max(value, element) : add(value, element);
    }
  }
  store(to, s.is_maximum ? value : mul(value, Width<Vec>::set1(share)));
}

static inline void vector_pool(const VectorPoolShape& s, const float* const* src, const float*, float* dst, float*) {
  using namespace simd;
  for (int oy = 0; oy < s.out_height; ++oy) {
    for (int ox = 0; ox < s.out_width; ++ox) {
      const int y0 = oy * s.stride_h - s.pad_top, x0 = ox * s.stride_w - s.pad_left;
      const int first_y = y0 < 0 ? 0 : y0, first_x = x0 < 0 ? 0 : x0;
      const int last_y = y0 + s.kernel_h < s.height ? y0 + s.kernel_h : s.height;
      const int last_x = x0 + s.kernel_w < s.width ? x0 + s.kernel_w : s.width;
      // Padding counts up to the padded edge; what a rounded-up last window has beyond it never does.
      const int padded_y = y0 + s.kernel_h < s.height + s.pad_bottom ? y0 + s.kernel_h : s.height + s.pad_bottom;
      const int padded_x = x0 + s.kernel_w < s.width + s.pad_right ? x0 + s.kernel_w : s.width + s.pad_right;
      const int lines = last_y - first_y, columns = last_x - first_x;
      const float share = 1.0f / static_cast<float>(s.counts_padding ? (padded_y - y0) * (padded_x - x0) : lines * columns);
      const float* from = src[0] + (static_cast<long>(first_y) * s.width + first_x) * s.src_step;
      float* to = dst + (static_cast<long>(oy) * s.out_width + ox) * s.dst_step;
      int c = 0;
      if (lines == 3 && columns == 3) {
        for (; c + kWidest <= s.channels; c += kWidest) pool_window<Widest>(s, from + c, 3, 3, share, to + c);
      } else {
        for (; c + kWidest <= s.channels; c += kWidest) pool_window<Widest>(s, from + c, lines, columns, share, to + c);
      }
      if (c < s.channels) pool_window<Vec8>(s, from + c, lines, columns, share, to + c);
    }
  }
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto kernel = node.integers("kernel_shape", {}), strides = node.integers("strides", {}), pads = node.integers("pads", {});
  const std::vector<std::int64_t> fields{padded_channels(src[1]), src_step_of(graph, node, 0), dst_step_of(graph, node), src[2],  src[3],  dst[2],  dst[3], kernel[0], kernel[1], strides[0], strides[1], pads[0],
                                         pads[1],                 node.integer("maximum", 0),  node.integer("count_include_pad", 0), pads[2], pads[3]};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const VectorPoolShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14), i(15), i(16)};
  Lowered lowered;
  lowered.function = "vector_pool";
  lowered.shape_type = "VectorPoolShape";
  lowered.shape_value = braced(fields);
  lowered.run = [s](const float* const* sources, const float* weights, float* out, float* scratch) { vector_pool(s, sources, weights, out, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_vector_pool(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.pool", "pool");
  primitive.refuse = [](const Graph& graph, const Node& node) -> std::string {
    if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1}) return "its windows have no gaps";
    return graph.value(node.outputs[0]).shape.size() == 4 ? "" : "its result has not four dimensions";
  };
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
