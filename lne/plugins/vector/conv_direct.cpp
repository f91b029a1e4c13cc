/// Direct and transposed convolution: a register tile of output channels times positions that share their taps; taps that fall on padding are skipped.
#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "../../simd/row.hpp"
#include "../../simd/span.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// A source in channels-last layout is summed along its channels, per tap; one in plain layout along the taps of a line, per channel.
struct VectorConvShape {
  int is_plain, groups;
  int channels, src_step;  // of one group; floats from one source position to the next
  int height, width, out_height, out_width;
  int out_vectors, dst_step, dst_row;  // of one group; floats from one result and one line of results to the next
  int residual_step, residual_row;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int vectors, positions;  // a register tile
  int has_residual, activation;
  float low, high;
};

struct ConvTile {
  const float* src;
  const float* weights;
  const float* biases;
  const float* residual;
  float* dst;
  long src_jump, dst_jump, residual_jump;  // floats from one position of the tile to the next
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
    if (s.has_residual) sums[p] = add_rows<Vectors>(sums[p], load_row<Vectors>(t.residual + p * t.residual_jump));
    store_row<Vectors>(t.dst + p * t.dst_jump, activate_row<Vectors>(sums[p], s.activation, s.low, s.high));
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

/// One rectangle for one block of output channels. Strips run along its longer side and are cut into tiles of nearly one size.
template <class Tiles>
static inline void conv_rectangle(const VectorConvShape& s, const Tiles& tiles, ConvTile t, int vectors, const float* src, float* dst, const float* residual, const simd::Span& down, const simd::Span& across) {
  const int lines_y = down.to - down.from, lines_x = across.to - across.from;
  const bool is_column = lines_y > lines_x;
  const int length = is_column ? lines_y : lines_x, lines = is_column ? lines_x : lines_y;
  const int groups = (length + s.positions - 1) / s.positions, shorter = length / groups, longer_groups = length % groups;
  const long step_x = static_cast<long>(s.stride_w) * s.src_step, step_y = static_cast<long>(s.stride_h) * s.width * s.src_step;
  const long to_x = s.dst_step, to_y = s.dst_row;
  t.src_jump = is_column ? step_y : step_x;
  t.dst_jump = is_column ? to_y : to_x;
  t.residual_jump = is_column ? s.residual_row : s.residual_step;
  t.first_y = down.first;
  t.last_y = down.last;
  t.first_x = across.first;
  t.last_x = across.last;
  const float* corner = src + (static_cast<long>(down.from * s.stride_h - s.pad_top) * s.width + (across.from * s.stride_w - s.pad_left)) * s.src_step;
  for (int line = 0; line < lines; ++line) {
    const int y = down.from + (is_column ? 0 : line), x = across.from + (is_column ? line : 0);
    t.src = corner + line * (is_column ? step_x : step_y);
    t.dst = dst + y * to_y + x * to_x;
    t.residual = s.has_residual ? residual + static_cast<long>(y) * s.residual_row + static_cast<long>(x) * s.residual_step : nullptr;
    for (int group = 0; group < groups; ++group) {
      const int count = group < longer_groups ? shorter + 1 : shorter;
      tiles(s, t, vectors, count);
      t.src += count * t.src_jump;
      t.dst += count * t.dst_jump;
      if (s.has_residual) t.residual += count * t.residual_jump;
    }
  }
}

/// weights: per group and block of channel vectors those of its tiles. The first blocks have `vectors`, the others one less.
template <class Tiles>
static inline void conv_run(const VectorConvShape& s, const Tiles& tiles, const float* const* src, const float* weights, const float* biases, float* dst) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const long taps = 8L * s.kernel_h * s.kernel_w * s.channels;
  ConvTile t{};
  t.weights = weights;
  t.biases = biases;
  for (int group = 0; group < s.groups; ++group) {
    int done = group * s.out_vectors;
    for (int block = 0; block < blocks; ++block) {
      const int vectors = block < full_blocks ? s.vectors : s.vectors - 1;
      simd::visit_rectangles(s, [&](const simd::Span& down, const simd::Span& across) {
        conv_rectangle(s, tiles, t, vectors, src[0] + group * s.channels, dst + 8L * done, s.has_residual ? src[1] + 8L * done : nullptr, down, across);
      });
      t.weights += taps * vectors;
      t.biases += 8 * vectors;
      done += vectors;
    }
  }
}

static inline long conv_weights(const VectorConvShape& s) { return 8L * s.kernel_h * s.kernel_w * s.channels * s.out_vectors * s.groups; }

template <int Vectors, int... Counts>
static inline void vector_conv(const VectorConvShape& s, const float* const* src, const float* weights, float* dst, float*) {
  conv_run(s, ConvTiles<Vectors, Counts...>(), src, weights, weights + conv_weights(s), dst);
}

/// A transposed convolution of stride n is n * n convolutions, each of which makes every n-th line and column of the result.
template <int Phases>
struct ConvTransposeShape {
  VectorConvShape phases[Phases];
  int offsets[Phases], residual_offsets[Phases];  // in floats, of the first result of each
};

/// weights: those of all phases, then the biases.
template <class Tiles, int Phases>
static inline void conv_transpose_phase(const ConvTransposeShape<Phases>& s, int phase, const Tiles& tiles, const float* const* src, const float*& weights, const float* biases, float* dst) {
  const float* const sources[2] = {src[0], s.phases[0].has_residual ? src[1] + s.residual_offsets[phase] : nullptr};
  conv_run(s.phases[phase], tiles, sources, weights, biases, dst + s.offsets[phase]);
  weights += conv_weights(s.phases[phase]);
}

template <int Phases>
static inline const float* conv_transpose_biases(const ConvTransposeShape<Phases>& s, const float* weights) {
  for (int phase = 0; phase < Phases; ++phase) weights += conv_weights(s.phases[phase]);
  return weights;
}

template <int Vectors, int... Counts, int Phases>
static inline void vector_conv_transpose(const ConvTransposeShape<Phases>& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* biases = conv_transpose_biases(s, weights);
#pragma GCC unroll 4
  for (int phase = 0; phase < Phases; ++phase) conv_transpose_phase(s, phase, ConvTiles<Vectors, Counts...>(), src, weights, biases, dst);
}
// kernel-end

/// All tiles that a plan can name, for the interpreter.
struct AnyTiles {
  static constexpr int kMostVectors = 8, kMostPositions = 14;
  using Tile = void (*)(const VectorConvShape&, const ConvTile&);

  template <int Vectors, int... Positions>
  static constexpr std::array<Tile, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(kLargestVectorUnit.fits(Vectors, Positions + 1) ? static_cast<Tile>(conv_tile<Vectors, kLargestVectorUnit.fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
  }
  template <int... Vectors>
  static constexpr std::array<std::array<Tile, kMostPositions>, kMostVectors> all(std::integer_sequence<int, Vectors...>) {
    return {row<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
  }

  void operator()(const VectorConvShape& s, const ConvTile& t, int vectors, int count) const {
    static constexpr auto tiles = all(std::make_integer_sequence<int, kMostVectors>());
    tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](s, t);
  }
};

/// How many groups of a convolution are computed as one, their other weights zero, so that each such group has whole vectors of results.
std::int64_t joined_groups(const Graph& graph, const Node& node) {
  const std::int64_t groups = node.integer("group", 1), out = graph.value(node.outputs[0]).shape[1] / groups;
  const std::int64_t joined = 8 / std::gcd<std::int64_t>(out, 8);
  return groups % joined == 0 ? joined : groups;
}

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  if (joined_groups(graph, node) > 8) return "its groups fill no vectors of eight";
  if (src[2] * src[3] * padded_channels(src[1]) > (1 << 30)) return "it is too large for 32-bit positions";
  return {};
}

constexpr std::size_t kMostVariants = 12;

VectorConvShape shape_for(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const std::int64_t groups = node.integer("group", 1) / joined_groups(graph, node), step = dst_step_of(graph, node), residual = residual_step_of(graph, node);
  return {is_plain ? 1 : 0, i(groups), i(src[1] / groups), is_plain ? 1 : i(src_step_of(graph, node, 0)), i(src[2]), i(src[3]), i(dst[2]), i(dst[3]), i(padded_channels(dst[1]) / 8 / groups), i(step), i(dst[3] * step), i(residual), i(dst[3] * residual), i(kernel[2]), i(kernel[3]),
          i(strides[0]), i(strides[1]), i(pads[0]), i(pads[1]), i(dilations[0]), i(dilations[1]), variant[0], variant[1], node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

/// The sizes of tiles that a layer needs, and how often each per channel block.
std::map<int, int> counts_of(const VectorConvShape& s) {
  std::map<int, int> counts;
  simd::visit_rectangles(s, [&](const simd::Span& down, const simd::Span& across) {
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
  // Positions that lie a multiple of 4 KiB apart share one set of the first cache, which holds eight lines.
  const bool collides = s.src_step * s.stride_w % 1024 == 0 || (s.src_step * s.stride_h * s.width % 1024 == 0 && s.out_height > s.out_width);
  for (const auto& [count, times] : counts_of(s)) cycles += times * (std::max({count * wide / 2, (wide + 1) / 2 + count * 0.5, 4.0}) * (collides && count > 7 ? 1.15 : 1.0) + 0.4);
  return cycles * blocks;
}

/// Tiles for a layer that is made of some convolutions, the cheapest first.
std::vector<Variant> variants_of(std::vector<VectorConvShape> parts, const VectorUnit& unit) {
  std::vector<std::pair<double, Variant>> found;
  const int total = parts[0].out_vectors;
  std::set<int> seen;
  for (int most = AnyTiles::kMostVectors; most >= 1; --most) {
    const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
    if (!seen.insert(vectors).second) continue;
    std::set<std::map<int, int>> tilings;
    for (int positions = AnyTiles::kMostPositions; positions >= 1; --positions) {
      if (!unit.fits(vectors, positions)) continue;
      double cost = 0;
      std::map<int, int> tiling;
      for (VectorConvShape& s : parts) {
        s.vectors = vectors;
        s.positions = positions;
        cost += cost_of(s);
        for (const auto& [count, times] : counts_of(s)) tiling[count] += times;
      }
      if (tilings.insert(tiling).second) found.push_back({cost, {vectors, positions}});
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Variant> best;
  for (auto& [cost, variant] : found) {
    if (best.size() < kMostVariants) best.push_back(std::move(variant));
  }
  return best;
}

/// [out][in][ky][kx] -> per block [ky][kx][in][8 * vectors] or [in][ky][kx][8 * vectors], then the biases; channels beyond the last are zero.
std::vector<float> pack(const Graph& graph, const Node& node, const VectorConvShape& s) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t joined = joined_groups(graph, node), out = weights.shape[0], own = weights.shape[1], in = own * joined, plane = weights.shape[2] * weights.shape[3];
  const std::int64_t each = out / node.integer("group", 1), total = 8L * s.out_vectors * s.groups;
  const auto weight = [&](std::int64_t oc, std::int64_t c, std::int64_t tap) {
    if (oc >= out || oc / each % joined != c / own) return 0.0f;
    return weights.floats[static_cast<std::size_t>((oc * own + c % own) * plane + tap)];
  };
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((in * plane + 1) * total));
  std::int64_t done = 0;
  for (int block = 0; block < blocks * s.groups; ++block) {
    const std::int64_t lanes = 8 * (block % blocks < full_blocks ? s.vectors : s.vectors - 1);
    for (std::int64_t i = 0; i < in * plane; ++i) {
      const std::int64_t c = s.is_plain ? i / plane : i % in, tap = s.is_plain ? i % plane : i / in;
      for (std::int64_t oc = done; oc < done + lanes; ++oc) packed.push_back(weight(oc, c, tap));
    }
    done += lanes;
  }
  for (std::int64_t oc = 0; oc < total; ++oc) packed.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

std::string text_of(const VectorConvShape& s, const Activation& activation) {
  const std::string list = braced({s.is_plain, s.groups, s.channels, s.src_step, s.height, s.width, s.out_height, s.out_width, s.out_vectors, s.dst_step, s.dst_row, s.residual_step, s.residual_row, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_top,
                                   s.pad_left, s.dilation_h, s.dilation_w, s.vectors, s.positions, s.has_residual});
  return list.substr(0, list.size() - 1) + ", " + lne::text_of(activation) + "}";
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant, bool is_plain) {
  const VectorConvShape s = shape_for(graph, node, variant, is_plain);
  Lowered lowered;
  lowered.function = "vector_conv<" + std::to_string(s.vectors);
  for (const auto& [count, times] : counts_of(s)) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "VectorConvShape";
  lowered.shape_value = text_of(s, node.activation);
  lowered.weights = pack(graph, node, s);
  lowered.run = [s](const float* const* sources, const float* weights, float* dst, float*) { conv_run(s, AnyTiles(), sources, weights, weights + conv_weights(s), dst); };
  return lowered;
}

/// One of the convolutions that make up a transposed one, and which taps of the kernel are its own.
struct Phase {
  VectorConvShape shape;
  int offset, residual_offset;
  int tap_y, tap_x;  // the last; the others lie one stride before
};

/// Line sh * i + a - pad of the result reads taps a, a + sh, ... of lines i, i - 1, ... of the source: an ordinary convolution with the taps turned round.
std::vector<Phase> phases_of(const Graph& graph, const Node& node, const Variant& variant) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {});
  struct Part {
    std::int64_t taps, pad, first, count;
  };
  const auto part = [&](std::size_t axis, std::int64_t a) {
    const std::int64_t stride = strides[axis], taps = (kernel[2 + axis] - a + stride - 1) / stride;
    const std::int64_t begin = pads[axis] <= a ? 0 : (pads[axis] - a + stride - 1) / stride, first = begin * stride + a - pads[axis];
    return Part{taps, taps - 1 - begin, first, (dst[2 + axis] - first + stride - 1) / stride};
  };
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const std::int64_t step = dst_step_of(graph, node), residual = residual_step_of(graph, node);
  std::vector<Phase> phases;
  for (std::int64_t a = 0; a < strides[0]; ++a) {
    for (std::int64_t b = 0; b < strides[1]; ++b) {
      const Part y = part(0, a), x = part(1, b);
      if (y.count <= 0 || x.count <= 0) continue;
      const VectorConvShape s{0, 1, i(src[1]), i(src_step_of(graph, node, 0)), i(src[2]), i(src[3]), i(y.count), i(x.count), i(padded_channels(dst[1]) / 8), i(strides[1] * step), i(strides[0] * dst[3] * step), i(strides[1] * residual), i(strides[0] * dst[3] * residual), i(y.taps), i(x.taps), 1, 1, i(y.pad), i(x.pad), 1, 1,
                              variant[0], variant[1], node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
      phases.push_back({s, i((y.first * dst[3] + x.first) * step), i((y.first * dst[3] + x.first) * residual), i(a + (y.taps - 1) * strides[0]), i(b + (x.taps - 1) * strides[1])});
    }
  }
  return phases;
}

std::string refuse_transpose(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const auto strides = node.integers("strides", {});
  if (node.integer("group", 1) != 1) return "it is for one group";
  if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1}) return "it is for taps that lie side by side";
  if (strides[0] != strides[1] || strides[0] > 2) return "it is for strides 1 and 2";
  if (kernel[2] < strides[0] || kernel[3] < strides[1]) return "its kernel is smaller than its stride";
  if (static_cast<int>(phases_of(graph, node, {1, 1}).size()) != strides[0] * strides[1]) return "its result has one line or column";
  return {};
}

std::vector<float> pack_transpose(const Graph& graph, const Node& node, const std::vector<Phase>& phases) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t in = weights.shape[0], out = weights.shape[1], width = weights.shape[3], plane = weights.shape[2] * width, stride = node.integers("strides", {})[0];
  std::vector<float> packed;
  for (const Phase& phase : phases) {
    const VectorConvShape& s = phase.shape;
    const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
    std::int64_t done = 0;
    for (int block = 0; block < blocks; ++block) {
      const std::int64_t lanes = 8 * (block < full_blocks ? s.vectors : s.vectors - 1);
      for (int tap = 0; tap < s.kernel_h * s.kernel_w; ++tap) {
        const std::int64_t ky = phase.tap_y - tap / s.kernel_w * stride, kx = phase.tap_x - tap % s.kernel_w * stride;
        for (std::int64_t c = 0; c < in; ++c) {
          for (std::int64_t oc = done; oc < done + lanes; ++oc) packed.push_back(oc < out ? weights.floats[static_cast<std::size_t>((c * out + oc) * plane + ky * width + kx)] : 0.0f);
        }
      }
      done += lanes;
    }
  }
  for (std::int64_t oc = 0; oc < 8 * phases[0].shape.out_vectors; ++oc) packed.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

template <int Phases>
KernelCall transpose_call(const std::vector<Phase>& phases) {
  ConvTransposeShape<Phases> s{};
  for (std::size_t i = 0; i < Phases; ++i) {
    s.phases[i] = phases[i].shape;
    s.offsets[i] = phases[i].offset;
    s.residual_offsets[i] = phases[i].residual_offset;
  }
  return [s](const float* const* sources, const float* weights, float* dst, float*) {
    const float* biases = conv_transpose_biases(s, weights);
    for (int phase = 0; phase < Phases; ++phase) conv_transpose_phase(s, phase, AnyTiles(), sources, weights, biases, dst);
  };
}

Lowered lower_transpose(const Graph& graph, const Node& node, const Variant& variant) {
  const std::vector<Phase> phases = phases_of(graph, node, variant);
  std::set<int> counts;
  std::string shapes;
  std::vector<std::int64_t> offsets, residual_offsets;
  for (const Phase& phase : phases) {
    for (const auto& [count, times] : counts_of(phase.shape)) counts.insert(count);
    shapes += (shapes.empty() ? "" : ", ") + text_of(phase.shape, node.activation);
    offsets.push_back(phase.offset);
    residual_offsets.push_back(phase.residual_offset);
  }
  Lowered lowered;
  lowered.function = "vector_conv_transpose<" + std::to_string(variant[0]);
  for (const int count : counts) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "ConvTransposeShape<" + std::to_string(phases.size()) + ">";
  lowered.shape_value = "{{" + shapes + "}, " + braced(offsets) + ", " + braced(residual_offsets) + "}";
  lowered.weights = pack_transpose(graph, node, phases);
  lowered.run = phases.size() == 1 ? transpose_call<1>(phases) : transpose_call<4>(phases);
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_direct(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_direct", "conv");
  primitive.refuse = refuse;
  primitive.variants = [](const Graph& graph, const Node& node) { return variants_of({shape_for(graph, node, {1, 1}, false)}, graph.vector_unit); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, false); };
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(10);
  registry.add(primitive);

  // Spectrograms and pictures as they come in: few channels would leave most of a channels-last vector empty.
  primitive.name = "vector.conv_first";
  primitive.src_layout = Layout::kPlain;
  primitive.takes_src_steps = false;
  primitive.refuse = [](const Graph& graph, const Node& node) {
    if (shape_of(graph, node, 0)[1] > 4) return std::string("it is for up to four input channels");
    if (node.integer("group", 1) != 1) return std::string("it is for one group");
    if (node.integers("dilations", {1, 1})[1] != 1) return std::string("it is for taps that lie side by side");
    return refuse(graph, node);
  };
  primitive.variants = [](const Graph& graph, const Node& node) { return variants_of({shape_for(graph, node, {1, 1}, true)}, graph.vector_unit); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant& variant) { return lower(graph, node, variant, true); };
  primitive.preference = always(40);
  registry.add(std::move(primitive));

  Primitive transpose = channels_last_primitive("vector.conv_transpose", "conv_transpose");
  transpose.refuse = refuse_transpose;
  transpose.variants = [](const Graph& graph, const Node& node) {
    std::vector<VectorConvShape> parts;
    for (const Phase& phase : phases_of(graph, node, {1, 1})) parts.push_back(phase.shape);
    return variants_of(std::move(parts), graph.vector_unit);
  };
  transpose.lower = lower_transpose;
  transpose.overwrites = overwrites_residual;
  transpose.preference = always(10);
  registry.add(std::move(transpose));
}

}  // namespace lne
