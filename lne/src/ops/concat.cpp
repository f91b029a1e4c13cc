/// Concat joins tensors along one axis.
#include <algorithm>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// For each of up to 16 sources the elements that it adds per outer step.
struct ConcatShape {
  int sources, outer;
  int lengths[16];
};

static inline void concat(const ConcatShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int o = 0; o < s.outer; ++o) {
    for (int i = 0; i < s.sources; ++i) {
      const float* from = src[i] + static_cast<long>(o) * s.lengths[i];
      for (int k = 0; k < s.lengths[i]; ++k) *dst++ = from[k];
    }
  }
}
// kernel-end

constexpr std::size_t kMostSources = 16;

/// More tensors than the kernel takes at once: joined in parts, which are joined then.
std::string infer_many(Graph& graph, Node& node, std::int64_t axis) {
  LayerBuilder builder(graph, node);
  std::vector<ValueId> parts;
  for (std::size_t first = 0; first < node.inputs.size(); first += kMostSources) {
    const std::size_t last = std::min(first + kMostSources, node.inputs.size());
    parts.push_back(builder.add("Concat", std::vector<ValueId>(node.inputs.begin() + static_cast<std::ptrdiff_t>(first), node.inputs.begin() + static_cast<std::ptrdiff_t>(last)), {{"axis", axis}}));
  }
  return builder.finish(node, "Concat", parts, {{"axis", axis}});
}

std::string infer(Graph& graph, Node& node) {
  // Operands without elements add nothing; exporters leave some behind.
  std::vector<ValueId> parts;
  for (const ValueId id : node.inputs) {
    if (id < 0) return "one of its inputs is missing";
    if (element_count(graph.value(id).shape) != 0) parts.push_back(id);
  }
  if (parts.empty()) parts = {node.inputs[0]};
  node.inputs = parts;
  Shape out = shape_of(graph, node, 0);
  std::int64_t axis = node.integer("axis", 1);
  if (!resolve_axis(axis, out.size())) return "its axis lies outside " + text_of(out);
  if (node.inputs.size() > kMostSources) return infer_many(graph, node, axis);
  const std::size_t at = static_cast<std::size_t>(axis);
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    Shape shape = shape_of(graph, node, i);
    if (shape.size() != out.size()) return "its inputs differ in their number of dimensions";
    if (is_integer(graph.value(node.inputs[i]).dtype) != is_integer(graph.value(node.inputs[0]).dtype)) return "it joins integers with floats";
    out[at] += shape[at];
    shape[at] = out[at];
    if (shape != out) return "its inputs do not fit: " + text_of(shape) + " and " + text_of(out);
  }
  node.attributes["axis"] = axis;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const std::size_t axis = static_cast<std::size_t>(node.integer("axis", 1));
  const Shape& out = graph.value(node.outputs[0]).shape;
  ConcatShape s{static_cast<int>(node.inputs.size()), 1, {}};
  for (std::size_t d = 0; d < axis; ++d) s.outer *= static_cast<int>(out[d]);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) s.lengths[i] = static_cast<int>(element_count(shape_of(graph, node, i)) / s.outer);
  return lowered_kernel("concat", concat, "ConcatShape", s, "{" + listed({s.sources, s.outer}) + ", " + braced_ints(s.lengths) + "}");
}

}  // namespace

void register_op_concat(OpRegistry& registry) {
  OpDefinition definition{"concat", {"Concat"}, "Along any axis, any number of computed or constant tensors.", infer};
  definition.constants = OpDefinition::Constants::kSources;
  definition.only_moves = true;
  registry.add(std::move(definition));
}

void register_primitive_ops_concat(PrimitiveRegistry& registry) { registry.add(reference_primitive("concat", lower)); }

}  // namespace lne
