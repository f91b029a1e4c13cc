/// Where takes each element from one of two tensors, as a third one says; all are broadcast.
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result, and how far a step along each dimension moves in the condition and in either source (0 where it is broadcast).
struct WhereShape {
  int extents[8];
  int condition_steps[8];
  int left_steps[8];
  int right_steps[8];
};

static inline void where(const WhereShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (long out = 0;; ++out) {
    long c = 0, l = 0, r = 0;
    for (int d = 0; d < 8; ++d) {
      c += static_cast<long>(at[d]) * s.condition_steps[d];
      l += static_cast<long>(at[d]) * s.left_steps[d];
      r += static_cast<long>(at[d]) * s.right_steps[d];
    }
    dst[out] = src[0][c] != 0.0f ? src[1][l] : src[2][r];
    int d = 7;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  if (node.inputs.size() != 3 || !has_input(node, 1) || !has_input(node, 2)) return "it must have three inputs";
  Shape sides, out;
  if (!broadcast(shape_of(graph, node, 1), shape_of(graph, node, 2), sides) || !broadcast(shape_of(graph, node, 0), sides, out)) {
    return "the shapes " + text_of(shape_of(graph, node, 0)) + ", " + text_of(shape_of(graph, node, 1)) + " and " + text_of(shape_of(graph, node, 2)) + " do not fit";
  }
  graph.value(node.outputs[0]).dtype = graph.value(node.inputs[1]).dtype;
  set_shape(graph, node, out);
  return {};
}

void fill_steps(const Shape& shape, int* steps) {
  const auto source = steps_of(shape);
  for (std::size_t i = 0; i < shape.size(); ++i) steps[8 - shape.size() + i] = shape[i] == 1 ? 0 : static_cast<int>(source[i]);
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  WhereShape s{{1, 1, 1, 1, 1, 1, 1, 1}, {}, {}, {}};
  for (std::size_t i = 0; i < out.size(); ++i) s.extents[8 - out.size() + i] = static_cast<int>(out[i]);
  fill_steps(shape_of(graph, node, 0), s.condition_steps);
  fill_steps(shape_of(graph, node, 1), s.left_steps);
  fill_steps(shape_of(graph, node, 2), s.right_steps);
  return lowered_kernel("where", where, "WhereShape", s, "{" + braced_ints(s.extents) + ", " + braced_ints(s.condition_steps) + ", " + braced_ints(s.left_steps) + ", " + braced_ints(s.right_steps) + "}");
}

/// Shapes and the like, with all their bits.
std::string fold(Graph& graph, const Node& node) {
  Value& out = graph.value(node.outputs[0]);
  const auto own = steps_of(out.shape);
  const auto at = [&](std::size_t input, std::int64_t index) {
    int steps[8] = {};
    fill_steps(shape_of(graph, node, input), steps);
    std::int64_t from = 0;
    for (std::size_t d = 0; d < own.size(); ++d) from += index / own[d] % out.shape[d] * steps[8 - own.size() + d];
    return static_cast<std::size_t>(from);
  };
  for (std::int64_t i = 0; i < element_count(out.shape); ++i) {
    const Value& side = graph.value(node.inputs[graph.value(node.inputs[0]).ints[at(0, i)] != 0 ? 1 : 2]);
    const std::size_t from = at(graph.value(node.inputs[0]).ints[at(0, i)] != 0 ? 1 : 2, i);
    if (is_integer(out.dtype) != is_integer(side.dtype)) return "it joins integers with floats";
    if (is_integer(out.dtype)) out.ints.push_back(side.ints[from]);
    else out.floats.push_back(side.floats[from]);
  }
  return {};
}

}  // namespace

void register_op_where(OpRegistry& registry) {
  OpDefinition definition{"where", {"Where"}, "Of computed or constant tensors, broadcast.", infer};
  definition.constants = OpDefinition::Constants::kSources;
  definition.fold = fold;
  registry.add(std::move(definition));
}

void register_primitive_ops_where(PrimitiveRegistry& registry) { registry.add(reference_primitive("where", lower)); }

}  // namespace lne
