/// Direct convolution in channels-last layout: a register tile of output channels times positions, taps that fall on padding skipped.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct VectorConvShape {
  int channels, src_step;  // floats from one source position to the next
  int height, width, out_height, out_width, out_vectors;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int has_residual, activation;
  float low, high;
};

/// The taps of one dimension that fall inside the source, for an output position: [first, last).
static inline int first_tap(int position, int stride, int pad, int dilation) {
  const int start = position * stride - pad;
  return start >= 0 ? 0 : (-start + dilation - 1) / dilation;
}
static inline int last_tap(int position, int stride, int pad, int dilation, int taps, int extent) {
  const int room = extent - 1 - (position * stride - pad);
  const int last = room < 0 ? 0 : room / dilation + 1;
  return last < taps ? last : taps;
}

/// Where a tile reads and writes: sources, results and addends of its positions lie one jump apart.
struct ConvTile {
  const float* src;
  const float* weights;  // [kernel_h][kernel_w][channels][8 * Vectors]
  const float* biases;
  const float* residual;
  float* dst;
  int src_jump, dst_jump;
  int first_y, last_y, first_x, last_x;
};

/// Vectors * 8 output channels at Positions positions that share their taps, all sums in registers.
template <int Vectors, int Positions>
static inline void conv_tile(const VectorConvShape& s, const ConvTile& t) {
  using namespace simd;
  Vec8 sums[Positions][Vectors];
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) sums[p][v] = load(t.biases + 8 * v);
  }
  for (int ky = t.first_y; ky < t.last_y; ++ky) {
    for (int kx = t.first_x; kx < t.last_x; ++kx) {
      const float* in = t.src + static_cast<long>(ky * s.dilation_h * s.width + kx * s.dilation_w) * s.src_step;
      const float* w = t.weights + static_cast<long>(ky * s.kernel_w + kx) * s.channels * (8 * Vectors);
      for (int c = 0; c < s.channels; ++c, w += 8 * Vectors) {
        Vec8 kernel[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) kernel[v] = load(w + 8 * v);
#pragma GCC unroll 8
        for (int p = 0; p < Positions; ++p) {
          const Vec8 x = set1(in[static_cast<long>(p) * t.src_jump + c]);
#pragma GCC unroll 8
          for (int v = 0; v < Vectors; ++v) sums[p][v] = multiply_add(x, kernel[v], sums[p][v]);
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) {
      const long at = static_cast<long>(p) * t.dst_jump + 8 * v;
      if (s.has_residual) sums[p][v] = add(sums[p][v], load(t.residual + at));
      store(t.dst + at, activate(sums[p][v], s.activation, s.low, s.high));
    }
  }
}

/// The last, smaller tile of a strip.
template <int Vectors, int Positions>
static inline void conv_rest(const VectorConvShape& s, const ConvTile& t, int count) {
  if constexpr (Positions > 0) {
    if (count == Positions) conv_tile<Vectors, Positions>(s, t);
    else conv_rest<Vectors, Positions - 1>(s, t, count);
  }
}

/// `count` positions from (y, x) on, along a column or a row, which all have the taps of the first.
template <int Vectors, int Positions>
static inline void conv_strip(const VectorConvShape& s, ConvTile t, const float* src, float* dst, const float* residual, int y, int x, int count, bool is_column) {
  t.first_y = first_tap(y, s.stride_h, s.pad_top, s.dilation_h);
  t.last_y = last_tap(y, s.stride_h, s.pad_top, s.dilation_h, s.kernel_h, s.height);
  t.first_x = first_tap(x, s.stride_w, s.pad_left, s.dilation_w);
  t.last_x = last_tap(x, s.stride_w, s.pad_left, s.dilation_w, s.kernel_w, s.width);
  t.src_jump = is_column ? s.stride_h * s.width * s.src_step : s.stride_w * s.src_step;
  t.dst_jump = is_column ? s.out_width * s.out_vectors * 8 : s.out_vectors * 8;
  t.src = src + (static_cast<long>(y * s.stride_h - s.pad_top) * s.width + (x * s.stride_w - s.pad_left)) * s.src_step;
  const long at = (static_cast<long>(y) * s.out_width + x) * s.out_vectors * 8;
  t.dst = dst + at;
  t.residual = residual + (s.has_residual ? at : 0);
  for (; count >= Positions; count -= Positions) {
    conv_tile<Vectors, Positions>(s, t);
    t.src += static_cast<long>(Positions) * t.src_jump;
    t.dst += static_cast<long>(Positions) * t.dst_jump;
    t.residual += s.has_residual ? static_cast<long>(Positions) * t.dst_jump : 0;
  }
  conv_rest<Vectors, Positions - 1>(s, t, count);
}

/// Positions of one dimension whose taps all lie inside: [first, last).
static inline int first_inside(int stride, int pad) { return (pad + stride - 1) / stride; }
static inline int last_inside(int extent, int out, int stride, int pad, int reach) {
  const int room = extent + pad - reach;
  const int last = room < 0 ? 0 : room / stride + 1;
  return last < out ? last : out;
}

/// All positions for one block of output channels. Strips run along the dimension with more inside positions.
template <int Vectors, int Positions>
static inline void conv_block(const VectorConvShape& s, const ConvTile& t, const float* src, float* dst, const float* residual) {
  const int reach_y = (s.kernel_h - 1) * s.dilation_h + 1, reach_x = (s.kernel_w - 1) * s.dilation_w + 1;
  const int top = first_inside(s.stride_h, s.pad_top), left = first_inside(s.stride_w, s.pad_left);
  const int bottom = last_inside(s.height, s.out_height, s.stride_h, s.pad_top, reach_y);
  const int right = last_inside(s.width, s.out_width, s.stride_w, s.pad_left, reach_x);
  const bool is_column = bottom - top > right - left;
  const int lines = is_column ? s.out_width : s.out_height, length = is_column ? s.out_height : s.out_width;
  const int from = is_column ? top : left, to = is_column ? bottom : right;
  for (int line = 0; line < lines; ++line) {
    int at = 0;
    while (at < length) {
      const bool is_inside = at >= from && at < to;
      const int count = is_inside ? to - at : 1;
      conv_strip<Vectors, Positions>(s, t, src, dst, residual, is_column ? at : line, is_column ? line : at, count, is_column);
      at += count;
    }
  }
}

/// weights: per block of Vectors (the last: Rest) channel vectors [kernel_h][kernel_w][channels][8 * Vectors], then the biases.
template <int Vectors, int Rest, int Positions>
static inline void vector_conv(const VectorConvShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const long taps = static_cast<long>(s.kernel_h) * s.kernel_w * s.channels * 8;
  ConvTile t{};
  t.weights = weights;
  t.biases = weights + taps * s.out_vectors;
  const float* residual = s.has_residual ? src[1] : src[0];
  int done = 0;
  for (; done + Vectors <= s.out_vectors; done += Vectors) {
    conv_block<Vectors, Positions>(s, t, src[0], dst + 8 * done, residual + (s.has_residual ? 8 * done : 0));
    t.weights += taps * Vectors;
    t.biases += 8 * Vectors;
  }
  if constexpr (Rest > 0) conv_block<Rest, Positions>(s, t, src[0], dst + 8 * done, residual + (s.has_residual ? 8 * done : 0));
}
// kernel-end

#if defined(__AVX512VL__) || defined(__aarch64__)
constexpr int kRegisters = 28;  // of 32; the rest hold weights and the broadcast element
#else
constexpr int kRegisters = 12;  // of 16
#endif
constexpr int kMostVectors = 7;
constexpr int kMostPositions = 8;

bool fits(int vectors, int positions) { return vectors * positions <= kRegisters && vectors <= kMostVectors && positions <= kMostPositions; }

using Kernel = void (*)(const VectorConvShape&, const float* const*, const float*, float*, float*);

template <int Vectors, int Rest, int Positions>
Kernel kernel_of() {
  if constexpr (Vectors * Positions <= kRegisters && Rest < Vectors) return vector_conv<Vectors, Rest, Positions>;
  return nullptr;
}

template <int Vectors, int Rest>
Kernel with_positions(int positions) {
  switch (positions) {
    case 1: return kernel_of<Vectors, Rest, 1>();
    case 2: return kernel_of<Vectors, Rest, 2>();
    case 3: return kernel_of<Vectors, Rest, 3>();
    case 4: return kernel_of<Vectors, Rest, 4>();
    case 5: return kernel_of<Vectors, Rest, 5>();
    case 6: return kernel_of<Vectors, Rest, 6>();
    case 7: return kernel_of<Vectors, Rest, 7>();
    default: return kernel_of<Vectors, Rest, 8>();
  }
}

template <int Vectors>
Kernel with_rest(int rest, int positions) {
  switch (rest) {
    case 0: return with_positions<Vectors, 0>(positions);
    case 1: return with_positions<Vectors, 1>(positions);
    case 2: return with_positions<Vectors, 2>(positions);
    case 3: return with_positions<Vectors, 3>(positions);
    case 4: return with_positions<Vectors, 4>(positions);
    case 5: return with_positions<Vectors, 5>(positions);
    default: return with_positions<Vectors, 6>(positions);
  }
}

Kernel find_kernel(int vectors, int rest, int positions) {
  switch (vectors) {
    case 1: return with_rest<1>(rest, positions);
    case 2: return with_rest<2>(rest, positions);
    case 3: return with_rest<3>(rest, positions);
    case 4: return with_rest<4>(rest, positions);
    case 5: return with_rest<5>(rest, positions);
    case 6: return with_rest<6>(rest, positions);
    default: return with_rest<7>(rest, positions);
  }
}

std::string refuse(const Graph& graph, const Node& node) {
  if (node.integer("group", 1) != 1) return "grouped convolutions are computed by other primitives";
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const Shape& kernel = shape_of(graph, node, 1);
  if (dst[1] * dst[2] * dst[3] > (1 << 28) || kernel[1] * kernel[2] * kernel[3] > (1 << 24)) return "it is too large for 32-bit positions";
  return {};
}

/// Balanced blocks of channel vectors, as large as registers allow; tiles as long as they then can be.
std::vector<Variant> variants(const Graph& graph, const Node& node) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const int total = static_cast<int>(padded_channels(dst[1]) / 8);
  std::vector<Variant> found;
  const auto offer = [&](int most, int positions) {
    const int blocks = (total + most - 1) / most;
    const int vectors = (total + blocks - 1) / blocks;
    const Variant variant{vectors, positions};
    bool is_new = fits(vectors, positions);
    for (const Variant& other : found) is_new = is_new && other != variant;
    if (is_new) found.push_back(variant);
  };
  for (const int most : kRegisters >= 28 ? std::vector<int>{4, 7, 5, 3, 6} : std::vector<int>{3, 4, 2, 6}) {
    const int blocks = (total + most - 1) / most;
    const int vectors = (total + blocks - 1) / blocks;
    for (int positions = std::min(kMostPositions, kRegisters / vectors); positions >= 2; --positions) offer(most, positions);
  }
  if (found.empty()) found.push_back({1, 4});
  return found;
}

VectorConvShape shape_for(const Graph& graph, const Node& node, int src_step) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {i(src[1]), src_step, i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(padded_channels(dst[1]) / 8), i(kernel[2]), i(kernel[3]), i(strides[0]), i(strides[1]), i(pads[0]), i(pads[1]),
          i(dilations[0]), i(dilations[1]), node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

/// [out][in][ky][kx] -> per block [ky][kx][in][8 * vectors]; channels beyond the last are zero.
std::vector<float> pack(const Graph& graph, const Node& node, int total, int vectors) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = weights.shape[0], in = weights.shape[1], plane = weights.shape[2] * weights.shape[3];
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((in * plane + 1) * total * 8));
  for (int done = 0; done < total; done += vectors) {
    const int lanes = 8 * std::min(vectors, total - done);
    for (std::int64_t tap = 0; tap < plane; ++tap) {
      for (std::int64_t c = 0; c < in; ++c) {
        for (int lane = 0; lane < lanes; ++lane) {
          const std::int64_t oc = 8 * done + lane;
          packed.push_back(oc < out ? weights.floats[static_cast<std::size_t>((oc * in + c) * plane + tap)] : 0.0f);
        }
      }
    }
  }
  for (std::int64_t oc = 0; oc < 8 * total; ++oc) packed.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant, bool is_plain_source) {
  const Shape& src = shape_of(graph, node, 0);
  const VectorConvShape s = shape_for(graph, node, is_plain_source ? 1 : static_cast<int>(padded_channels(src[1])));
  const int vectors = variant[0], positions = variant[1], rest = s.out_vectors % vectors;
  const Kernel kernel = find_kernel(vectors, rest, positions);
  Lowered lowered;
  lowered.function = "vector_conv<" + std::to_string(vectors) + ", " + std::to_string(rest) + ", " + std::to_string(positions) + ">";
  lowered.shape_type = "VectorConvShape";
  lowered.shape_value = "{" + std::to_string(s.channels) + ", " + std::to_string(s.src_step) + ", " + std::to_string(s.height) + ", " + std::to_string(s.width) + ", " + std::to_string(s.out_height) + ", " +
                        std::to_string(s.out_width) + ", " + std::to_string(s.out_vectors) + ", " + std::to_string(s.kernel_h) + ", " + std::to_string(s.kernel_w) + ", " + std::to_string(s.stride_h) + ", " +
                        std::to_string(s.stride_w) + ", " + std::to_string(s.pad_top) + ", " + std::to_string(s.pad_left) + ", " + std::to_string(s.dilation_h) + ", " + std::to_string(s.dilation_w) + ", " +
                        std::to_string(s.has_residual) + ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, s.out_vectors, vectors);
  lowered.run = [s, kernel](const float* const* sources, const float* weights, float* dst, float* scratch) { kernel(s, sources, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_direct(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.conv_direct";
  primitive.op = "conv";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = refuse;
  primitive.variants = variants;
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, false); };
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(10);
  registry.add(primitive);

  // One channel lies the same in both layouts, so the first layer of a spectrogram network needs no conversion.
  primitive.name = "vector.conv_first";
  primitive.src_layout = Layout::kPlain;
  primitive.refuse = [](const Graph& graph, const Node& node) {
    return shape_of(graph, node, 0)[1] == 1 ? refuse(graph, node) : std::string("it is for one input channel");
  };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, true); };
  primitive.preference = always(20);
  registry.add(std::move(primitive));
}

}  // namespace lne
