/// Gemm multiplies [rows, depth] by a constant matrix and adds a bias: fully connected layers. Where its operands are otherwise it is made of other layers.
#include "../../simd/activation.hpp"
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// rows x depth times depth x columns.
struct PlainGemmShape {
  int rows, depth, columns;
  int has_residual;
  int activation;
  float low, high;
};

/// The reference. weights: [columns][depth], then the biases.
static inline void plain_gemm(const PlainGemmShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* biases = weights + static_cast<long>(s.columns) * s.depth;
  for (int row = 0; row < s.rows; ++row) {
    for (int column = 0; column < s.columns; ++column) {
      float sum = biases[column];
      for (int k = 0; k < s.depth; ++k) sum += src[0][static_cast<long>(row) * s.depth + k] * weights[static_cast<long>(column) * s.depth + k];
      const long at = static_cast<long>(row) * s.columns + column;
      if (s.has_residual) sum += src[1][at];
      sum = simd::activate(sum, s.activation, s.low, s.high);
      dst[at] = sum;
    }
  }
}
// kernel-end

/// What the kernel does not do by itself: a first matrix that is transposed, factors, computed second matrices, biases of other shapes.
std::string infer_parts(Graph& graph, Node& node) {
  LayerBuilder builder(graph, node);
  const double alpha = node.real("alpha", 1.0), beta = node.real("beta", 1.0);
  const auto scaled = [&](ValueId id, double factor) { return factor == 1.0 ? id : builder.add("Mul", {id, builder.floats({}, {static_cast<float>(factor)})}); };
  const auto transposed = [&](ValueId id, const char* attribute) { return node.integer(attribute, 0) == 0 ? id : builder.add("Transpose", {id}, {{"perm", std::vector<std::int64_t>{1, 0}}}); };
  const ValueId left = transposed(node.inputs[0], "transA");
  const ValueId right = transposed(node.inputs[1], "transB");
  // A factor goes to the constant operand, where it costs nothing.
  const bool is_right_constant = is_constant(graph, node, 1);
  const std::vector<ValueId> operands{is_right_constant ? left : scaled(left, alpha), is_right_constant ? scaled(right, alpha) : right};
  if (!has_input(node, 2) || beta == 0.0) return builder.finish(node, "MatMul", operands);
  return builder.finish(node, "Add", {builder.add("MatMul", operands), scaled(node.inputs[2], beta)});
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (!has_input(node, 1)) return "it has no second matrix";
  const Value& weights = graph.value(node.inputs[1]);
  if (src.size() != 2 || weights.shape.size() != 2) return "its matrices must be two-dimensional; they are " + text_of(src) + " and " + text_of(weights.shape);
  const bool is_transposed = node.integer("transB", 0) != 0;
  const std::int64_t depth = weights.shape[is_transposed ? 1 : 0];
  const std::int64_t columns = weights.shape[is_transposed ? 0 : 1];
  if (src[node.integer("transA", 0) != 0 ? 0 : 1] != depth) return "the matrices " + text_of(src) + " and " + text_of(weights.shape) + " do not fit";
  const Value* bias = has_input(node, 2) ? &graph.value(node.inputs[2]) : nullptr;
  const bool fits_bias = bias == nullptr || (bias->is_constant && !is_integer(bias->dtype) && (element_count(bias->shape) == columns || element_count(bias->shape) == 1) && (bias->shape.empty() || bias->shape.back() == element_count(bias->shape)));
  const bool has_factors = node.real("alpha", 1.0) != 1.0 || (bias != nullptr && node.real("beta", 1.0) != 1.0);
  if (node.integer("transA", 0) != 0 || has_factors || !fits_bias || !weights.is_constant || is_integer(weights.dtype)) return infer_parts(graph, node);
  node.attributes["transposed"] = static_cast<std::int64_t>(is_transposed);
  set_shape(graph, node, {src[0], columns});
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto [rows, depth, columns] = gemm_sizes_of(graph, node);
  const PlainGemmShape s{static_cast<int>(rows), static_cast<int>(depth), static_cast<int>(columns), node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_kernel("plain_gemm", plain_gemm, "PlainGemmShape", s, "{" + listed({rows, depth, columns, s.has_residual}) + ", " + text_of(node.activation) + "}");
  lowered.weights = gemm_weights(graph, node);
  return lowered;
}

}  // namespace

void register_op_gemm(OpRegistry& registry) {
  registry.add({"gemm", {"Gemm"}, "Any transpositions, factors and bias; constant or computed operands.", infer});
}

void register_primitive_ops_gemm(PrimitiveRegistry& registry) { registry.add(reference_primitive("gemm", lower)); }

}  // namespace lne
