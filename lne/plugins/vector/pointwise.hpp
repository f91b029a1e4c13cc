// What primitives that multiply by a constant matrix share, convolutions of 1 x 1 among them: shape, tiles and packed weights.
#pragma once

#include <string>
#include <vector>

#include "../../simd/pointwise.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne::vector {

/// Floats from one row of a product to the next: of its source, its result and what is added to it.
struct ProductSteps {
  std::int64_t src, dst, residual;
};

/// Vectors of columns and rows of a register tile, and tiles of a block, the best first.
std::vector<Variant> product_variants(const VectorUnit& unit, const GemmSizes& sizes);

/// @param node whose residual and activation the product takes
simd::PointwiseShape product_shape(const Node& node, const GemmSizes& sizes, const ProductSteps& steps, const Variant& variant);

/// A constant matrix: floats from one column, and from one element of a column, to the next; biases, one per column or one for all, or null.
struct ConstantMatrix {
  const float* elements;
  std::int64_t column_step, depth_step;
  const std::vector<float>* biases;
};

/// A matrix as `simd::pointwise_run` reads it: per block of columns [depth][8 * vectors], then the biases; columns beyond the last are zero.
std::vector<float> product_weights(const ConstantMatrix& matrix, const GemmSizes& sizes, int vectors);

/// Why a convolution can't be computed as a product of two matrices; empty when it can.
std::string refuse_pointwise(const Graph& graph, const Node& node);

/// As `product_variants`: columns are output channels, rows are positions. @param positions that are computed at a time
std::vector<Variant> pointwise_variants(const Graph& graph, const Node& node, std::int64_t positions);

simd::PointwiseShape pointwise_shape(const Graph& graph, const Node& node, std::int64_t positions, const Variant& variant);

/// Positions of the tiles that a shape needs: template arguments of `simd::PointwiseTiles`, behind its channel vectors.
std::vector<int> pointwise_counts(const simd::PointwiseShape& s);

/// The shape's initializer.
std::string text_of(const simd::PointwiseShape& s);

/// As `product_weights`.
std::vector<float> pointwise_weights(const Graph& graph, const Node& node, int vectors);

/// What `simd::PointwiseTiles` does, for tiles of any size, in this process.
void run_any_tile(const simd::PointwiseShape& s, const simd::PointwiseTile& tile, int vectors, int count);

}  // namespace lne::vector
