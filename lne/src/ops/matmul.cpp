/// MatMul of two computed tensors: a product of matrices for each pair of a batch, batches broadcast.
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// For each of up to six batch dimensions its extent and how far a step moves in either source; then [rows, depth] times [depth, columns].
struct MatmulShape {
  int extents[6];
  int left_steps[6];
  int right_steps[6];
  int rows, depth, columns;
};

static inline void matmul(const MatmulShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[6] = {0, 0, 0, 0, 0, 0};
  for (;;) {
    const float* left = src[0];
    const float* right = src[1];
    for (int d = 0; d < 6; ++d) {
      left += static_cast<long>(at[d]) * s.left_steps[d];
      right += static_cast<long>(at[d]) * s.right_steps[d];
    }
    for (int row = 0; row < s.rows; ++row) {
      for (int column = 0; column < s.columns; ++column) dst[column] = 0.0f;
      for (int k = 0; k < s.depth; ++k) {
        const float factor = left[static_cast<long>(row) * s.depth + k];
        for (int column = 0; column < s.columns; ++column) dst[column] += factor * right[static_cast<long>(k) * s.columns + column];
      }
      dst += s.columns;
    }
    int d = 5;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

/// A matrix of one row or column for an operand with one dimension, as NumPy has it; the result loses that dimension again.
std::string infer_vectors(Graph& graph, Node& node) {
  LayerBuilder builder(graph, node);
  const Shape left = shape_of(graph, node, 0), right = shape_of(graph, node, 1);
  ValueId a = node.inputs[0], b = node.inputs[1];
  if (left.size() == 1) a = builder.reshape(a, {1, left[0]});
  if (right.size() == 1) b = builder.reshape(b, {right[0], 1});
  const ValueId product = builder.add("MatMul", {a, b});
  if (product < 0) return builder.refusal();
  Shape out = builder.shape(product);
  if (right.size() == 1) out.pop_back();
  if (left.size() == 1) out.erase(out.end() - (right.size() == 1 ? 1 : 2));
  return builder.finish(node, "Reshape", {product, builder.integers(out)});
}

std::string infer(Graph& graph, Node& node) {
  if (node.inputs.size() != 2 || !has_input(node, 1)) return "it must have two inputs";
  const Shape left = shape_of(graph, node, 0), right = shape_of(graph, node, 1);
  if (left.empty() || right.empty()) return "its operands must not be single numbers";
  if (left.size() == 1 || right.size() == 1) return infer_vectors(graph, node);
  Shape out;
  if (left.back() != right[right.size() - 2] || !broadcast(Shape(left.begin(), left.end() - 2), Shape(right.begin(), right.end() - 2), out)) {
    return "the matrices " + text_of(left) + " and " + text_of(right) + " do not fit";
  }
  // One constant matrix is a fully connected layer; whole numbers keep to sources.
  if (right.size() == 2 && is_constant(graph, node, 1) && !is_integer(graph.value(node.inputs[1]).dtype)) {
    node.op = "gemm";
    node.attributes["transposed"] = std::int64_t{0};
  }
  out.push_back(left[left.size() - 2]);
  out.push_back(right.back());
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const MatmulSizes sizes = matmul_sizes_of(graph, node);
  const auto [rows, depth, columns] = sizes.product;
  MatmulShape s{{}, {}, {}, static_cast<int>(rows), static_cast<int>(depth), static_cast<int>(columns)};
  for (std::size_t d = 0; d < sizes.extents.size(); ++d) {
    s.extents[d] = static_cast<int>(sizes.extents[d]);
    s.left_steps[d] = static_cast<int>(sizes.left_steps[d]);
    s.right_steps[d] = static_cast<int>(sizes.right_steps[d]);
  }
  return lowered_kernel("matmul", matmul, "MatmulShape", s, "{" + braced(sizes.extents) + ", " + braced(sizes.left_steps) + ", " + braced(sizes.right_steps) + ", " + listed({rows, depth, columns}) + "}");
}

}  // namespace

void register_op_matmul(OpRegistry& registry) {
  OpDefinition definition{"matmul", {"MatMul"}, "Of matrices and batches of them, broadcast; constant or computed operands.", infer};
  definition.constants = OpDefinition::Constants::kSources;
  registry.add(std::move(definition));
}

void register_primitive_ops_matmul(PrimitiveRegistry& registry) { registry.add(reference_primitive("matmul", lower)); }

}  // namespace lne
