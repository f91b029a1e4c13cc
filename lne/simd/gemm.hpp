// Rows times a matrix in plain layout: the product of a convolution of 1 x 1, for any number of columns.
#pragma once

#include "pointwise.hpp"

namespace lne::simd {

struct GemmShape {
  PointwiseShape product;
  int columns;
};

/// Tiles of rows whose columns are no multiple of eight: the last ones go through scratch memory, [rows][8 * vectors], so that nothing behind the end of
/// a row is read or written.
template <class Tiles>
struct RowTiles {
  Tiles tiles;
  const float* biases_end;
  float* scratch;

  void operator()(const PointwiseShape& s, const PointwiseTile& t, int vectors, int count) const {
    const long left = biases_end - t.biases;
    const int wide = 8 * vectors;
    if (left >= wide) return tiles(s, t, vectors, count);
    for (int i = 0; s.has_residual && i < count * wide; ++i) scratch[i] = i % wide < left ? t.residual[static_cast<long>(i / wide) * s.residual_step + i % wide] : 0.0f;
    PointwiseShape packed = s;
    packed.dst_step = packed.residual_step = wide;
    tiles(packed, {t.src, t.weights, t.biases, scratch, scratch, t.ahead}, vectors, count);
    for (int row = 0; row < count; ++row) {
      for (long c = 0; c < left; ++c) t.dst[static_cast<long>(row) * s.dst_step + c] = scratch[row * wide + c];
    }
  }
};

template <class Tiles>
static inline void gemm_run(const GemmShape& s, const Tiles& tiles, const float* const* src, const float* weights, float* dst, float* scratch) {
  if (s.columns % 8 == 0) return pointwise_run(s.product, tiles, src, weights, dst);
  const float* biases = weights + 8L * s.product.channels * s.product.out_vectors;
  pointwise_run(s.product, RowTiles<Tiles>{tiles, biases + s.columns, scratch}, src, weights, dst);
}

}  // namespace lne::simd
