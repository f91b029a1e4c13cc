/// Concat joins tensors along one axis.
#include "../plan/primitive.hpp"
#include "op.hpp"

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

std::string infer(Graph& graph, Node& node) {
  Shape out = shape_of(graph, node, 0);
  const std::int64_t rank = static_cast<std::int64_t>(out.size());
  std::int64_t axis = node.integer("axis", 1);
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank) return "its axis lies outside " + text_of(out);
  if (node.inputs.size() > 16) return "at most 16 inputs are supported";
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (!has_input(node, i)) return "one of its inputs is missing";
    const Value& value = graph.value(node.inputs[i]);
    if (value.is_constant || value.dtype != DType::kFloat32) return "constant or integer inputs are not supported";
    if (i == 0) continue;
    Shape shape = value.shape;
    if (shape.size() != out.size()) return "its inputs differ in their number of dimensions";
    out[static_cast<std::size_t>(axis)] += shape[static_cast<std::size_t>(axis)];
    shape[static_cast<std::size_t>(axis)] = out[static_cast<std::size_t>(axis)];
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
  Lowered lowered;
  lowered.function = "concat";
  lowered.shape_type = "ConcatShape";
  lowered.shape_value = "{" + std::to_string(s.sources) + ", " + std::to_string(s.outer) + ", " + braced(std::vector<std::int64_t>(s.lengths, s.lengths + 16)) + "}";
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float* scratch) { concat(s, src, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_op_concat(OpRegistry& registry) { registry.add({"concat", {"Concat"}, "Along any axis, up to 16 computed tensors.", infer}); }

void register_primitive_ops_concat(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.concat";
  primitive.op = "concat";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  registry.add(std::move(primitive));
}

}  // namespace lne
