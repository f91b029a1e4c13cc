// Convolution of 1 x 1 in channels-last layout: a matrix product in register tiles of output channels times positions, blocked for the caches.
#pragma once

#include "row.hpp"

namespace lne::simd {

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

}  // namespace lne::simd
