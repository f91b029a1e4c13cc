// Layers of Caffe without weights that compute element by element, or over windows and neighbours.
#include "caffe_layers.hpp"

namespace lne::caffe {
namespace {

ValueId number(LayerCall& call, double value) { return call.builder.floats({}, {static_cast<float>(value)}); }

/// a * x + b, without steps that change nothing.
ValueId line(LayerCall& call, double a, double b) {
  ValueId x = call.sources[0];
  if (a != 1.0) x = call.builder.add("Mul", {x, number(call, a)});
  if (b != 0.0) x = call.builder.add("Add", {x, number(call, b)});
  return x;
}

void relu(LayerCall& call) {
  const double slope = call.real(call.parameters("relu_param"), "negative_slope", 0.0);
  if (slope == 0.0) return call.make(0, "Relu", {call.sources[0]});
  call.make(0, "LeakyRelu", {call.sources[0]}, {{"alpha", slope}});
}

void power(LayerCall& call) {
  const Message& in = call.parameters("power_param");
  const double exponent = call.real(in, "power", 1.0);
  const ValueId base = line(call, call.real(in, "scale", 1.0), call.real(in, "shift", 0.0));
  if (exponent == 1.0) return call.make(0, "Identity", {base});
  call.make(0, "Pow", {base, number(call, exponent)});
}

/// base ^ (scale * x + shift); base -1 stands for e.
void exponential(LayerCall& call) {
  const Message& in = call.parameters("exp_param");
  const double base = call.real(in, "base", -1.0);
  const ValueId x = line(call, call.real(in, "scale", 1.0), call.real(in, "shift", 0.0));
  if (base == -1.0) return call.make(0, "Exp", {x});
  if (base <= 0.0) return call.refuse("base must be positive");
  call.make(0, "Pow", {number(call, base), x});
}

/// log(scale * x + shift) to a base; base -1 stands for e.
void logarithm(LayerCall& call) {
  const Message& in = call.parameters("log_param");
  const double base = call.real(in, "base", -1.0);
  const ValueId x = line(call, call.real(in, "scale", 1.0), call.real(in, "shift", 0.0));
  if (base == -1.0) return call.make(0, "Log", {x});
  if (base <= 0.0 || base == 1.0) return call.refuse("base must be positive and not 1");
  call.make(0, "Div", {call.builder.add("Log", {x}), call.builder.add("Log", {number(call, base)})});
}

void eltwise(LayerCall& call) {
  const Message& in = call.parameters("eltwise_param");
  const std::string operation = call.text(in, "operation", "SUM");
  for (std::size_t i = 1; i < call.sources.size(); ++i) {
    if (call.shape(i) != call.shape()) return call.refuse("its inputs " + text_of(call.shape()) + " and " + text_of(call.shape(i)) + " differ");
  }
  if (operation == "PROD" || operation == "0") {
    ValueId product = call.sources[0];
    for (std::size_t i = 1; i + 1 < call.sources.size(); ++i) product = call.builder.add("Mul", {product, call.sources[i]});
    return call.make(0, "Mul", {product, call.sources.back()});
  }
  if (operation == "MAX" || operation == "2") return call.make(0, "Max", call.sources);
  if (operation != "SUM" && operation != "1") return call.refuse("operation " + operation + " is not supported; SUM, PROD and MAX are");
  const auto factors = in.all("coeff");
  if (!factors.empty() && factors.size() != call.sources.size()) return call.refuse("it has " + std::to_string(factors.size()) + " coeff and " + std::to_string(call.sources.size()) + " inputs");
  std::vector<ValueId> terms = call.sources;
  for (std::size_t i = 0; i < factors.size(); ++i) {
    Message one;
    one.fields.push_back(*factors[i]);
    if (const double factor = call.real(one, "coeff", 1.0); factor != 1.0) terms[i] = call.builder.add("Mul", {terms[i], number(call, factor)});
  }
  call.make(0, "Sum", terms);
}

void pooling(LayerCall& call) {
  const Message& in = call.parameters("pooling_param");
  const std::string kind = call.text(in, "pool", "MAX");
  const bool is_maximum = kind == "MAX" || kind == "0";
  if (!is_maximum && kind != "AVE" && kind != "1") return call.refuse("pool " + kind + " is not supported; MAX and AVE are");
  if (call.layer.tops.size() > 1) return call.refuse("its second result, the positions of the maxima, is not supported");
  if (call.boolean(in, "global_pooling", false)) return call.make(0, is_maximum ? "GlobalMaxPool" : "GlobalAveragePool", {call.sources[0]});
  const auto pair = [&](const std::string& name, const std::string& stem, std::int64_t otherwise) {
    const std::int64_t both = call.integer(in, name, otherwise);
    return std::vector<std::int64_t>{call.integer(in, stem + "_h", both), call.integer(in, stem + "_w", both)};
  };
  const auto kernel = pair("kernel_size", "kernel", 0), stride = pair("stride", "stride", 1), pad = pair("pad", "pad", 0);
  const std::string rounding = call.text(in, "round_mode", "CEIL");
  // Means count the padding, but not what a rounded-up window has beyond it.
  call.make(0, is_maximum ? "MaxPool" : "AveragePool", {call.sources[0]},
            {{"kernel_shape", kernel}, {"strides", stride}, {"pads", std::vector<std::int64_t>{pad[0], pad[1], pad[0], pad[1]}}, {"ceil_mode", std::int64_t{rounding == "CEIL" || rounding == "0"}}, {"count_include_pad", std::int64_t{1}}});
}

void lrn(LayerCall& call) {
  const Message& in = call.parameters("lrn_param");
  const std::string region = call.text(in, "norm_region", "ACROSS_CHANNELS");
  const bool is_within = region == "WITHIN_CHANNEL" || region == "1";
  if (!is_within && region != "ACROSS_CHANNELS" && region != "0") return call.refuse("norm_region " + region + " is not supported; ACROSS_CHANNELS and WITHIN_CHANNEL are");
  const std::int64_t size = call.integer(in, "local_size", 5);
  if (size % 2 == 0) return call.refuse("local_size must be odd");
  call.make(0, "LRN", {call.sources[0]}, {{"size", size}, {"alpha", call.real(in, "alpha", 1.0)}, {"beta", call.real(in, "beta", 0.75)}, {"bias", is_within ? 1.0 : call.real(in, "k", 1.0)}, {"within", std::int64_t{is_within}}});
}

void softmax(LayerCall& call) { call.make(0, "Softmax", {call.sources[0]}, {{"axis", call.integer(call.parameters("softmax_param"), "axis", 1)}}); }

/// Reduces all axes from one on.
void reduction(LayerCall& call) {
  const Message& in = call.parameters("reduction_param");
  const std::string operation = call.text(in, "operation", "SUM");
  const Shape src = call.shape();
  std::int64_t axis = call.integer(in, "axis", 0);
  if (!resolve_axis(axis, src.size())) return call.refuse("axis lies outside " + text_of(src));
  const std::string onnx = operation == "SUM" || operation == "1" ? "ReduceSum" : operation == "ASUM" || operation == "2" ? "ReduceL1" : operation == "SUMSQ" || operation == "3" ? "ReduceSumSquare" : operation == "MEAN" || operation == "4" ? "ReduceMean" : "";
  if (onnx.empty()) return call.refuse("operation " + operation + " is not supported; SUM, ASUM, SUMSQ and MEAN are");
  std::vector<std::int64_t> axes;
  for (std::int64_t i = axis; i < static_cast<std::int64_t>(src.size()); ++i) axes.push_back(i);
  const double factor = call.real(in, "coeff", 1.0);
  const std::vector<ValueId> inputs{call.sources[0], call.builder.integers(axes)};
  const Attributes attributes{{"keepdims", std::int64_t{0}}};
  if (factor == 1.0) return call.make(0, onnx, inputs, attributes);
  call.make(0, "Mul", {call.builder.add(onnx, inputs, attributes), number(call, factor)});
}

template <const char* Onnx>
void same(LayerCall& call) {
  call.make(0, Onnx, {call.sources[0]});
}

constexpr char kSigmoid[] = "Sigmoid", kTanh[] = "Tanh", kAbs[] = "Abs", kSoftplus[] = "Softplus";

}  // namespace

void add_element_layers(std::vector<LayerType>& types) {
  types.push_back({"ReLU", "With negative_slope.", 1, relu});
  types.push_back({"ReLU6", "", 1, [](LayerCall& call) { call.make(0, "Clip", {call.sources[0], number(call, 0.0), number(call, 6.0)}); }});
  types.push_back({"Sigmoid", "", 1, same<kSigmoid>});
  types.push_back({"TanH", "", 1, same<kTanh>});
  types.push_back({"AbsVal", "", 1, same<kAbs>});
  types.push_back({"BNLL", "", 1, same<kSoftplus>});
  types.push_back({"ELU", "", 1, [](LayerCall& call) { call.make(0, "Elu", {call.sources[0]}, {{"alpha", call.real(call.parameters("elu_param"), "alpha", 1.0)}}); }});
  types.push_back({"Power", "", 1, power});
  types.push_back({"Exp", "", 1, exponential});
  types.push_back({"Log", "", 1, logarithm});
  types.push_back({"Eltwise", "SUM with coefficients, PROD, MAX; inputs of one shape.", 2, eltwise});
  types.push_back({"Pooling", "MAX and AVE, windows or global, rounded up as Caffe does.", 1, pooling});
  types.push_back({"LRN", "Across and within channels.", 1, lrn});
  types.push_back({"Softmax", "Any axis.", 1, softmax});
  types.push_back({"SoftmaxWithLoss", "As Softmax of its first input.", 1, softmax});
  types.push_back({"Reduction", "SUM, ASUM, SUMSQ and MEAN.", 1, reduction});
}

}  // namespace lne::caffe
