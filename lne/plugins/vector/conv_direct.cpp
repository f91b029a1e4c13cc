/// Direct convolution: a register tile of output channels times positions that share their taps; taps that fall on padding are skipped.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "../../simd/row.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// A source in channels-last layout is summed along its channels, per tap; one in plain layout along the taps of a line, per channel.
struct VectorConvShape {
  int is_plain;
  int channels, src_step;  // floats from one source position to the next
  int height, width, out_height, out_width, out_vectors, dst_step;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int vectors, positions;  // a register tile
  int has_residual, activation;
  float low, high;
};

/// Positions of one dimension [from, to) that have the taps [first, last).
struct ConvSpan {
  int from, to, first, last;
};

/// The span that begins at `from`: all positions whose taps lie inside, or one at the border.
static inline ConvSpan conv_span(int from, int out, int stride, int pad, int dilation, int taps, int extent) {
  const int start = from * stride - pad, room = extent - 1 - start;
  const int first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  const int last = room < 0 ? 0 : room / dilation + 1;
  if (first > 0 || last < taps) return {from, from + 1, first, last < taps ? last : taps};
  const int inside = (extent + pad - (taps - 1) * dilation - 1) / stride + 1;
  return {from, inside < out ? inside : out, 0, taps};
}

struct ConvTile {
  const float* src;
  const float* weights;
  const float* biases;
  const float* residual;
  float* dst;
  long src_jump, dst_jump;  // floats from one position of the tile to the next
  int first_y, last_y, first_x, last_x;
};

/// weights: [kernel_h][kernel_w][channels][8 * Vectors], or [channels][kernel_h][kernel_w][8 * Vectors] for a plain source.
template <int Vectors, int Positions>
static inline void conv_tile(const VectorConvShape& s, const ConvTile& t) {
  using namespace simd;
  Row<Vectors> sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = load_row<Vectors>(t.biases);
  if (s.is_plain) {
    for (int c = 0; c < s.channels; ++c) {
      for (int ky = t.first_y; ky < t.last_y; ++ky) {
        const float* in = t.src + (static_cast<long>(c) * s.height + ky * s.dilation_h) * s.width + t.first_x;
        const float* w = t.weights + static_cast<long>((c * s.kernel_h + ky) * s.kernel_w + t.first_x) * (8 * Vectors);
        accumulate<Vectors, Positions>(sums, in, t.src_jump, w, t.last_x - t.first_x, nullptr);
      }
    }
  } else {
    for (int ky = t.first_y; ky < t.last_y; ++ky) {
      for (int kx = t.first_x; kx < t.last_x; ++kx) {
        const float* in = t.src + static_cast<long>(ky * s.dilation_h * s.width + kx * s.dilation_w) * s.src_step;
        accumulate<Vectors, Positions>(sums, in, t.src_jump, t.weights + static_cast<long>(ky * s.kernel_w + kx) * s.channels * (8 * Vectors), s.channels, nullptr);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
    const long at = p * t.dst_jump;
    if (s.has_residual) sums[p] = add_rows<Vectors>(sums[p], load_row<Vectors>(t.residual + at));
    store_row<Vectors>(t.dst + at, activate_row<Vectors>(sums[p], s.activation, s.low, s.high));
  }
}

/// The register tiles of one layer: Vectors channel vectors, or one less; as many positions as one of Counts.
template <int Vectors, int... Counts>
struct ConvTiles {
  void operator()(const VectorConvShape& s, const ConvTile& t, int vectors, int count) const {
    if (vectors == Vectors) (void)((count == Counts && (conv_tile<Vectors, Counts>(s, t), true)) || ...);
    else if constexpr (Vectors > 1) (void)((count == Counts && (conv_tile<Vectors - 1, Counts>(s, t), true)) || ...);
  }
};

/// Calls visit(down, across) for each rectangle of positions that share their taps.
template <class Visit>
static inline void conv_rectangles(const VectorConvShape& s, const Visit& visit) {
  for (int y = 0; y < s.out_height;) {
    const ConvSpan down = conv_span(y, s.out_height, s.stride_h, s.pad_top, s.dilation_h, s.kernel_h, s.height);
    for (int x = 0; x < s.out_width;) {
      const ConvSpan across = conv_span(x, s.out_width, s.stride_w, s.pad_left, s.dilation_w, s.kernel_w, s.width);
      visit(down, across);
      x = across.to;
    }
    y = down.to;
  }
}

/// One rectangle for one block of output channels. Strips run along its longer side and are cut into tiles of nearly one size.
template <class Tiles>
static inline void conv_rectangle(const VectorConvShape& s, const Tiles& tiles, ConvTile t, int vectors, const float* src, float* dst, const float* residual, const ConvSpan& down, const ConvSpan& across) {
  const int lines_y = down.to - down.from, lines_x = across.to - across.from;
  const bool is_column = lines_y > lines_x;
  const int length = is_column ? lines_y : lines_x, lines = is_column ? lines_x : lines_y;
  const int groups = (length + s.positions - 1) / s.positions, shorter = length / groups, longer_groups = length % groups;
  const long step_x = static_cast<long>(s.stride_w) * s.src_step, step_y = static_cast<long>(s.stride_h) * s.width * s.src_step;
  const long to_x = s.dst_step, to_y = static_cast<long>(s.out_width) * s.dst_step;
  t.src_jump = is_column ? step_y : step_x;
  t.dst_jump = is_column ? to_y : to_x;
  t.first_y = down.first;
  t.last_y = down.last;
  t.first_x = across.first;
  t.last_x = across.last;
  const float* corner = src + (static_cast<long>(down.from * s.stride_h - s.pad_top) * s.width + (across.from * s.stride_w - s.pad_left)) * s.src_step;
  for (int line = 0; line < lines; ++line) {
    const long at = down.from * to_y + across.from * to_x + line * (is_column ? to_x : to_y);
    t.src = corner + line * (is_column ? step_x : step_y);
    t.dst = dst + at;
    t.residual = s.has_residual ? residual + at : nullptr;
    for (int group = 0; group < groups; ++group) {
      const int count = group < longer_groups ? shorter + 1 : shorter;
      tiles(s, t, vectors, count);
      t.src += count * t.src_jump;
      t.dst += count * t.dst_jump;
      if (s.has_residual) t.residual += count * t.dst_jump;
    }
  }
}

/// weights: per block of channel vectors those of its tiles, then the biases. The first blocks have `vectors`, the others one less.
template <class Tiles>
static inline void conv_run(const VectorConvShape& s, const Tiles& tiles, const float* const* src, const float* weights, float* dst) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const long taps = 8L * s.kernel_h * s.kernel_w * s.channels;
  ConvTile t{};
  t.weights = weights;
  t.biases = weights + taps * s.out_vectors;
  int done = 0;
  for (int block = 0; block < blocks; ++block) {
    const int vectors = block < full_blocks ? s.vectors : s.vectors - 1;
    conv_rectangles(s, [&](const ConvSpan& down, const ConvSpan& across) {
      conv_rectangle(s, tiles, t, vectors, src[0], dst + 8L * done, s.has_residual ? src[1] + 8L * done : nullptr, down, across);
    });
    t.weights += taps * vectors;
    t.biases += 8 * vectors;
    done += vectors;
  }
}

template <int Vectors, int... Counts>
static inline void vector_conv(const VectorConvShape& s, const float* const* src, const float* weights, float* dst, float*) {
  conv_run(s, ConvTiles<Vectors, Counts...>(), src, weights, dst);
}
// kernel-end

/// All tiles that a plan can name, for the interpreter.
struct AnyTiles {
  static constexpr int kMostVectors = 8, kMostPositions = 14;
  using Tile = void (*)(const VectorConvShape&, const ConvTile&);

  template <int Vectors, int... Positions>
  static constexpr std::array<Tile, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(fits(Vectors, Positions + 1) ? static_cast<Tile>(conv_tile<Vectors, fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
  }
  template <int... Vectors>
  static constexpr std::array<std::array<Tile, kMostPositions>, kMostVectors> all(std::integer_sequence<int, Vectors...>) {
    return {row<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
  }

  /// One register is left for the broadcast element, and one for each part of a row of weights.
  static constexpr bool fits(int vectors, int positions) {
#if defined(__AVX512VL__)
    const int each = (vectors + 1) / 2, most = 32;
#elif defined(__aarch64__)
    const int each = 2 * vectors, most = 32;
#else
    const int each = vectors, most = 16;
#endif
    return positions == 1 || each * (positions + 1) + 1 <= most;
  }

  void operator()(const VectorConvShape& s, const ConvTile& t, int vectors, int count) const {
    static constexpr auto tiles = all(std::make_integer_sequence<int, kMostVectors>());
    tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](s, t);
  }
};

std::string refuse(const Graph& graph, const Node& node) {
  if (node.integer("group", 1) != 1) return "grouped convolutions are computed by other primitives";
  const Shape& src = shape_of(graph, node, 0);
  if (src[2] * src[3] * padded_channels(src[1]) > (1 << 30)) return "it is too large for 32-bit positions";
  return {};
}

VectorConvShape shape_for(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {is_plain ? 1 : 0, i(src[1]), is_plain ? 1 : i(padded_channels(src[1])), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(padded_channels(dst[1]) / 8), i(padded_channels(dst[1])), i(kernel[2]), i(kernel[3]),
          i(strides[0]), i(strides[1]), i(pads[0]), i(pads[1]), i(dilations[0]), i(dilations[1]), variant[0], variant[1], node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

/// The sizes of tiles that a layer needs, and how often each per channel block.
std::map<int, int> counts_of(const VectorConvShape& s) {
  std::map<int, int> counts;
  conv_rectangles(s, [&](const ConvSpan& down, const ConvSpan& across) {
    const int lines_y = down.to - down.from, lines_x = across.to - across.from;
    const int length = std::max(lines_y, lines_x), lines = std::min(lines_y, lines_x);
    const int groups = (length + s.positions - 1) / s.positions;
    counts[length / groups] += lines * (groups - length % groups);
    if (length % groups > 0) counts[length / groups + 1] += lines * (length % groups);
  });
  return counts;
}

/// Expected cycles per channel and tap of the source: products against loads and the latency of a chain of sums.
double cost_of(const VectorConvShape& s) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors;
  const double wide = static_cast<double>(s.out_vectors) / blocks;
  double cycles = 0;
  for (const auto& [count, times] : counts_of(s)) cycles += times * (std::max({count * wide / 2, (wide + 1) / 2 + count * 0.5, 4.0}) + 0.4);
  return cycles * blocks;
}

std::vector<Variant> variants(const Graph& graph, const Node& node, bool is_plain) {
  std::vector<std::pair<double, Variant>> found;
  const int total = static_cast<int>(padded_channels(graph.value(node.outputs[0]).shape[1]) / 8);
  std::set<int> seen;
  for (int most = AnyTiles::kMostVectors; most >= 1; --most) {
    const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
    if (!seen.insert(vectors).second) continue;
    std::set<std::map<int, int>> tilings;
    for (int positions = AnyTiles::kMostPositions; positions >= 1; --positions) {
      if (!AnyTiles::fits(vectors, positions)) continue;
      const VectorConvShape s = shape_for(graph, node, {vectors, positions}, is_plain);
      if (tilings.insert(counts_of(s)).second) found.push_back({cost_of(s), {vectors, positions}});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Variant> best;
  for (auto& [cost, variant] : found) {
    if (best.size() < 12) best.push_back(std::move(variant));
  }
  return best;
}

/// [out][in][ky][kx] -> per block [ky][kx][in][8 * vectors] or [in][ky][kx][8 * vectors], then the biases; channels beyond the last are zero.
std::vector<float> pack(const Graph& graph, const Node& node, const VectorConvShape& s) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = weights.shape[0], in = weights.shape[1], plane = weights.shape[2] * weights.shape[3];
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((in * plane + 1) * s.out_vectors * 8));
  std::int64_t done = 0;
  for (int block = 0; block < blocks; ++block) {
    const std::int64_t lanes = 8 * (block < full_blocks ? s.vectors : s.vectors - 1);
    for (std::int64_t i = 0; i < in * plane; ++i) {
      const std::int64_t c = s.is_plain ? i / plane : i % in, tap = s.is_plain ? i % plane : i / in;
      for (std::int64_t oc = done; oc < done + lanes; ++oc) packed.push_back(oc < out ? weights.floats[static_cast<std::size_t>((oc * in + c) * plane + tap)] : 0.0f);
    }
    done += lanes;
  }
  for (std::int64_t oc = 0; oc < 8 * s.out_vectors; ++oc) packed.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const VectorConvShape s = shape_for(graph, node, variant, is_plain);
  Lowered lowered;
  lowered.function = "vector_conv<" + std::to_string(s.vectors);
  for (const auto& [count, times] : counts_of(s)) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "VectorConvShape";
  lowered.shape_value = braced({s.is_plain, s.channels, s.src_step, s.height, s.width, s.out_height, s.out_width, s.out_vectors, s.dst_step, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_top, s.pad_left, s.dilation_h,
                                s.dilation_w, s.vectors, s.positions, s.has_residual});
  lowered.shape_value.pop_back();
  lowered.shape_value += ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, s);
  lowered.run = [s](const float* const* sources, const float* weights, float* dst, float*) { conv_run(s, AnyTiles(), sources, weights, dst); };
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
  primitive.variants = [](const Graph& graph, const Node& node) { return variants(graph, node, false); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, false); };
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(10);
  registry.add(primitive);

  // Spectrograms and pictures as they come in: few channels would leave most of a channels-last vector empty.
  primitive.name = "vector.conv_first";
  primitive.src_layout = Layout::kPlain;
  primitive.refuse = [](const Graph& graph, const Node& node) {
    if (shape_of(graph, node, 0)[1] > 4) return std::string("it is for up to four input channels");
    if (node.integers("dilations", {1, 1})[1] != 1) return std::string("it is for taps that lie side by side");
    return refuse(graph, node);
  };
  primitive.variants = [](const Graph& graph, const Node& node) { return variants(graph, node, true); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, true); };
  // A residual would have to be in channels-last layout, as the result is.
  primitive.preference = always(40);
  registry.add(std::move(primitive));
}

}  // namespace lne
