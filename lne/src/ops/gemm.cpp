/// Gemm multiplies [rows, depth] by a constant matrix and adds a bias: fully connected layers, Gemm and MatMul with constant weights.
#include "../plan/primitive.hpp"
#include "op.hpp"

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
      if (s.activation == 1) sum = sum > 0.0f ? sum : 0.0f;
      if (s.activation == 2) sum = sum < s.low ? s.low : sum > s.high ? s.high : sum;
      dst[at] = sum;
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (!has_input(node, 1)) return "it has no second matrix";
  Value& weights = graph.value(node.inputs[1]);
  if (!weights.is_constant || weights.dtype != DType::kFloat32 || weights.shape.size() != 2) return "its second matrix must be constant, float32 and two-dimensional; it is " + text_of(weights.shape);
  const bool is_gemm = node.string("onnx", "") == "Gemm";
  if (is_gemm && (src.size() != 2 || node.integer("transA", 0) != 0)) return "its first matrix must be two-dimensional and not transposed";
  if (src.empty()) return "its first matrix has no dimensions";
  if (is_gemm && (node.real("alpha", 1.0) != 1.0 || node.real("beta", 1.0) != 1.0)) return "alpha and beta must be 1";
  const bool is_transposed = is_gemm && node.integer("transB", 0) != 0;
  const std::int64_t depth = weights.shape[is_transposed ? 1 : 0];
  const std::int64_t columns = weights.shape[is_transposed ? 0 : 1];
  if (src.back() != depth) return "the matrices " + text_of(src) + " and " + text_of(weights.shape) + " do not fit";
  if (has_input(node, 2)) {
    const Value& bias = graph.value(node.inputs[2]);
    if (!bias.is_constant || (element_count(bias.shape) != columns && element_count(bias.shape) != 1)) return "its bias must be constant with one element per column";
  }
  node.attributes["transposed"] = static_cast<std::int64_t>(is_transposed);
  Shape out = src;
  out.back() = columns;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Value& matrix = graph.value(node.inputs[1]);
  const bool is_transposed = node.integer("transposed", 0) != 0;
  const std::int64_t depth = src.back(), columns = graph.value(node.outputs[0]).shape.back(), rows = element_count(src) / depth;
  const PlainGemmShape s{static_cast<int>(rows), static_cast<int>(depth), static_cast<int>(columns), node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "plain_gemm";
  lowered.shape_type = "PlainGemmShape";
  lowered.shape_value = "{" + std::to_string(rows) + ", " + std::to_string(depth) + ", " + std::to_string(columns) + ", " + std::to_string(s.has_residual) + ", " + text_of(node.activation) + "}";
  lowered.weights.resize(static_cast<std::size_t>(depth * columns + columns), 0.0f);
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t k = 0; k < depth; ++k) {
      lowered.weights[static_cast<std::size_t>(column * depth + k)] = matrix.floats[static_cast<std::size_t>(is_transposed ? column * depth + k : k * columns + column)];
    }
    if (!has_input(node, 2)) continue;
    const auto& bias = graph.value(node.inputs[2]).floats;
    lowered.weights[static_cast<std::size_t>(depth * columns + column)] = bias[bias.size() == 1 ? 0 : static_cast<std::size_t>(column)];
  }
  lowered.run = [s](const float* const* sources, const float* weights, float* dst, float* scratch) { plain_gemm(s, sources, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_op_gemm(OpRegistry& registry) {
  registry.add({"gemm", {"Gemm", "MatMul"}, "Product with a constant matrix plus bias; alpha and beta 1, first matrix not transposed.", infer});
}

void register_primitive_ops_gemm(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.gemm";
  primitive.op = "gemm";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  registry.add(std::move(primitive));
}

}  // namespace lne
