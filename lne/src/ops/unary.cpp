/// Unary functions change each element by itself: activations and the like, any shape, in place where the input is not needed later.
#include <cmath>
#include <map>

#include "../../simd/activation.hpp"
#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
struct UnaryShape {
  int count;
  int function;  // an activation, or one of those below
  float a, b;
};

/// exp by the C library: the only function here whose last bit may differ between machines.
static inline float unary_element(int function, float a, float b, float x) {
  switch (function) {
    case 13: return std::sqrt(x);
    case 14: return std::exp(x);
    case 15: return x < 0.0f ? -x : x;
    case 16: return -x;
    case 17: return 1.0f / x;
    case 18: return std::erf(x);
    case 19: return std::log(x);
    case 20: return std::floor(x);
    case 21: return std::ceil(x);
    case 22: return std::nearbyint(x);                                      // halves to even
    case 23: return x > 0.0f ? 1.0f : x < 0.0f ? -1.0f : 0.0f;              // sign
    case 24: return x > 0.0f ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x));  // softplus
    case 25: return x / (1.0f + (x < 0.0f ? -x : x));                       // softsign
    case 26: return x > 0.0f ? b * x : b * a * (std::exp(x) - 1.0f);        // selu
    case 27: return x > 0.0f ? x : a * (std::exp(x / a) - 1.0f);            // celu
    case 28: return x > a ? x : 0.0f;                                       // thresholded relu
    case 29: return x == 0.0f ? 1.0f : 0.0f;                                // not
    case 30: return x < -a ? x + b : x > a ? x - b : 0.0f;                  // shrink
    case 31: return std::trunc(x);
    case 32: return x != 0.0f ? 1.0f : 0.0f;                                // truth
    case 33: return std::sin(x);
    case 34: return std::cos(x);
    case 35: return std::tan(x);
    case 36: return std::asin(x);
    case 37: return std::acos(x);
    case 38: return std::atan(x);
    case 39: return std::sinh(x);
    case 40: return std::cosh(x);
    case 41: return std::asinh(x);
    case 42: return std::acosh(x);
    case 43: return std::atanh(x);
    default: return simd::activate(x, function, a, b);
  }
}

static inline void unary(const UnaryShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int i = 0; i < s.count; ++i) dst[i] = unary_element(s.function, s.a, s.b, src[0][i]);
}
// kernel-end

/// Activations first, by their kinds.
const std::map<std::string, int> kFunctions{
    {"Relu", 1},     {"Clip", 2},      {"LeakyRelu", 3},  {"HardSigmoid", 4}, {"HardSwish", 5}, {"Sigmoid", 6}, {"Swish", 7},  {"Tanh", 8},  {"Gelu", 9},   {"Mish", 11},  {"Elu", 12},
    {"Sqrt", 13},    {"Exp", 14},      {"Abs", 15},       {"Neg", 16},        {"Reciprocal", 17}, {"Erf", 18},  {"Log", 19},    {"Floor", 20}, {"Ceil", 21},  {"Round", 22}, {"Sign", 23},
    {"Softplus", 24}, {"Softsign", 25}, {"Selu", 26},     {"Celu", 27},       {"ThresholdedRelu", 28}, {"Not", 29}, {"Shrink", 30}, {"Sin", 33}, {"Cos", 34},  {"Tan", 35},   {"Asin", 36},
    {"Acos", 37},    {"Atan", 38},     {"Sinh", 39},      {"Cosh", 40},       {"Asinh", 41},    {"Acosh", 42},  {"Atanh", 43}};
constexpr int kApproximateGelu = static_cast<int>(Activation::Kind::kGeluTanh);

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
  return lowered_kernel("unary", unary, "UnaryShape", s, "{" + std::to_string(s.count) + ", " + std::to_string(s.function) + ", " + float_text(s.a) + ", " + float_text(s.b) + "}");
}

}  // namespace

bool unary_is_gradual(const Node& node) {
  constexpr std::int64_t kLog = 19, kSoftplus = 24;
  const std::int64_t function = node.integer("function", 0);
  return function <= kLog || function == kSoftplus;
}

float unary_value(const Node& node, float x) { return unary_element(static_cast<int>(node.integer("function", 0)), static_cast<float>(node.real("a", 0)), static_cast<float>(node.real("b", 0)), x); }

void register_op_unary(OpRegistry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, code] : kFunctions) names.push_back(name);
  registry.add({"unary", names, "Element by element: activations, powers, logarithms, rounding, trigonometry.", infer});
}

void register_primitive_ops_unary(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("unary", lower);
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
