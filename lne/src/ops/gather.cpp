/// Gather takes slices along one axis by their numbers: rows of an embedding table, or some channels.
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner], of which `count` slices of the middle are taken. Negative numbers count from the back; others outside are clamped.
struct GatherShape {
  int outer, extent, inner, count;
  int constant;  // which operand comes from the weights: 0 the data, 1 the numbers, 2 none
};

static inline void gather(const GatherShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* data = s.constant == 0 ? weights : src[0];
  const float* numbers = s.constant == 1 ? weights : s.constant == 0 ? src[0] : src[1];
  for (int o = 0; o < s.outer; ++o) {
    for (int n = 0; n < s.count; ++n) {
      const float number = numbers[n] < 0.0f ? numbers[n] + static_cast<float>(s.extent) : numbers[n];
      const int at = number > 0.0f ? number < static_cast<float>(s.extent - 1) ? static_cast<int>(number) : s.extent - 1 : 0;
      const float* from = data + (static_cast<long>(o) * s.extent + at) * s.inner;
      for (int i = 0; i < s.inner; ++i) *dst++ = from[i];
    }
  }
}
// kernel-end

/// One slice by a constant number is a part of the tensor.
void become_slice(Graph& graph, Node& node, const Shape& src, std::int64_t axis, std::size_t number_rank) {
  const std::size_t at = static_cast<std::size_t>(axis);
  std::vector<std::int64_t> steps = steps_of(src);
  const std::int64_t number = graph.value(node.inputs[1]).ints[0];
  node.attributes["offset"] = (number < 0 ? number + src[at] : number) * steps[at];
  steps.erase(steps.begin() + axis);
  steps.insert(steps.begin() + axis, number_rank, 0);
  node.attributes["steps"] = std::move(steps);
  node.inputs.resize(1);
  node.op = "slice";
}

std::string infer(Graph& graph, Node& node) {
  if (!has_input(node, 1)) return "it has no indices";
  const Shape src = shape_of(graph, node, 0), numbers = shape_of(graph, node, 1);
  std::int64_t axis = node.integer("axis", 0);
  if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
  const std::int64_t extent = src[static_cast<std::size_t>(axis)];
  if (extent > kMostNumbered) return "its indices reach over more than 2^24 elements in " + text_of(src);
  if (is_constant(graph, node, 1)) {
    for (const std::int64_t number : graph.value(node.inputs[1]).ints) {
      if (number < -extent || number >= extent) return "its index " + std::to_string(number) + " lies outside the extent " + std::to_string(extent);
    }
  }
  if (!is_integer(graph.value(node.inputs[1]).dtype)) return "its indices must be integers";
  Shape out(src.begin(), src.begin() + axis);
  node.attributes["view"] = std::vector<std::int64_t>{element_count(out), extent, element_count(Shape(src.begin() + axis + 1, src.end())), element_count(numbers)};
  out.insert(out.end(), numbers.begin(), numbers.end());
  out.insert(out.end(), src.begin() + axis + 1, src.end());
  if (!is_constant(graph, node, 0) && is_constant(graph, node, 1) && element_count(numbers) == 1 && out.size() <= kMostDimensions) become_slice(graph, node, src, axis, numbers.size());
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const int constant = is_constant(graph, node, 0) ? 0 : is_constant(graph, node, 1) ? 1 : 2;
  const GatherShape s{static_cast<int>(view[0]), static_cast<int>(view[1]), static_cast<int>(view[2]), static_cast<int>(view[3]), constant};
  Lowered lowered = lowered_kernel("gather", gather, "GatherShape", s, "{" + listed(view) + ", " + std::to_string(constant) + "}");
  if (constant < 2) lowered.weights = floats_in(graph.value(node.inputs[static_cast<std::size_t>(constant)]));
  return lowered;
}

}  // namespace

void register_op_gather(OpRegistry& registry) {
  OpDefinition definition{"gather", {"Gather"}, "Constant or computed data and indices; computed ones that lie outside are clamped.", infer};
  definition.only_moves = true;
  registry.add(std::move(definition));
}

void register_primitive_ops_gather(PrimitiveRegistry& registry) { registry.add(reference_primitive("gather", lower)); }

}  // namespace lne
