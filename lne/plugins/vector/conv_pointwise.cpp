/// Convolution of 1 x 1 in channels-last layout: a matrix product in register tiles of output channels times positions, blocked for the caches.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "../../src/ops/op.hpp"
#include "pointwise.hpp"

namespace lne {
namespace {

// kernel-begin
template <int Vectors, int... Counts>
static inline void pointwise_conv(const simd::PointwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  simd::pointwise_run(s, simd::PointwiseTiles<Vectors, Counts...>(), src, weights, dst);
}
// kernel-end

/// All tiles that a plan can name, for the interpreter.
struct AnyTiles {
  static constexpr int kMostVectors = 8, kMostPositions = 14;
  using Tile = void (*)(const simd::PointwiseShape&, const simd::PointwiseTile&);

  template <int Vectors, int... Positions>
  static constexpr std::array<Tile, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(kLargestVectorUnit.fits(Vectors, Positions + 1) ? static_cast<Tile>(simd::pointwise_tile<Vectors, kLargestVectorUnit.fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
  }
  template <int... Vectors>
  static constexpr std::array<std::array<Tile, kMostPositions>, kMostVectors> all(std::integer_sequence<int, Vectors...>) {
    return {row<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
  }

  void operator()(const simd::PointwiseShape& s, const simd::PointwiseTile& t, int vectors, int count) const {
    static constexpr auto tiles = all(std::make_integer_sequence<int, kMostVectors>());
    tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](s, t);
  }
};

std::int64_t out_vectors_of(const GemmSizes& sizes) { return (sizes.columns + 7) / 8; }
std::int64_t weight_bytes_of(const GemmSizes& sizes) { return sizes.depth * out_vectors_of(sizes) * 32; }

GemmSizes sizes_of(const Graph& graph, const Node& node, std::int64_t positions) { return {positions, shape_of(graph, node, 0)[1], graph.value(node.outputs[0]).shape[1]}; }

std::int64_t positions_of(const Graph& graph, const Node& node) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  return dst[2] * dst[3];
}

/// Cycles per multiply-add of a tile, relative to what the units can do: products against loads, and the row of weights that has to come from the second cache.
double cost_of(const VectorUnit& unit, const GemmSizes& sizes, int vectors, int positions) {
  const double tiles = static_cast<double>((sizes.rows + positions - 1) / positions);
  const double each = static_cast<double>(sizes.rows) / tiles;
  const std::int64_t blocks = (out_vectors_of(sizes) + vectors - 1) / vectors;
  const double wide = static_cast<double>(out_vectors_of(sizes)) / static_cast<double>(blocks);
  // Positions that lie a multiple of 4 KiB apart share one set of the first cache, which holds eight lines.
  const bool collides = sizes.depth % 1024 == 0 && each > 7;
  // Each element that is spread over a register of sixteen costs a little even where loads have room: measured, fewer positions and more columns win.
  const double spread = unit.floats == 16 ? 0.08 * each : 0.0;
  const double cycles = unit.tile_cycles(wide, each) * (collides ? 1.15 : 1.0) + 0.35 + spread;
  return cycles / (each * wide / 2) + 10.0 / static_cast<double>(sizes.depth) / each;
}

std::vector<Variant> variants(const Graph& graph, const Node& node) { return vector::pointwise_variants(graph, node, positions_of(graph, node)); }

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const simd::PointwiseShape s = vector::pointwise_shape(graph, node, positions_of(graph, node), variant);
  Lowered lowered;
  lowered.function = "pointwise_conv<" + std::to_string(s.vectors);
  for (const int count : vector::pointwise_counts(s)) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "simd::PointwiseShape";
  lowered.shape_value = vector::text_of(s);
  lowered.weights = vector::pointwise_weights(graph, node, s.vectors);
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float*) { simd::pointwise_run(s, AnyTiles(), src, weights, dst); };
  return lowered;
}

}  // namespace

namespace vector {

std::string refuse_pointwise(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  if (kernel[2] != 1 || kernel[3] != 1) return "it is for kernels of 1 x 1";
  if (node.integer("group", 1) != 1) return "it is for one group";
  if (node.integers("strides", {}) != std::vector<std::int64_t>{1, 1}) return "it is for stride 1";
  if (node.integers("pads", {}) != std::vector<std::int64_t>{0, 0, 0, 0}) return "it pads nothing";
  return {};
}

std::vector<Variant> product_variants(const VectorUnit& unit, const GemmSizes& sizes) {
  const std::int64_t out_vectors = out_vectors_of(sizes);
  std::vector<std::pair<double, Variant>> found;
  std::set<std::pair<int, int>> seen;
  for (int most = AnyTiles::kMostVectors; most >= 1; --most) {
    const std::int64_t blocks = (out_vectors + most - 1) / most;
    const int vectors = static_cast<int>((out_vectors + blocks - 1) / blocks);
    for (int positions = AnyTiles::kMostPositions; positions >= 1; --positions) {
      if (!unit.fits(vectors, positions)) continue;
      const std::int64_t tiles = (sizes.rows + positions - 1) / positions;
      const int balanced = static_cast<int>((sizes.rows + tiles - 1) / tiles);
      if (!seen.insert({vectors, balanced}).second) continue;
      // A block of positions that stays in the first cache while all weights pass, or all positions where the weights are many.
      const std::int64_t near = std::max<std::int64_t>(1, 4096 / (sizes.depth * balanced));
      std::set<std::int64_t> offered;
      const bool is_large = weight_bytes_of(sizes) > 384 * 1024;
      for (const std::int64_t block : is_large ? std::vector<std::int64_t>{tiles, near} : std::vector<std::int64_t>{near, tiles}) {
        const std::int64_t used = std::min(block, tiles);
        if (offered.insert(used).second) found.push_back({cost_of(unit, sizes, vectors, balanced) + 1e-3 * static_cast<double>(offered.size()), {vectors, balanced, static_cast<int>(used)}});
      }
    }
  }
  return cheapest(std::move(found), 16);
}

simd::PointwiseShape product_shape(const Node& node, const GemmSizes& sizes, const ProductSteps& steps, const Variant& variant) {
  const std::int64_t tiles = (sizes.rows + variant[1] - 1) / variant[1], block = std::min<std::int64_t>(variant[2], tiles);
  const bool fetches_ahead = weight_bytes_of(sizes) > 768 * 1024 && block == tiles;
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {i(sizes.depth), i(steps.src), i(sizes.rows), i(out_vectors_of(sizes)), i(steps.dst), i(steps.residual), variant[0], i(tiles), i(block), fetches_ahead, node.residual >= 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

std::vector<float> product_weights(const ConstantMatrix& matrix, const GemmSizes& sizes, int vectors) {
  const std::int64_t out = sizes.columns, in = sizes.depth, out_vectors = out_vectors_of(sizes);
  const std::int64_t blocks = (out_vectors + vectors - 1) / vectors, full_blocks = out_vectors - blocks * (vectors - 1);
  std::vector<float> packed;
  packed.reserve(static_cast<std::size_t>((in + 1) * out_vectors * 8));
  std::int64_t done = 0;
  for (std::int64_t block = 0; block < blocks; ++block) {
    const std::int64_t lanes = 8 * (block < full_blocks ? vectors : vectors - 1);
    for (std::int64_t c = 0; c < in; ++c) {
      for (std::int64_t oc = done; oc < done + lanes; ++oc) packed.push_back(oc < out ? matrix.elements[oc * matrix.column_step + c * matrix.depth_step] : 0.0f);
    }
    done += lanes;
  }
  for (std::int64_t oc = 0; oc < 8 * out_vectors; ++oc) packed.push_back(matrix.biases != nullptr && oc < out ? (*matrix.biases)[matrix.biases->size() == 1 ? 0 : static_cast<std::size_t>(oc)] : 0.0f);
  return packed;
}

std::vector<Variant> pointwise_variants(const Graph& graph, const Node& node, std::int64_t positions) { return product_variants(graph.vector_unit, sizes_of(graph, node, positions)); }

simd::PointwiseShape pointwise_shape(const Graph& graph, const Node& node, std::int64_t positions, const Variant& variant) {
  return product_shape(node, sizes_of(graph, node, positions), {src_step_of(graph, node, 0), dst_step_of(graph, node), residual_step_of(graph, node)}, variant);
}

std::vector<float> pointwise_weights(const Graph& graph, const Node& node, int vectors) {
  const GemmSizes sizes = sizes_of(graph, node, 0);
  const std::vector<float>* biases = has_input(node, 2) ? &graph.value(node.inputs[2]).floats : nullptr;
  return product_weights({graph.value(node.inputs[1]).floats.data(), sizes.depth, 1, biases}, sizes, vectors);
}

std::vector<int> pointwise_counts(const simd::PointwiseShape& s) {
  std::vector<int> counts{s.positions / s.tiles};
  if (s.positions % s.tiles > 0) counts.push_back(counts[0] + 1);
  return counts;
}

std::string text_of(const simd::PointwiseShape& s) {
  const std::string fields = listed({s.channels, s.src_step, s.positions, s.out_vectors, s.dst_step, s.residual_step, s.vectors, s.tiles, s.block_tiles, s.fetches_ahead, s.has_residual});
  return "{" + fields + ", " + lne::text_of(Activation{static_cast<Activation::Kind>(s.activation), s.low, s.high}) + "}";
}

void run_any_tile(const simd::PointwiseShape& s, const simd::PointwiseTile& tile, int vectors, int count) { AnyTiles()(s, tile, vectors, count); }

}  // namespace vector

void register_primitive_vector_conv_pointwise(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_pointwise", "conv");
  primitive.refuse = vector::refuse_pointwise;
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(20);
  registry.add(std::move(primitive));
}

}  // namespace lne
