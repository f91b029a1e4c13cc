// Layers of Caffe that carry weights: convolutions, inner products, normalizations with statistics, scales and slopes.
#include "caffe_layers.hpp"

namespace lne::caffe {
namespace {

/// A parameter for height and width: `name_h` and `name_w`, or `name` once or twice.
std::vector<std::int64_t> pair_of(LayerCall& call, const Message& in, const std::string& name, const std::string& short_name, std::int64_t otherwise) {
  const std::vector<std::int64_t> both = call.integers(in, name);
  if (in.find(short_name + "_h") != nullptr || in.find(short_name + "_w") != nullptr) return {call.integer(in, short_name + "_h", otherwise), call.integer(in, short_name + "_w", otherwise)};
  if (both.size() > 2) call.refuse(name + " has more than two entries; two-dimensional layers are supported");
  if (both.empty()) return {otherwise, otherwise};
  return {both.front(), both.back()};
}

void convolution(LayerCall& call, const std::string& onnx) {
  const Message& in = call.parameters("convolution_param");
  const Shape src = call.shape();
  const auto kernel = pair_of(call, in, "kernel_size", "kernel", 0), stride = pair_of(call, in, "stride", "stride", 1), pad = pair_of(call, in, "pad", "pad", 0);
  const auto dilations = call.integers(in, "dilation");
  const std::vector<std::int64_t> dilation = dilations.empty() ? std::vector<std::int64_t>{1, 1} : std::vector<std::int64_t>{dilations.front(), dilations.back()};
  const std::int64_t out = call.integer(in, "num_output", 0);
  if (src.size() != 4) return call.refuse("its input " + text_of(src) + " must be [batch, channels, height, width]");
  const bool is_depthwise = call.layer.type != "Convolution" && call.layer.type != "Deconvolution";
  const std::int64_t group = is_depthwise ? src[1] : call.integer(in, "group", 1);
  if (call.integer(in, "axis", 1) != 1) return call.refuse("axis must be 1");
  if (out < 1 || group < 1 || kernel[0] < 1 || kernel[1] < 1 || src[1] % group != 0 || out % group != 0) {
    return call.refuse("num_output " + std::to_string(out) + ", group " + std::to_string(group) + " and kernel " + text_of(kernel) + " do not fit " + std::to_string(src[1]) + " channels");
  }
  const bool is_transposed = onnx == "ConvTranspose";
  std::vector<ValueId> inputs{call.sources[0], call.blob(0, is_transposed ? Shape{src[1], out / group, kernel[0], kernel[1]} : Shape{out, src[1] / group, kernel[0], kernel[1]})};
  if (call.boolean(in, "bias_term", true)) inputs.push_back(call.blob(1, {out}));
  call.make(0, onnx, inputs, {{"strides", stride}, {"pads", std::vector<std::int64_t>{pad[0], pad[1], pad[0], pad[1]}}, {"dilations", dilation}, {"group", group}});
}

void inner_product(LayerCall& call) {
  const Message& in = call.parameters("inner_product_param");
  const Shape src = call.shape();
  std::int64_t axis = call.integer(in, "axis", 1);
  const std::int64_t out = call.integer(in, "num_output", 0);
  if (!resolve_axis(axis, src.size()) || out < 1) return call.refuse("axis " + std::to_string(axis) + " and num_output " + std::to_string(out) + " do not fit " + text_of(src));
  const bool is_transposed = call.boolean(in, "transpose", false);
  const Shape outer(src.begin(), src.begin() + axis);
  const std::int64_t rows = element_count(outer), depth = element_count(Shape(src.begin() + axis, src.end()));
  std::vector<ValueId> inputs{call.builder.reshape(call.sources[0], {rows, depth}), call.blob(0, is_transposed ? Shape{depth, out} : Shape{out, depth})};
  if (call.boolean(in, "bias_term", true)) inputs.push_back(call.blob(1, {out}));
  const Attributes attributes{{"transB", std::int64_t{!is_transposed}}};
  if (axis == 1) return call.make(0, "Gemm", inputs, attributes);
  Shape whole = outer;
  whole.push_back(out);
  if (!call.refusal().empty()) return;
  call.make(0, "Reshape", {call.builder.add("Gemm", inputs, attributes), call.builder.integers(whole)});
}

std::vector<float> repeated(std::int64_t count, float value) { return std::vector<float>(static_cast<std::size_t>(count), value); }

/// Stored are sums of means and variances, and by what they are to be divided.
void batch_norm(LayerCall& call) {
  const Shape src = call.shape();
  if (src.size() < 2) return call.refuse("its input " + text_of(src) + " has no channels");
  const Shape channels{src[1]};
  std::vector<ValueId> inputs{call.sources[0], call.builder.floats(channels, repeated(src[1], 1.0f)), call.builder.floats(channels, repeated(src[1], 0.0f))};
  call.blob(2, {1});
  if (!call.refusal().empty()) return;
  const double factor = call.layer.blobs[2].data[0] == 0.0f ? 0.0 : 1.0 / static_cast<double>(call.layer.blobs[2].data[0]);
  for (std::size_t i = 0; i < 2; ++i) {
    call.blob(i, channels);
    if (!call.refusal().empty()) return;
    std::vector<float> values = call.layer.blobs[i].data;
    for (float& value : values) value = static_cast<float>(static_cast<double>(value) * factor);
    inputs.push_back(call.builder.floats(channels, std::move(values)));
  }
  call.make(0, "BatchNormalization", inputs, {{"epsilon", call.real(call.parameters("batch_norm_param"), "eps", 1e-5)}});
}

/// The shape that lets a factor of `rank` dimensions, which begin at an axis of the source, be broadcast to it.
Shape aligned(const Shape& factor, std::int64_t axis, std::size_t rank) {
  Shape out(static_cast<std::size_t>(axis), 1);
  out.insert(out.end(), factor.begin(), factor.end());
  out.resize(std::max(rank, out.size()), 1);
  return out;
}

/// The shape of the weights of Scale and Bias: `num_axes` extents of the source from `axis` on.
bool factor_shape(LayerCall& call, const Message& in, std::int64_t& axis, Shape& shape) {
  const Shape src = call.shape();
  axis = call.integer(in, "axis", 1);
  const std::int64_t count = call.integer(in, "num_axes", 1);
  if (!resolve_axis(axis, src.size()) || count < -1 || axis + std::max<std::int64_t>(count, 0) > static_cast<std::int64_t>(src.size())) {
    call.refuse("axis and num_axes do not fit its input " + text_of(src));
    return false;
  }
  shape.assign(src.begin() + axis, count == -1 ? src.end() : src.begin() + axis + count);
  return true;
}

void scale(LayerCall& call) {
  const Message& in = call.parameters("scale_param");
  const Shape src = call.shape();
  std::int64_t axis = 0;
  Shape shape;
  if (!factor_shape(call, in, axis, shape)) return;
  const bool has_bias = call.boolean(in, "bias_term", false);
  if (call.sources.size() > 1) {
    if (has_bias) return call.refuse("bias_term with a computed scale is not supported");
    if (static_cast<std::size_t>(axis) + call.shape(1).size() > src.size()) return call.refuse("the scale " + text_of(call.shape(1)) + " does not fit its input " + text_of(src));
    return call.make(0, "Mul", {call.sources[0], call.builder.reshape(call.sources[1], aligned(call.shape(1), axis, src.size()))});
  }
  if (axis == 1 && shape.size() == 1) {
    // As a normalization that changes nothing else, it merges into the layer before it.
    const ValueId shift = has_bias ? call.blob(1, shape) : call.builder.floats(shape, repeated(shape[0], 0.0f));
    const std::vector<ValueId> inputs{call.sources[0], call.blob(0, shape), shift, call.builder.floats(shape, repeated(shape[0], 0.0f)), call.builder.floats(shape, repeated(shape[0], 1.0f))};
    return call.make(0, "BatchNormalization", inputs, {{"epsilon", 0.0}});
  }
  const Shape full = aligned(shape, axis, src.size());
  const ValueId factor = call.blob(0, full), shift = has_bias ? call.blob(1, full) : -1;
  if (!call.refusal().empty()) return;
  if (!has_bias) return call.make(0, "Mul", {call.sources[0], factor});
  call.make(0, "Add", {call.builder.add("Mul", {call.sources[0], factor}), shift});
}

void bias(LayerCall& call) {
  const Shape src = call.shape();
  std::int64_t axis = 0;
  Shape shape;
  if (!factor_shape(call, call.parameters("bias_param"), axis, shape)) return;
  if (call.sources.size() > 1 && static_cast<std::size_t>(axis) + call.shape(1).size() > src.size()) return call.refuse("the bias " + text_of(call.shape(1)) + " does not fit its input " + text_of(src));
  const ValueId addend = call.sources.size() > 1 ? call.builder.reshape(call.sources[1], aligned(call.shape(1), axis, src.size())) : call.blob(0, aligned(shape, axis, src.size()));
  call.make(0, "Add", {call.sources[0], addend});
}

void prelu(LayerCall& call) {
  const Shape src = call.shape();
  if (src.size() < 2) return call.refuse("its input " + text_of(src) + " has no channels");
  const bool is_shared = call.boolean(call.parameters("prelu_param"), "channel_shared", false);
  Shape slopes(src.size() - 1, 1);
  if (!is_shared) slopes[0] = src[1];
  call.make(0, "PRelu", {call.sources[0], call.blob(0, slopes)});
}

/// Each position's channels, or the whole map, brought to length 1 and scaled per channel (SSD).
void normalize(LayerCall& call) {
  const Message& in = call.parameters("norm_param");
  const Shape src = call.shape();
  if (src.size() != 4) return call.refuse("its input " + text_of(src) + " must be [batch, channels, height, width]");
  const bool is_shared = call.boolean(in, "channel_shared", true);
  const std::vector<std::int64_t> axes = call.boolean(in, "across_spatial", true) ? std::vector<std::int64_t>{1, 2, 3} : std::vector<std::int64_t>{1};
  const ValueId factor = call.blob(0, is_shared ? Shape{1, 1, 1} : Shape{src[1], 1, 1});
  if (!call.refusal().empty()) return;
  const ValueId squares = call.builder.add("ReduceSumSquare", {call.sources[0], call.builder.integers(axes)});
  const ValueId length = call.builder.add("Sqrt", {call.builder.add("Add", {squares, call.builder.floats({}, {static_cast<float>(call.real(in, "eps", 1e-10))})})});
  call.make(0, "Mul", {call.builder.add("Div", {call.sources[0], length}), factor});
}

}  // namespace

void add_weighted_layers(std::vector<LayerType>& types) {
  types.push_back({"Convolution", "Two-dimensional; group, dilation, stride and pad per axis.", 1, [](LayerCall& call) { convolution(call, "Conv"); }});
  types.push_back({"ConvolutionDepthwise", "As Convolution, a group per channel.", 1, [](LayerCall& call) { convolution(call, "Conv"); }});
  types.push_back({"DepthwiseConvolution", "As Convolution, a group per channel.", 1, [](LayerCall& call) { convolution(call, "Conv"); }});
  types.push_back({"Deconvolution", "Two-dimensional; group, dilation, stride and pad per axis.", 1, [](LayerCall& call) { convolution(call, "ConvTranspose"); }});
  types.push_back({"InnerProduct", "Any axis, either order of the weights.", 1, inner_product});
  types.push_back({"BatchNorm", "With stored statistics.", 1, batch_norm});
  types.push_back({"Scale", "Stored or computed factors at any axis, stored bias.", 1, scale});
  types.push_back({"Bias", "Stored or computed addends at any axis.", 1, bias});
  types.push_back({"PReLU", "A slope per channel, or one.", 1, prelu});
  types.push_back({"Normalize", "Per position or map, a scale per channel, or one.", 1, normalize});
}

}  // namespace lne::caffe
