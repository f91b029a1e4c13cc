// What primitives that hold a convolution of 1 x 1 share: its shape, its tiles and its packed weights.
#pragma once

#include <string>
#include <vector>

#include "../../simd/pointwise.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne::vector {

/// Why a convolution can't be computed as a product of two matrices; empty when it can.
std::string refuse_pointwise(const Graph& graph, const Node& node);

/// Channel vectors and positions of a register tile, and tiles of a block, the best first. @param positions that are computed at a time
std::vector<Variant> pointwise_variants(const Graph& graph, const Node& node, std::int64_t positions);

simd::PointwiseShape pointwise_shape(const Graph& graph, const Node& node, std::int64_t positions, const Variant& variant);

/// Positions of the tiles that a shape needs: template arguments of `simd::PointwiseTiles`, behind its channel vectors.
std::vector<int> pointwise_counts(const simd::PointwiseShape& s);

/// The shape's initializer.
std::string text_of(const simd::PointwiseShape& s);

/// [out][in] -> per block [in][8 * vectors], then the biases; channels beyond the last are zero.
std::vector<float> pointwise_weights(const Graph& graph, const Node& node, int vectors);

/// What `simd::PointwiseTiles` does, for tiles of any size, in this process.
void run_any_tile(const simd::PointwiseShape& s, const simd::PointwiseTile& tile, int vectors, int count);

}  // namespace lne::vector
