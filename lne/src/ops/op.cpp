#include "op.hpp"

#include <algorithm>

namespace lne {

std::vector<float> floats_in(const Value& constant) {
  if (!is_integer(constant.dtype)) return constant.floats;
  return std::vector<float>(constant.ints.begin(), constant.ints.end());
}

std::string read_integers(const Graph& graph, const Node& node, std::size_t input, const std::string& attribute, std::vector<std::int64_t>& values, bool& found) {
  found = true;
  if (has_input(node, input)) {
    const Value& value = graph.value(node.inputs[input]);
    if (!value.is_constant || !is_integer(value.dtype)) return "its " + attribute + " must be constant integers";
    values = value.ints;
    return {};
  }
  found = node.has(attribute);
  values = node.integers(attribute, {});
  return {};
}

bool resolve_axis(std::int64_t& axis, std::size_t rank) {
  const std::int64_t dimensions = static_cast<std::int64_t>(rank);
  if (axis < -dimensions || axis >= dimensions) return false;
  if (axis < 0) axis += dimensions;
  return true;
}

bool broadcast(const Shape& left, const Shape& right, Shape& out) {
  out.assign(std::max(left.size(), right.size()), 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t l = i < left.size() ? left[left.size() - 1 - i] : 1;
    const std::int64_t r = i < right.size() ? right[right.size() - 1 - i] : 1;
    if (l != r && l != 1 && r != 1) return false;
    out[out.size() - 1 - i] = l == 1 ? r : l;
  }
  return true;
}

std::vector<std::int64_t> steps_of(const Shape& shape) {
  std::vector<std::int64_t> steps(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) steps[i - 1] = steps[i] * shape[i];
  return steps;
}

std::vector<float> conv_weights(const Graph& graph, const Node& node) {
  std::vector<float> weights = graph.value(node.inputs[1]).floats;
  if (has_input(node, 2)) weights.insert(weights.end(), graph.value(node.inputs[2]).floats.begin(), graph.value(node.inputs[2]).floats.end());
  else weights.resize(weights.size() + static_cast<std::size_t>(graph.value(node.outputs[0]).shape[1]), 0.0f);
  return weights;
}

GemmSizes gemm_sizes_of(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  return {element_count(src) / src.back(), src.back(), graph.value(node.outputs[0]).shape.back()};
}

MatmulSizes matmul_sizes_of(const Graph& graph, const Node& node) {
  constexpr std::size_t kBatches = 6;
  const Shape &left = shape_of(graph, node, 0), &right = shape_of(graph, node, 1), &out = graph.value(node.outputs[0]).shape;
  MatmulSizes sizes{std::vector<std::int64_t>(kBatches, 1), std::vector<std::int64_t>(kBatches, 0), std::vector<std::int64_t>(kBatches, 0), {left[left.size() - 2], left.back(), right.back()}};
  for (std::size_t i = 2; i < out.size(); ++i) sizes.extents[kBatches + 1 - i] = out[out.size() - 1 - i];
  for (const auto& [shape, steps] : {std::pair{&left, &sizes.left_steps}, {&right, &sizes.right_steps}}) {
    const auto source = steps_of(*shape);
    for (std::size_t i = 2; i < shape->size(); ++i) {
      const std::size_t d = shape->size() - 1 - i;
      (*steps)[kBatches + 1 - i] = (*shape)[d] == 1 ? 0 : source[d];
    }
  }
  return sizes;
}

std::vector<float> gemm_weights(const Graph& graph, const Node& node) {
  const auto [rows, depth, columns] = gemm_sizes_of(graph, node);
  const std::vector<float>& matrix = graph.value(node.inputs[1]).floats;
  const bool is_transposed = node.integer("transposed", 0) != 0;
  std::vector<float> weights(static_cast<std::size_t>((depth + 1) * columns), 0.0f);
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t k = 0; k < depth; ++k) weights[static_cast<std::size_t>(column * depth + k)] = matrix[static_cast<std::size_t>(is_transposed ? column * depth + k : k * columns + column)];
    if (!has_input(node, 2)) continue;
    const std::vector<float>& bias = graph.value(node.inputs[2]).floats;
    weights[static_cast<std::size_t>(depth * columns + column)] = bias[bias.size() == 1 ? 0 : static_cast<std::size_t>(column)];
  }
  return weights;
}

std::vector<float> normalization_weights(const Graph& graph, const Node& node) {
  std::vector<float> weights = graph.value(node.inputs[1]).floats;
  if (has_input(node, 2)) weights.insert(weights.end(), graph.value(node.inputs[2]).floats.begin(), graph.value(node.inputs[2]).floats.end());
  weights.resize(2 * static_cast<std::size_t>(node.integer("factors", 1)), 0.0f);
  return weights;
}

}  // namespace lne
