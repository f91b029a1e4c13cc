/// Binary functions join two tensors element by element, with the broadcasting rules of NumPy.
#include <algorithm>
#include <cmath>
#include <map>

#include "../../simd/activation.hpp"
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result, and how far a step along each dimension moves in either source (0 where it is broadcast).
struct BinaryShape {
  int function;  // 0 add, 1 subtract, 2 multiply, 3 divide, 4 maximum, 5 minimum; the rest as below
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
    case 5: return x < y ? x : y;
    case 6: return x < 0.0f ? x * y : x;  // prelu with slopes y
    case 7: return std::pow(x, y);
    case 8: return x == y ? 1.0f : 0.0f;
    case 9: return x < y ? 1.0f : 0.0f;
    case 10: return x <= y ? 1.0f : 0.0f;
    case 11: return x > y ? 1.0f : 0.0f;
    case 12: return x >= y ? 1.0f : 0.0f;
    case 13: return x != 0.0f && y != 0.0f ? 1.0f : 0.0f;
    case 14: return x != 0.0f || y != 0.0f ? 1.0f : 0.0f;
    case 15: return (x != 0.0f) != (y != 0.0f) ? 1.0f : 0.0f;
    case 16: return y != 0.0f ? std::trunc(x / y) : 0.0f;  // quotient of integers
    case 17: return std::fmod(x, y);                       // remainder with the sign of x
    default: {                                             // remainder with the sign of y
      const float rest = std::fmod(x, y);
      return rest != 0.0f && (rest < 0.0f) != (y < 0.0f) ? rest + y : rest;
    }
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
      value = simd::activate(value, s.activation, s.low, s.high);
      dst[out++] = value;
    }
    int d = 4;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

const std::map<std::string, int> kFunctions{{"Add", 0},   {"Sub", 1},          {"Mul", 2},   {"Div", 3},  {"Max", 4},     {"Min", 5},             {"Sum", 0},  {"Mean", 0}, {"PRelu", 6},
                                            {"Pow", 7},   {"Equal", 8},        {"Less", 9},  {"LessOrEqual", 10},      {"Greater", 11},        {"GreaterOrEqual", 12}, {"And", 13},
                                            {"Or", 14},   {"Xor", 15},         {"Mod", 18}};
constexpr int kFirstTruth = 8, kLastTruth = 15, kIntegerQuotient = 16, kRemainder = 17;

/// Sum, Max, Min and Mean of any number of tensors, two at a time.
std::string infer_many(Graph& graph, Node& node) {
  const std::string name = node.string("onnx", "");
  const std::string each = name == "Mean" ? "Sum" : name;
  LayerBuilder builder(graph, node);
  ValueId joined = node.inputs[0];
  const std::size_t last = node.inputs.size() - 1;
  for (std::size_t i = 1; i < node.inputs.size(); ++i) {
    if (!has_input(node, i)) return "one of its inputs is missing";
    if (i == last && name != "Mean") return builder.finish(node, each, {joined, node.inputs[i]});
    joined = builder.add(each, {joined, node.inputs[i]});
  }
  if (name != "Mean") return builder.finish(node, "Identity", {joined});
  return builder.finish(node, "Div", {joined, builder.floats({}, {static_cast<float>(node.inputs.size())})});
}

int function_of(const Node& node, bool is_integral) {
  const int function = kFunctions.at(node.string("onnx", "Add"));
  if (node.string("onnx", "") == "Div" && is_integral) return kIntegerQuotient;
  return node.string("onnx", "") == "Mod" && node.integer("fmod", 0) != 0 ? kRemainder : function;
}

std::string infer(Graph& graph, Node& node) {
  const std::string name = node.string("onnx", "");
  const bool takes_many = name == "Sum" || name == "Max" || name == "Min" || name == "Mean";
  if (takes_many && (node.inputs.size() != 2 || name == "Mean")) return infer_many(graph, node);
  if (node.inputs.size() != 2 || !has_input(node, 1)) return "it must have exactly two inputs";
  const Shape left = shape_of(graph, node, 0);
  Shape right = shape_of(graph, node, 1), out;
  if (left.size() > 6 || right.size() > 6) return "at most six dimensions are supported";
  if (!broadcast(left, right, out)) return "the shapes " + text_of(left) + " and " + text_of(right) + " do not fit";
  const DType dtype = graph.value(node.inputs[0]).dtype;
  const int function = function_of(node, is_integer(dtype) && is_integer(graph.value(node.inputs[1]).dtype));
  // A square is a product, which is exact and fast.
  const Value& power = graph.value(node.inputs[1]);
  if (name == "Pow" && power.is_constant && power.floats.size() == 1 && power.floats[0] == 2.0f && out == left && !is_integer(dtype)) {
    node.inputs[1] = node.inputs[0];
    node.attributes["onnx"] = std::string("Mul");
    node.attributes["function"] = std::int64_t{2};
    set_shape(graph, node, out);
    return {};
  }
  if (name == "PRelu" && out != left) return "the slopes " + text_of(right) + " do not fit the input " + text_of(left);
  node.attributes["function"] = static_cast<std::int64_t>(function);
  if (function >= kFirstTruth && function <= kLastTruth) graph.value(node.outputs[0]).dtype = DType::kBool;
  set_shape(graph, node, out);
  return {};
}

std::int64_t integer_element(int function, std::int64_t x, std::int64_t y) {
  const auto wrap = [](std::uint64_t bits) { return static_cast<std::int64_t>(bits); };
  const auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  switch (function) {
    case 0: return wrap(bits(x) + bits(y));
    case 1: return wrap(bits(x) - bits(y));
    case 2: return wrap(bits(x) * bits(y));
    case 4: return std::max(x, y);
    case 5: return std::min(x, y);
    case 8: return x == y;
    case 9: return x < y;
    case 10: return x <= y;
    case 11: return x > y;
    case 12: return x >= y;
    case 13: return x != 0 && y != 0;
    case 14: return x != 0 || y != 0;
    case 15: return (x != 0) != (y != 0);
    case kIntegerQuotient: return y == 0 ? 0 : y == -1 ? wrap(0 - bits(x)) : x / y;
    case kRemainder: return y == 0 || y == -1 ? 0 : x % y;
    case 18: {
      const std::int64_t rest = y == 0 || y == -1 ? 0 : x % y;
      return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
    }
    default: return static_cast<std::int64_t>(std::clamp(std::pow(static_cast<double>(x), static_cast<double>(y)), -9e18, 9e18));
  }
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

/// Shapes and the like, with all their bits.
std::string fold(Graph& graph, const Node& node) {
  const Value& left = graph.value(node.inputs[0]);
  const Value& right = graph.value(node.inputs[1]);
  Value& out = graph.value(node.outputs[0]);
  if (!is_integer(right.dtype)) return "it joins integers with floats";
  int left_steps[6], right_steps[6];
  fill_steps(left.shape, out.shape, left_steps);
  fill_steps(right.shape, out.shape, right_steps);
  const auto own = steps_of(out.shape);
  out.ints.resize(static_cast<std::size_t>(element_count(out.shape)));
  for (std::size_t i = 0; i < out.ints.size(); ++i) {
    std::int64_t l = 0, r = 0;
    for (std::size_t d = 0; d < own.size(); ++d) {
      const std::int64_t at = static_cast<std::int64_t>(i) / own[d] % out.shape[d];
      l += at * left_steps[6 - own.size() + d];
      r += at * right_steps[6 - own.size() + d];
    }
    out.ints[i] = integer_element(static_cast<int>(node.integer("function", 0)), left.ints[static_cast<std::size_t>(l)], right.ints[static_cast<std::size_t>(r)]);
  }
  return {};
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
  Lowered lowered = lowered_kernel("binary", binary, "BinaryShape", s, "{" + listed({s.function, s.constant}) + ", " + braced_ints(s.extents) + ", " + braced_ints(s.left_steps) + ", " + braced_ints(s.right_steps) + ", " + text_of(node.activation) + "}");
  if (s.constant == 0) lowered.weights = floats_in(left);
  if (s.constant == 1) lowered.weights = floats_in(right);
  return lowered;
}

}  // namespace

bool binary_is_gradual(const Node& node) {
  constexpr std::int64_t kPower = 7;
  return node.integer("function", 0) <= kPower;
}

float binary_value(const Node& node, float x, float y) { return simd::activate(binary_element(static_cast<int>(node.integer("function", 0)), x, y), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high); }

void register_op_binary(OpRegistry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, code] : kFunctions) names.push_back(name);
  OpDefinition definition{"binary", names, "Element by element with broadcasting; Max, Mean, Min and Sum of any number of tensors.", infer};
  definition.fold = fold;
  registry.add(std::move(definition));
}

void register_primitive_ops_binary(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("binary", lower);
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
