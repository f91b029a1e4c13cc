/// Products of two computed matrices: the right one is packed into blocks of columns for the tiles of a product with a constant matrix; for a few rows
/// it is read as it is.
#include "../../simd/gemm.hpp"
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "pointwise.hpp"

namespace lne {
namespace {

// kernel-begin
/// For each of six batch dimensions its extent and how far a step moves in either source; then the product of one pair.
struct VectorMatmulShape {
  int extents[6];
  int left_steps[6];
  int right_steps[6];
  simd::GemmShape pair;
};

/// Calls product(left, right, dst) for each pair of the batch.
template <class Product>
static inline void visit_pairs(const VectorMatmulShape& s, const float* const* src, float* dst, const Product& product) {
  int at[6] = {0, 0, 0, 0, 0, 0};
  for (;; dst += static_cast<long>(s.pair.product.positions) * s.pair.columns) {
    const float* left = src[0];
    const float* right = src[1];
    for (int d = 0; d < 6; ++d) {
      left += static_cast<long>(at[d]) * s.left_steps[d];
      right += static_cast<long>(at[d]) * s.right_steps[d];
    }
    product(left, right, dst);
    int d = 5;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}

/// [depth][columns] -> as `simd::pointwise_run` reads it, without the biases.
static inline void pack_matrix(const simd::GemmShape& s, const float* matrix, float* packed) {
  const int blocks = (s.product.out_vectors + s.product.vectors - 1) / s.product.vectors;
  const int full_blocks = s.product.out_vectors - blocks * (s.product.vectors - 1);
  int done = 0;
  for (int block = 0; block < blocks; ++block) {
    const int wide = 8 * (block < full_blocks ? s.product.vectors : s.product.vectors - 1);
    const int columns = done + wide <= s.columns ? wide : s.columns - done;
    for (int k = 0; k < s.product.channels; ++k, packed += wide) {
      simd::copy_row(matrix + static_cast<long>(k) * s.columns + done, packed, columns);
      for (int c = columns; c < wide; ++c) packed[c] = 0.0f;
    }
    done += wide;
  }
}

/// scratch: the packed matrix, one bias of zero for each of its columns, then what `simd::gemm_run` needs.
template <class Tiles>
static inline void matmul_run(const VectorMatmulShape& s, const Tiles& tiles, const float* const* src, float* dst, float* scratch) {
  float* biases = scratch + 8L * s.pair.product.channels * s.pair.product.out_vectors;
  for (int c = 0; c < 8 * s.pair.product.out_vectors; ++c) biases[c] = 0.0f;
  const float* packed = nullptr;
  visit_pairs(s, src, dst, [&](const float* left, const float* right, float* out) {
    // Pairs that follow each other may share the matrix.
    if (right != packed) pack_matrix(s.pair, right, scratch);
    packed = right;
    simd::gemm_run(s.pair, tiles, &left, scratch, out, biases + 8L * s.pair.product.out_vectors);
  });
}

template <int Vectors, int... Counts>
static inline void vector_matmul(const VectorMatmulShape& s, const float* const* src, const float*, float* dst, float* scratch) {
  matmul_run(s, simd::PointwiseTiles<Vectors, Counts...>(), src, dst, scratch);
}

/// 8 * Vectors columns of a row times a matrix.
template <int Vectors>
static inline void row_block(const simd::GemmShape& s, const float* left, const float* right, float* dst) {
  simd::Row<Vectors> sums = simd::zero_row<Vectors>();
  for (int k = 0; k < s.product.channels; ++k) simd::multiply_add_row<Vectors>(sums, simd::set16(left[k]), simd::load_row<Vectors>(right + static_cast<long>(k) * s.columns));
  simd::store_row<Vectors>(dst, sums);
}

static inline void vector_row_matmul(const VectorMatmulShape& s, const float* const* src, const float*, float* dst, float*) {
  visit_pairs(s, src, dst, [&](const float* left, const float* right, float* out) {
    for (int row = 0; row < s.pair.product.positions; ++row, left += s.pair.product.channels, out += s.pair.columns) {
      int c = 0;
      for (; c + 64 <= s.pair.columns; c += 64) row_block<8>(s.pair, left, right + c, out + c);
      for (; c + 8 <= s.pair.columns; c += 8) row_block<1>(s.pair, left, right + c, out + c);
      for (; c < s.pair.columns; ++c) {
        float sum = 0.0f;
        for (int k = 0; k < s.pair.product.channels; ++k) sum += left[k] * right[static_cast<long>(k) * s.pair.columns + c];
        out[c] = sum;
      }
    }
  });
}
// kernel-end

/// The sizes of the products that are computed: where all pairs have one right matrix, their rows are one matrix.
MatmulSizes sizes_of(const Graph& graph, const Node& node) {
  MatmulSizes sizes = matmul_sizes_of(graph, node);
  const std::int64_t rows = element_count(shape_of(graph, node, 0)) / sizes.product.depth;
  if (element_count(shape_of(graph, node, 1)) == sizes.product.depth * sizes.product.columns && element_count(graph.value(node.outputs[0]).shape) == rows * sizes.product.columns) {
    sizes.extents.assign(sizes.extents.size(), 1);
    sizes.product.rows = rows;
  }
  return sizes;
}

/// Rows up to which packing the matrix takes longer than it saves.
constexpr std::int64_t kFewRows = 3;

/// {0} reads the matrix as it is; the others are those of the product.
std::vector<Variant> variants(const Graph& graph, const Node& node) {
  const GemmSizes sizes = sizes_of(graph, node).product;
  std::vector<Variant> found = vector::product_variants(graph.vector_unit, sizes);
  found.insert(sizes.rows <= kFewRows ? found.begin() : found.end(), Variant{0});
  return found;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const MatmulSizes sizes = sizes_of(graph, node);
  const auto [rows, depth, columns] = sizes.product;
  const bool is_packed = variant[0] != 0;
  VectorMatmulShape s{{}, {}, {}, {vector::product_shape(node, sizes.product, {depth, columns, columns}, is_packed ? variant : Variant{1, 1, 1}), static_cast<int>(columns)}};
  for (std::size_t d = 0; d < sizes.extents.size(); ++d) {
    s.extents[d] = static_cast<int>(sizes.extents[d]);
    s.left_steps[d] = static_cast<int>(sizes.left_steps[d]);
    s.right_steps[d] = static_cast<int>(sizes.right_steps[d]);
  }
  const std::string text = "{" + braced(sizes.extents) + ", " + braced(sizes.left_steps) + ", " + braced(sizes.right_steps) + ", {" + vector::text_of(s.pair.product) + ", " + std::to_string(s.pair.columns) + "}}";
  if (!is_packed) return lowered_kernel("vector_row_matmul", vector_row_matmul, "VectorMatmulShape", s, text);
  const std::vector<int> counts = vector::pointwise_counts(s.pair.product);
  Lowered lowered;
  lowered.function = "vector_matmul<" + std::to_string(s.pair.product.vectors);
  for (const int count : counts) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "VectorMatmulShape";
  lowered.shape_value = text;
  lowered.scratch_floats = 8L * (s.pair.product.channels + 1) * s.pair.product.out_vectors + 8L * s.pair.product.vectors * counts.back();
  lowered.run = [s](const float* const* src, const float*, float* dst, float* scratch) {
    const auto tiles = [](const simd::PointwiseShape& shape, const simd::PointwiseTile& tile, int vectors, int count) { vector::run_any_tile(shape, tile, vectors, count); };
    matmul_run(s, tiles, src, dst, scratch);
  };
  return lowered;
}

}  // namespace

void register_primitive_vector_matmul(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.matmul";
  primitive.op = "matmul";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.preference = always(20);
  registry.add(std::move(primitive));
}

}  // namespace lne
