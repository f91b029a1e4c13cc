/// Binary functions join two tensors element by element, with the broadcasting rules of NumPy.
#include <algorithm>
#include <map>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result, and how far a step along each dimension moves in either source (0 where it is broadcast).
struct BinaryShape {
  int function;  // 0 add, 1 subtract, 2 multiply, 3 divide, 4 maximum, 5 minimum
  int constant;  // which source comes from the weights: 0 or 1, or 2 for none
  int extents[6];
  int left_steps[6];
  int right_steps[6];
  int activation;
  float low, high;
};

static inline float binary_element(int function, float x, float y) {
  switch (function) {
    case 0: return x + y;
    case 1: return x - y;
    case 2: return x * y;
    case 3: return x / y;
    case 4: return x > y ? x : y;
    default: return x < y ? x : y;
  }
}

static inline void binary(const BinaryShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* left = s.constant == 0 ? weights : src[0];
  const float* right = s.constant == 1 ? weights : s.constant == 0 ? src[0] : src[1];
  int at[6] = {0, 0, 0, 0, 0, 0};
  long out = 0;
  for (;;) {
    long l = 0, r = 0;
    for (int d = 0; d < 5; ++d) {
      l += static_cast<long>(at[d]) * s.left_steps[d];
      r += static_cast<long>(at[d]) * s.right_steps[d];
    }
    for (int i = 0; i < s.extents[5]; ++i) {
      float value = binary_element(s.function, left[l + static_cast<long>(i) * s.left_steps[5]], right[r + static_cast<long>(i) * s.right_steps[5]]);
      if (s.activation == 1) value = value > 0.0f ? value : 0.0f;
      if (s.activation == 2) value = value < s.low ? s.low : value > s.high ? s.high : value;
      dst[out++] = value;
    }
    int d = 4;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

const std::map<std::string, int> kFunctions{{"Add", 0}, {"Sub", 1}, {"Mul", 2}, {"Div", 3}, {"Max", 4}, {"Min", 5}, {"Sum", 0}};

std::string infer(Graph& graph, Node& node) {
  if (node.inputs.size() != 2 || !has_input(node, 1)) return "it must have exactly two inputs";
  for (const ValueId input : node.inputs) {
    if (graph.value(input).dtype != DType::kFloat32) return "both inputs must be float32";
  }
  const Shape left = shape_of(graph, node, 0), right = shape_of(graph, node, 1);
  if (left.size() > 6 || right.size() > 6) return "at most six dimensions are supported";
  Shape out(std::max(left.size(), right.size()), 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::int64_t l = i < left.size() ? left[left.size() - 1 - i] : 1;
    const std::int64_t r = i < right.size() ? right[right.size() - 1 - i] : 1;
    if (l != r && l != 1 && r != 1) return "the shapes " + text_of(left) + " and " + text_of(right) + " do not fit";
    out[out.size() - 1 - i] = std::max(l, r);
  }
  node.attributes["function"] = static_cast<std::int64_t>(kFunctions.at(node.string("onnx", "Add")));
  set_shape(graph, node, out);
  return {};
}

void fill_steps(const Shape& shape, const Shape& out, int* steps) {
  std::int64_t step = 1;
  for (int d = 0; d < 6; ++d) steps[d] = 0;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const std::int64_t extent = shape[shape.size() - 1 - i];
    steps[5 - i] = extent == 1 && out[out.size() - 1 - i] != 1 ? 0 : static_cast<int>(step);
    step *= extent;
  }
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  BinaryShape s{};
  s.function = static_cast<int>(node.integer("function", 0));
  const Value& left = graph.value(node.inputs[0]);
  const Value& right = graph.value(node.inputs[1]);
  s.constant = left.is_constant ? 0 : right.is_constant ? 1 : 2;
  for (int d = 0; d < 6; ++d) s.extents[d] = 1;
  for (std::size_t i = 0; i < out.size(); ++i) s.extents[5 - i] = static_cast<int>(out[out.size() - 1 - i]);
  fill_steps(left.shape, out, s.left_steps);
  fill_steps(right.shape, out, s.right_steps);
  s.activation = static_cast<int>(node.activation.kind);
  s.low = node.activation.low;
  s.high = node.activation.high;
  const auto list = [](const int* values) { return braced(std::vector<std::int64_t>(values, values + 6)); };
  Lowered lowered;
  lowered.function = "binary";
  lowered.shape_type = "BinaryShape";
  lowered.shape_value = "{" + std::to_string(s.function) + ", " + std::to_string(s.constant) + ", " + list(s.extents) + ", " + list(s.left_steps) + ", " + list(s.right_steps) + ", " + text_of(node.activation) + "}";
  if (s.constant == 0) lowered.weights = left.floats;
  if (s.constant == 1) lowered.weights = right.floats;
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float* scratch) { binary(s, src, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_op_binary(OpRegistry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, code] : kFunctions) names.push_back(name);
  registry.add({"binary", names, "Sum, difference, product, quotient, maximum, minimum of two tensors, broadcast.", infer});
}

void register_primitive_ops_binary(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.binary";
  primitive.op = "binary";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
