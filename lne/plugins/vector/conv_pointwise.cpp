/// Convolution of 1 x 1 in channels-last layout: a matrix product in register tiles of output channels times positions, blocked for the caches.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "../../simd/row.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct PointwiseShape {
  int channels, src_step;  // floats from one source position to the next
  int positions, out_vectors, dst_step, residual_step;
  int vectors;             // of eight output channels in a register tile
  int tiles, block_tiles;  // register tiles that share the positions, and how many of them meet all weights before the next ones do
  int fetches_ahead;       // the next weights are fetched while these are used
  int has_residual, activation;
  float low, high;
};

struct PointwiseTile {
  const float* src;
  const float* weights;  // [channels][8 * Vectors]
  const float* biases;
  const float* residual;
  float* dst;
  const float* ahead;
};

template <int Vectors, int Positions>
static inline void pointwise_tile(const PointwiseShape& s, const PointwiseTile& t) {
  using namespace simd;
  Row<Vectors> sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = load_row<Vectors>(t.biases);
  accumulate<Vectors, Positions>(sums, t.src, s.src_step, t.weights, s.channels, t.ahead);
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
    if (s.has_residual) sums[p] = add_rows<Vectors>(sums[p], load_row<Vectors>(t.residual + static_cast<long>(p) * s.residual_step));
    store_row<Vectors>(t.dst + static_cast<long>(p) * s.dst_step, activate_row<Vectors>(sums[p], s.activation, s.low, s.high));
  }
}

/// The tiles of one layer: Vectors channel vectors, or one less; as many positions as one of Counts.
template <int Vectors, int... Counts>
struct PointwiseTiles {
  void operator()(const PointwiseShape& s, const PointwiseTile& t, int vectors, int count) const {
    if (vectors == Vectors) (void)((count == Counts && (pointwise_tile<Vectors, Counts>(s, t), true)) || ...);
    else if constexpr (Vectors > 1) (void)((count == Counts && (pointwise_tile<Vectors - 1, Counts>(s, t), true)) || ...);
  }
};

/// weights: per block of channel vectors [channels][8 * vectors], then the biases. The first blocks have `vectors`, the others one less.
template <class Tiles>
static inline void pointwise_run(const PointwiseShape& s, const Tiles& tiles, const float* const* src, const float* weights, float* dst) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors;
  const int full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const int shorter = s.positions / s.tiles, longer_tiles = s.positions % s.tiles;
  const float* biases = weights + 8L * s.channels * s.out_vectors;
  for (int first = 0; first < s.tiles; first += s.block_tiles) {
    const int end = first + s.block_tiles < s.tiles ? first + s.block_tiles : s.tiles;
    int done = 0;
    for (int block = 0; block < blocks; ++block) {
      const int vectors = block < full_blocks ? s.vectors : s.vectors - 1;
      const float* own = weights + 8L * s.channels * done;
      const float* next = own + 8L * s.channels * vectors;
      for (int tile = first; tile < end; ++tile) {
        const long position = static_cast<long>(tile) * shorter + (tile < longer_tiles ? tile : longer_tiles);
        const bool fetches = s.fetches_ahead && 16L * (tile - first + 1) * s.channels <= 8L * s.channels * vectors;
        const PointwiseTile t{src[0] + position * s.src_step, own, biases + 8L * done, s.has_residual ? src[1] + position * s.residual_step + 8L * done : nullptr, dst + position * s.dst_step + 8L * done, fetches ? next + 16L * (tile - first) * s.channels : nullptr};
        tiles(s, t, vectors, tile < longer_tiles ? shorter + 1 : shorter);
      }
      done += vectors;
    }
  }
}

template <int Vectors, int... Counts>
static inline void pointwise_conv(const PointwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  pointwise_run(s, PointwiseTiles<Vectors, Counts...>(), src, weights, dst);
}
// kernel-end

/// All tiles that a plan can name, for the interpreter.
struct AnyTiles {
  static constexpr int kMostVectors = 8, kMostPositions = 14;
  using Tile = void (*)(const PointwiseShape&, const PointwiseTile&);

  template <int Vectors, int... Positions>
  static constexpr std::array<Tile, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(kLargestVectorUnit.fits(Vectors, Positions + 1) ? static_cast<Tile>(pointwise_tile<Vectors, kLargestVectorUnit.fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
  }
  template <int... Vectors>
  static constexpr std::array<std::array<Tile, kMostPositions>, kMostVectors> all(std::integer_sequence<int, Vectors...>) {
    return {row<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
  }

  void operator()(const PointwiseShape& s, const PointwiseTile& t, int vectors, int count) const {
    static constexpr auto tiles = all(std::make_integer_sequence<int, kMostVectors>());
    tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](s, t);
  }
};

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  if (kernel[2] != 1 || kernel[3] != 1) return "it is for kernels of 1 x 1";
  if (node.integer("group", 1) != 1) return "it is for one group";
  if (node.integers("strides", {}) != std::vector<std::int64_t>{1, 1}) return "it is for stride 1";
  if (node.integers("pads", {}) != std::vector<std::int64_t>{0, 0, 0, 0}) return "it pads nothing";
  return {};
}

struct Sizes {
  std::int64_t channels, out_vectors, positions;
  std::int64_t weight_bytes() const { return channels * out_vectors * 32; }
};

Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  return {shape_of(graph, node, 0)[1], padded_channels(dst[1]) / 8, dst[2] * dst[3]};
}

/// Cycles per multiply-add of a tile, relative to what the units can do: products against loads, and the row of weights that has to come from the second cache.
double cost_of(const Sizes& sizes, int vectors, int positions) {
  const double tiles = static_cast<double>((sizes.positions + positions - 1) / positions);
  const double each = static_cast<double>(sizes.positions) / tiles;
  const std::int64_t blocks = (sizes.out_vectors + vectors - 1) / vectors;
  const double wide = static_cast<double>(sizes.out_vectors) / static_cast<double>(blocks);
  const double products = each * wide / 2, loads = (wide + 1) / 2 + each * 0.5;
  // A chain of sums takes four cycles per step, however short the tile is.
  // Positions that lie a multiple of 4 KiB apart share one set of the first cache, which holds eight lines.
  const bool collides = sizes.channels % 1024 == 0 && each > 7;
  const double cycles = std::max({products, loads, 4.0}) * (collides ? 1.15 : 1.0) + 0.35;
  return cycles / (each * wide / 2) + 10.0 / static_cast<double>(sizes.channels) / each;
}

std::vector<Variant> variants(const Graph& graph, const Node& node) {
  const Sizes sizes = sizes_of(graph, node);
  std::vector<std::pair<double, Variant>> found;
  std::set<std::pair<int, int>> seen;
  for (int most = AnyTiles::kMostVectors; most >= 1; --most) {
    const std::int64_t blocks = (sizes.out_vectors + most - 1) / most;
    const int vectors = static_cast<int>((sizes.out_vectors + blocks - 1) / blocks);
    for (int positions = AnyTiles::kMostPositions; positions >= 1; --positions) {
      if (!graph.vector_unit.fits(vectors, positions)) continue;
      const std::int64_t tiles = (sizes.positions + positions - 1) / positions;
      const int balanced = static_cast<int>((sizes.positions + tiles - 1) / tiles);
      if (!seen.insert({vectors, balanced}).second) continue;
      // A block of positions that stays in the first cache while all weights pass, or all positions where the weights are many.
      const std::int64_t near = std::max<std::int64_t>(1, 4096 / (sizes.channels * balanced));
      std::set<std::int64_t> offered;
      const bool is_large = sizes.weight_bytes() > 384 * 1024;
      for (const std::int64_t block : is_large ? std::vector<std::int64_t>{tiles, near} : std::vector<std::int64_t>{near, tiles}) {
        const std::int64_t used = std::min(block, tiles);
        if (offered.insert(used).second) found.push_back({cost_of(sizes, vectors, balanced) + 1e-3 * static_cast<double>(offered.size()), {vectors, balanced, static_cast<int>(used)}});
      }
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Variant> best;
  for (auto& [cost, variant] : found) {
    if (best.size() < 16) best.push_back(std::move(variant));
  }
  return best;
}

/// [out][in] -> per block [in][8 * vectors], then the biases; channels beyond the last are zero.
std::vector<float> pack(const Graph& graph, const Node& node, const Sizes& sizes, int vectors) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = weights.shape[0], in = weights.shape[1];
  const std::int64_t blocks = (sizes.out_vectors + vectors - 1) / vectors, full_blocks = sizes.out_vectors - blocks * (vectors - 1);
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((in + 1) * sizes.out_vectors * 8));
  std::int64_t done = 0;
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t lanes = 8 * (block < full_blocks ? vectors : vectors - 1);
    for (std::int64_t c = 0; c < in; ++c) {
      for (std::int64_t oc = done; oc < done + lanes; ++oc) packed.push_back(oc < out ? weights.floats[static_cast<std::size_t>(oc * in + c)] : 0.0f);
    }
    done += lanes;
  }
  for (std::int64_t oc = 0; oc < 8 * sizes.out_vectors; ++oc) packed.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Sizes sizes = sizes_of(graph, node);
  const int vectors = variant[0], positions = variant[1];
  const std::int64_t tiles = (sizes.positions + positions - 1) / positions;
  const bool fetches_ahead = sizes.weight_bytes() > 768 * 1024 && variant[2] == tiles;
  const std::vector<std::int64_t> fields{sizes.channels, src_step_of(graph, node, 0), sizes.positions, sizes.out_vectors, dst_step_of(graph, node), residual_step_of(graph, node), vectors, tiles, variant[2], fetches_ahead, node.residual >= 0};
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const PointwiseShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  const std::int64_t shorter = sizes.positions / tiles;
  lowered.function = "pointwise_conv<" + std::to_string(vectors) + ", " + std::to_string(shorter) + (sizes.positions % tiles > 0 ? ", " + std::to_string(shorter + 1) : "") + ">";
  lowered.shape_type = "PointwiseShape";
  lowered.shape_value = braced(fields);
  lowered.shape_value.pop_back();
  lowered.shape_value += ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, sizes, vectors);
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float*) { pointwise_run(s, AnyTiles(), src, weights, dst); };
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_pointwise(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.conv_pointwise";
  primitive.op = "conv";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = refuse;
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  primitive.preference = always(20);
  registry.add(std::move(primitive));
}

}  // namespace lne
