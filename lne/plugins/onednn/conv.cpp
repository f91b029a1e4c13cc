/// Convolutions by oneDNN: tensors in plain or channels-last layout, weights in the blocked format that it picks for the shape.
#include <dnnl.hpp>
#include <omp.h>

#include <cstring>

#include "../../src/ops/op.hpp"
#include "../../src/plan/library_kernel.hpp"

namespace lne {
namespace {

// kernel-begin
/// Channels of the result filled up to a multiple of eight where they come last.
struct OnednnConvShape {
  int channels, height, width, out_channels, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right, dilation_h, dilation_w, groups;
  int is_channels_last, has_residual, activation;
  float low, high;
};

/// oneDNN plans for as many threads as OpenMP offers at that moment; what the caller had set comes back.
struct OnednnConvThread {
  OnednnConvThread() : before(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OnednnConvThread() { omp_set_num_threads(before); }
  const int before;
};

static inline dnnl::memory::dims onednn_conv_weights(const OnednnConvShape& s) { return {s.groups, s.out_channels / s.groups, s.channels / s.groups, s.kernel_h, s.kernel_w}; }

static inline dnnl::convolution_forward::primitive_desc onednn_conv_plan(const OnednnConvShape& s, const dnnl::engine& engine) {
  using Memory = dnnl::memory;
  const auto type = Memory::data_type::f32;
  const auto tag = s.is_channels_last ? Memory::format_tag::nhwc : Memory::format_tag::nchw;
  const Memory::desc src({1, s.channels, s.height, s.width}, type, tag), dst({1, s.out_channels, s.out_height, s.out_width}, type, tag);
  const Memory::desc weights(s.groups == 1 ? Memory::dims{s.out_channels, s.channels, s.kernel_h, s.kernel_w} : onednn_conv_weights(s), type, Memory::format_tag::any), bias({s.out_channels}, type, Memory::format_tag::x);
  dnnl::post_ops after;
  if (s.has_residual) after.append_sum(1.0f);
  if (s.activation == 1) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
  if (s.activation == 2) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, s.low, s.high);
  dnnl::primitive_attr attributes;
  attributes.set_post_ops(after);
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::convolution_forward::desc layer(dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, src, weights, bias, dst, {s.stride_h, s.stride_w}, {s.dilation_h - 1, s.dilation_w - 1}, {s.pad_top, s.pad_left}, {s.pad_bottom, s.pad_right});
  return dnnl::convolution_forward::primitive_desc(layer, attributes, engine);
}

class OnednnConv {
 public:
  /// weights: [groups][out_channels / groups][channels / groups][kernel_h][kernel_w], then the biases.
  OnednnConv(const OnednnConvShape& s, const float* weights) try : shape_(s), engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    const OnednnConvThread one;
    const auto plan = onednn_conv_plan(s, engine_);
    convolution_ = dnnl::convolution_forward(plan);
    const auto type = dnnl::memory::data_type::f32;
    const long floats = static_cast<long>(s.out_channels) * (s.channels / s.groups) * s.kernel_h * s.kernel_w;
    const dnnl::memory::desc given = s.groups == 1 ? dnnl::memory::desc({s.out_channels, s.channels, s.kernel_h, s.kernel_w}, type, dnnl::memory::format_tag::oihw) : dnnl::memory::desc(onednn_conv_weights(s), type, dnnl::memory::format_tag::goihw);
    dnnl::memory from(given, engine_, const_cast<float*>(weights)), packed(plan.weights_desc(), engine_);
    dnnl::reorder(from, packed).execute(stream_, from, packed);
    stream_.wait();
    src_ = dnnl::memory(plan.src_desc(), engine_, nullptr);
    dst_ = dnnl::memory(plan.dst_desc(), engine_, nullptr);
    const dnnl::memory bias(plan.bias_desc(), engine_, const_cast<float*>(weights) + floats), scratchpad(plan.scratchpad_desc(), engine_);
    arguments_ = {{DNNL_ARG_SRC, src_}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_BIAS, bias}, {DNNL_ARG_DST, dst_}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
  } catch (const dnnl::error& error) {
    lne::library::fail("oneDNN", error.what());
  }

  void run(const float* const* src, float* dst, float*) {
    const OnednnConvThread one;
    if (shape_.has_residual && src[1] != dst) std::memcpy(dst, src[1], sizeof(float) * static_cast<unsigned long>(shape_.out_channels) * static_cast<unsigned long>(shape_.out_height * shape_.out_width));
    src_.set_data_handle(const_cast<float*>(src[0]));
    dst_.set_data_handle(dst);
    convolution_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  const OnednnConvShape& shape_;
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::convolution_forward convolution_;
  dnnl::memory src_, dst_;
  std::unordered_map<int, dnnl::memory> arguments_;
};
// kernel-end

std::vector<std::int64_t> fields_of(const Graph& graph, const Node& node, bool is_channels_last) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  std::vector<std::int64_t> fields{src[1], src[2], src[3], is_channels_last ? padded_channels(dst[1]) : dst[1], dst[2], dst[3], kernel[2], kernel[3], strides[0], strides[1], pads[0], pads[1]};
  // What is padded behind is what the result's size says: a last window that does not fit is left out.
  for (std::size_t axis = 0; axis < 2; ++axis) fields.push_back((dst[2 + axis] - 1) * strides[axis] + (kernel[2 + axis] - 1) * dilations[axis] + 1 - src[2 + axis] - pads[axis]);
  fields.insert(fields.end(), {dilations[0], dilations[1], node.integer("group", 1), is_channels_last, node.residual >= 0});
  return fields;
}

OnednnConvShape shape_for(const Graph& graph, const Node& node, bool is_channels_last) {
  const std::vector<std::int64_t> fields = fields_of(graph, node, is_channels_last);
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  return {i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14), i(15), i(16), i(17), i(18), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
}

std::string refuse(const Graph& graph, const Node& node, bool is_channels_last) {
  if (!is_clipped_at_most(node)) return "its library activates by ReLU and clips alone";
  // Its tensors have no room between positions, and what fills up the channels may be anything.
  if (is_channels_last && shape_of(graph, node, 0)[1] % 8 != 0) return "its channels fill no vectors of eight";
  if (is_channels_last && node.integer("group", 1) > 1 && graph.value(node.outputs[0]).shape[1] % 8 != 0) return "its groups of channels fill no vectors of eight";
  try {
    const OnednnConvThread one;
    onednn_conv_plan(shape_for(graph, node, is_channels_last), dnnl::engine(dnnl::engine::kind::cpu, 0));
  } catch (const dnnl::error& error) {
    return std::string("oneDNN says: ") + error.what();
  }
  return {};
}

/// [out][in / groups][ky][kx] with the channels of the result filled up, then the biases.
std::vector<float> pack(const Graph& graph, const Node& node, const OnednnConvShape& s) {
  const Value& given = graph.value(node.inputs[1]);
  const std::int64_t plane = given.shape[2] * given.shape[3], in = s.channels / s.groups;
  std::vector<float> weights(static_cast<std::size_t>(s.out_channels * (in * plane + 1)), 0.0f);
  for (std::int64_t oc = 0; oc < given.shape[0]; ++oc) {
    std::copy_n(given.floats.begin() + oc * given.shape[1] * plane, given.shape[1] * plane, weights.begin() + oc * in * plane);
    if (has_input(node, 2)) weights[static_cast<std::size_t>(s.out_channels * in * plane + oc)] = graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)];
  }
  return weights;
}

Lowered lower(const Graph& graph, const Node& node, bool is_channels_last) {
  const OnednnConvShape s = shape_for(graph, node, is_channels_last);
  Lowered lowered = lowered_library<OnednnConv>("OnednnConv", "OnednnConvShape", s, "{" + listed(fields_of(graph, node, is_channels_last)) + ", " + text_of(node.activation) + "}");
  lowered.weights = pack(graph, node, s);
  return lowered;
}

}  // namespace

void register_primitive_onednn_conv(PrimitiveRegistry& registry) {
  for (const bool is_channels_last : {true, false}) {
    Primitive primitive;
    primitive.name = is_channels_last ? "onednn.conv" : "onednn.conv_plain";
    primitive.op = "conv";
    primitive.src_layout = primitive.dst_layout = is_channels_last ? Layout::kChannelsLast8 : Layout::kPlain;
    primitive.refuse = [is_channels_last](const Graph& graph, const Node& node) { return refuse(graph, node, is_channels_last); };
    primitive.lower = [is_channels_last](const Graph& graph, const Node& node, const Variant&) { return lower(graph, node, is_channels_last); };
    primitive.overwrites = overwrites_residual;
    primitive.preference = always(is_channels_last ? 8 : 7);
    registry.add(std::move(primitive));
  }
}

}  // namespace lne
