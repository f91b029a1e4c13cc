#include "direct.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace lne::vector {
namespace {

constexpr std::size_t kMostVariants = 12;
constexpr int kMostVectors = 8, kMostPositions = 14;

using Tile = void (*)(const simd::DirectShape&, const simd::DirectTile&);

template <int Vectors, int... Positions>
constexpr std::array<Tile, kMostPositions> tiles_of(std::integer_sequence<int, Positions...>) {
  return {(kLargestVectorUnit.fits(Vectors, Positions + 1) ? static_cast<Tile>(simd::direct_tile<Vectors, kLargestVectorUnit.fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
}

/// All tiles that a plan can name.
template <int... Vectors>
constexpr std::array<std::array<Tile, kMostPositions>, kMostVectors> all_tiles(std::integer_sequence<int, Vectors...>) {
  return {tiles_of<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
}

/// Expected cycles per channel and tap of the source.
double cost_of(const VectorUnit& unit, const simd::DirectShape& s) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors;
  const double wide = static_cast<double>(s.out_vectors) / blocks;
  double cycles = 0;
  // Positions that lie a multiple of 4 KiB apart share one set of the first cache, which holds eight lines.
  const bool collides = s.src_step * s.stride_w % 1024 == 0 || (s.src_step * s.stride_h * s.width % 1024 == 0 && s.out_height > s.out_width);
  for (const auto& [count, times] : direct_counts(s)) cycles += times * (unit.tile_cycles(wide, count) * (collides && count > 7 ? 1.15 : 1.0) + 0.4);
  return cycles * blocks;
}

}  // namespace

void AnyDirectTiles::operator()(const simd::DirectShape& s, const simd::DirectTile& tile, int vectors, int count) const {
  static constexpr auto kTiles = all_tiles(std::make_integer_sequence<int, kMostVectors>());
  kTiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](s, tile);
}

std::map<int, int> direct_counts(const simd::DirectShape& s) {
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

std::vector<Variant> direct_variants(std::vector<simd::DirectShape> parts, const VectorUnit& unit) {
  std::vector<std::pair<double, Variant>> found;
  const int total = parts[0].out_vectors;
  std::set<int> seen;
  for (int most = kMostVectors; most >= 1; --most) {
    const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
    if (!seen.insert(vectors).second) continue;
    std::set<std::map<int, int>> tilings;
    for (int positions = kMostPositions; positions >= 1; --positions) {
      if (!unit.fits(vectors, positions)) continue;
      double cost = 0;
      std::map<int, int> tiling;
      for (simd::DirectShape& s : parts) {
        s.vectors = vectors;
        s.positions = positions;
        cost += cost_of(unit, s);
        for (const auto& [count, times] : direct_counts(s)) tiling[count] += times;
      }
      if (tilings.insert(tiling).second) found.push_back({cost, {vectors, positions}});
    }
  }
  return cheapest(std::move(found), kMostVariants);
}

std::string text_of(const simd::DirectShape& s, const Activation& activation) {
  const std::string list = braced({s.is_plain, s.groups, s.channels, s.src_step, s.height, s.width, s.out_height, s.out_width, s.out_vectors, s.dst_step, s.dst_row, s.residual_step, s.residual_row, s.kernel_h, s.kernel_w, s.stride_h, s.stride_w, s.pad_top,
                                   s.pad_left, s.dilation_h, s.dilation_w, s.vectors, s.positions, s.has_residual});
  return list.substr(0, list.size() - 1) + ", " + lne::text_of(activation) + "}";
}

void append_direct_biases(std::vector<float>& packed, const Graph& graph, const Node& node, std::int64_t count) {
  const std::vector<float>* biases = has_input(node, 2) ? &graph.value(node.inputs[2]).floats : nullptr;
  for (std::int64_t i = 0; i < count; ++i) packed.push_back(biases != nullptr && i < static_cast<std::int64_t>(biases->size()) ? (*biases)[static_cast<std::size_t>(i)] : 0.0f);
}

}  // namespace lne::vector
