/// Several rows times a constant matrix in plain layout: the product of a convolution of 1 x 1, whose positions are the rows.
#include "../../simd/gemm.hpp"
#include "../../src/ops/op.hpp"
#include "pointwise.hpp"

namespace lne {
namespace {

// kernel-begin
/// weights as for `simd::pointwise_run`.
template <int Vectors, int... Counts>
static inline void vector_gemm(const simd::GemmShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  simd::gemm_run(s, simd::PointwiseTiles<Vectors, Counts...>(), src, weights, dst, scratch);
}
// kernel-end

std::vector<Variant> variants(const Graph& graph, const Node& node) { return vector::product_variants(graph.vector_unit, gemm_sizes_of(graph, node)); }

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const GemmSizes sizes = gemm_sizes_of(graph, node);
  const simd::GemmShape s{vector::product_shape(node, sizes, {sizes.depth, sizes.columns, sizes.columns}, variant), static_cast<int>(sizes.columns)};
  const std::vector<int> counts = vector::pointwise_counts(s.product);
  Lowered lowered;
  lowered.function = "vector_gemm<" + std::to_string(s.product.vectors);
  for (const int count : counts) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "simd::GemmShape";
  lowered.shape_value = "{" + vector::text_of(s.product) + ", " + std::to_string(s.columns) + "}";
  const std::vector<float>& matrix = graph.value(node.inputs[1]).floats;
  const std::vector<float>* biases = has_input(node, 2) ? &graph.value(node.inputs[2]).floats : nullptr;
  const bool is_transposed = node.integer("transposed", 0) != 0;
  lowered.weights = vector::product_weights({matrix.data(), is_transposed ? sizes.depth : 1, is_transposed ? 1 : sizes.columns, biases}, sizes, s.product.vectors);
  if (sizes.columns % 8 != 0) lowered.scratch_floats = 8L * s.product.vectors * counts.back();
  lowered.run = [s](const float* const* src, const float* packed, float* dst, float* scratch) {
    const auto tiles = [](const simd::PointwiseShape& shape, const simd::PointwiseTile& tile, int vectors, int count) { vector::run_any_tile(shape, tile, vectors, count); };
    simd::gemm_run(s, tiles, src, packed, dst, scratch);
  };
  return lowered;
}

/// One row is read once, like its weights: the primitive for fully connected layers is made for that.
int preference(const Graph& graph, const Node& node) { return gemm_sizes_of(graph, node).rows > 1 ? 20 : 9; }

}  // namespace

void register_primitive_vector_gemm(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.gemm";
  primitive.op = "gemm";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = preference;
  registry.add(std::move(primitive));
}

}  // namespace lne
