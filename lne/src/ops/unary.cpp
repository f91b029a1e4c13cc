/// Unary functions change each element by itself: activations and the like, any shape, in place where the input is not needed later.
#include <map>

#include <cmath>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
struct UnaryShape {
  int count;
  int function;  // the order of the names below
  float a, b;
};

/// exp by the C library: the only function here whose last bit may differ between machines.
static inline float unary_element(int function, float a, float b, float x) {
  switch (function) {
    case 0: return x > 0.0f ? x : 0.0f;                                     // relu
    case 1: return x < a ? a : x > b ? b : x;                               // clip to [a, b]
    case 2: return x > 0.0f ? x : a * x;                                    // leaky relu
    case 3: return 1.0f / (1.0f + std::exp(-x));                            // sigmoid
    case 4: return std::tanh(x);                                            // tanh
    case 5: return a * x + b < 0.0f ? 0.0f : a * x + b > 1.0f ? 1.0f : a * x + b;  // hard sigmoid
    case 6: {                                                               // hard swish
      const float gate = x / 6.0f + 0.5f;
      return x * (gate < 0.0f ? 0.0f : gate > 1.0f ? 1.0f : gate);
    }
    case 7: return x > 0.0f ? x : a * (std::exp(x) - 1.0f);                 // elu
    case 8: return std::sqrt(x);
    case 9: return std::exp(x);
    case 10: return x < 0.0f ? -x : x;
    case 11: return -x;
    case 12: return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));          // gelu
    default: return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));  // its approximation
  }
}

static inline void unary(const UnaryShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int i = 0; i < s.count; ++i) dst[i] = unary_element(s.function, s.a, s.b, src[0][i]);
}
// kernel-end

const std::map<std::string, int> kFunctions{{"Relu", 0}, {"Clip", 1}, {"LeakyRelu", 2}, {"Sigmoid", 3}, {"Tanh", 4}, {"HardSigmoid", 5}, {"HardSwish", 6},
                                            {"Elu", 7},  {"Sqrt", 8}, {"Exp", 9},       {"Abs", 10},    {"Neg", 11}, {"Gelu", 12}};
constexpr int kApproximateGelu = 13;

/// A bound of Clip: an attribute up to opset 10, an input since.
std::string read_bound(const Graph& graph, const Node& node, std::size_t input, const char* attribute, double otherwise, double& bound) {
  bound = node.real(attribute, otherwise);
  if (!has_input(node, input)) return {};
  const Value& value = graph.value(node.inputs[input]);
  if (!value.is_constant || value.floats.size() != 1) return "its bounds must be constant numbers";
  bound = static_cast<double>(value.floats[0]);
  return {};
}

std::string infer(Graph& graph, Node& node) {
  const std::string name = node.string("onnx", "");
  double a = 0, b = 0;
  if (name == "Clip") {
    const std::string low = read_bound(graph, node, 1, "min", -3.4028234663852886e38, a);
    const std::string high = read_bound(graph, node, 2, "max", 3.4028234663852886e38, b);
    if (!low.empty() || !high.empty()) return low.empty() ? high : low;
    node.inputs.resize(1);
  } else if (name == "LeakyRelu") {
    a = node.real("alpha", 0.01);
  } else if (name == "Elu") {
    a = node.real("alpha", 1.0);
  } else if (name == "HardSigmoid") {
    a = node.real("alpha", 0.2);
    b = node.real("beta", 0.5);
  }
  const bool is_approximate = name == "Gelu" && node.string("approximate", "none") == "tanh";
  node.attributes["function"] = static_cast<std::int64_t>(is_approximate ? kApproximateGelu : kFunctions.at(name));
  node.attributes["a"] = a;
  node.attributes["b"] = b;
  set_shape(graph, node, shape_of(graph, node, 0));
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const UnaryShape s{static_cast<int>(element_count(shape_of(graph, node, 0))), static_cast<int>(node.integer("function", 0)), static_cast<float>(node.real("a", 0)), static_cast<float>(node.real("b", 0))};
  Lowered lowered;
  lowered.function = "unary";
  lowered.shape_type = "UnaryShape";
  lowered.shape_value = "{" + std::to_string(s.count) + ", " + text_of(Activation{static_cast<Activation::Kind>(s.function), s.a, s.b}) + "}";
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float* scratch) { unary(s, src, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_op_unary(OpRegistry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, code] : kFunctions) names.push_back(name);
  registry.add({"unary", names, "Element by element: activations, square root, exponential, absolute value, sign.", infer});
}

void register_primitive_ops_unary(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "core.unary";
  primitive.op = "unary";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
