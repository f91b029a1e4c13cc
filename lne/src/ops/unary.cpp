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
    case 13: return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));  // its approximation
    case 14: return std::log(x);
    case 15: return 1.0f / x;
    case 16: return std::erf(x);
    case 17: return std::floor(x);
    case 18: return std::ceil(x);
    case 19: return std::nearbyint(x);                                      // halves to even
    case 20: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;              // sign
    case 21: return x > 0.0f ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));  // softplus
    case 22: return x / (1.0f + (x < 0.0f ? -x : x));                       // softsign
    case 23: return x > 0.0f ? b * x : b * a * (std::exp(x) - 1.0f);        // selu
    case 24: return x > 0.0f ? x : a * (std::exp(x / a) - 1.0f);            // celu
    case 25: return x > a ? x : 0.0f;                                       // thresholded relu
    case 26: return x * std::tanh(x > 0.0f ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)));  // mish
    case 27: return x / (1.0f + std::exp(-a * x));                          // swish
    case 28: return x == 0.0f ? 1.0f : 0.0f;                                // not
    case 29: return std::sin(x);
    case 30: return std::cos(x);
    case 31: return std::tan(x);
    case 32: return std::asin(x);
    case 33: return std::acos(x);
    case 34: return std::atan(x);
    case 35: return std::sinh(x);
    case 36: return std::cosh(x);
    case 37: return std::trunc(x);
    case 38: return x != 0.0f ? 1.0f : 0.0f;                                // truth
    case 39: return x < -a ? x + b : x > a ? x - b : 0.0f;                  // shrink
    case 40: return std::asinh(x);
    case 41: return std::acosh(x);
    case 42: return std::atanh(x);
    default: return x;
  }
}

static inline void unary(const UnaryShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int i = 0; i < s.count; ++i) dst[i] = unary_element(s.function, s.a, s.b, src[0][i]);
}
// kernel-end

const std::map<std::string, int> kFunctions{
    {"Relu", 0},     {"Clip", 1},   {"LeakyRelu", 2}, {"Sigmoid", 3},   {"Tanh", 4},      {"HardSigmoid", 5}, {"HardSwish", 6}, {"Elu", 7},   {"Sqrt", 8},   {"Exp", 9},
    {"Abs", 10},     {"Neg", 11},   {"Gelu", 12},     {"Log", 14},      {"Reciprocal", 15}, {"Erf", 16},      {"Floor", 17},    {"Ceil", 18}, {"Round", 19}, {"Sign", 20},
    {"Softplus", 21}, {"Softsign", 22}, {"Selu", 23}, {"Celu", 24},     {"ThresholdedRelu", 25}, {"Mish", 26}, {"Swish", 27},   {"Not", 28},  {"Sin", 29},   {"Cos", 30},
    {"Tan", 31},     {"Asin", 32},  {"Acos", 33},     {"Atan", 34},     {"Sinh", 35},     {"Cosh", 36},       {"Shrink", 39},   {"Asinh", 40}, {"Acosh", 41}, {"Atanh", 42}};
constexpr int kApproximateGelu = 13;

/// The attributes of each function, with their defaults: first `a`, then `b`.
struct Parameter {
  const char* name;
  double otherwise;
};
const std::map<std::string, std::vector<Parameter>> kParameters{
    {"LeakyRelu", {{"alpha", 0.01}}}, {"Elu", {{"alpha", 1.0}}},  {"HardSigmoid", {{"alpha", 0.2}, {"beta", 0.5}}}, {"Selu", {{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}}},
    {"Celu", {{"alpha", 1.0}}},       {"Swish", {{"alpha", 1.0}}}, {"ThresholdedRelu", {{"alpha", 1.0}}},          {"Shrink", {{"lambd", 0.5}, {"bias", 0.0}}}};

/// A bound of Clip: an attribute up to opset 10, an input since.
std::string read_bound(const Graph& graph, const Node& node, std::size_t input, const char* attribute, double otherwise, double& bound) {
  bound = node.real(attribute, otherwise);
  if (!has_input(node, input)) return {};
  const Value& value = graph.value(node.inputs[input]);
  if (!value.is_constant || element_count(value.shape) != 1) return "its bounds must be constant numbers";
  bound = static_cast<double>(floats_in(value)[0]);
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
  } else if (const auto parameters = kParameters.find(name); parameters != kParameters.end()) {
    a = node.real(parameters->second[0].name, parameters->second[0].otherwise);
    if (parameters->second.size() > 1) b = node.real(parameters->second[1].name, parameters->second[1].otherwise);
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
  registry.add({"unary", names, "Element by element: activations, powers, logarithms, rounding, trigonometry.", infer});
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
