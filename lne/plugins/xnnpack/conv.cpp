/// Convolutions by XNNPACK in channels-last layout, one filter per channel included.
#include <xnnpack.h>

#include <cmath>

#include "../../simd/activation.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/library_kernel.hpp"

namespace lne {
namespace {

// kernel-begin
/// The steps are floats from one position to the next; what fills up the channels is not read.
struct XnnpackConvShape {
  int channels, src_step, height, width, out_channels, dst_step, residual_step, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, pad_bottom, pad_right, dilation_h, dilation_w, groups;
  int has_residual, activation;
  float low, high;
};

class XnnpackConv {
 public:
  /// weights: [out_channels][kernel_h][kernel_w][channels / groups], then the biases.
  XnnpackConv(const XnnpackConvShape& s, const float* weights) : shape_(s) {
    if (xnn_initialize(nullptr) != xnn_status_success) lne::library::fail("XNNPACK", "it does not run on this processor");
    const auto u = [](int value) { return static_cast<unsigned>(value); };
    const float* biases = weights + static_cast<long>(s.out_channels) * s.kernel_h * s.kernel_w * (s.channels / s.groups);
    // An addend comes before the activation.
    const bool is_activated = s.activation != 0 && !s.has_residual;
    const float low = is_activated ? s.activation == 1 ? 0.0f : s.low : -INFINITY, high = is_activated && s.activation == 2 ? s.high : INFINITY;
    const xnn_status made = xnn_create_convolution2d_nhwc_f32(u(s.pad_top), u(s.pad_right), u(s.pad_bottom), u(s.pad_left), u(s.kernel_h), u(s.kernel_w), u(s.stride_h), u(s.stride_w), u(s.dilation_h), u(s.dilation_w), u(s.groups), u(s.channels / s.groups),
                                                              u(s.out_channels / s.groups), u(s.src_step), u(s.dst_step), weights, biases, low, high, 0, &operator_);
    if (made != xnn_status_success) lne::library::fail("XNNPACK", "a convolution can't be made");
  }
  ~XnnpackConv() { xnn_delete_operator(operator_); }
  XnnpackConv(const XnnpackConv&) = delete;
  XnnpackConv& operator=(const XnnpackConv&) = delete;

  void run(const float* const* src, float* dst, float*) {
    const XnnpackConvShape& s = shape_;
    const xnn_status set = xnn_setup_convolution2d_nhwc_f32(operator_, 1, static_cast<unsigned>(s.height), static_cast<unsigned>(s.width), src[0], dst, nullptr);
    if (set != xnn_status_success || xnn_run_operator(operator_, nullptr) != xnn_status_success) lne::library::fail("XNNPACK", "a convolution can't be run");
    if (!s.has_residual) return;
    for (int p = 0; p < s.out_height * s.out_width; ++p) {
      float* to = dst + static_cast<long>(p) * s.dst_step;
      const float* addend = src[1] + static_cast<long>(p) * s.residual_step;
      for (int c = 0; c < s.out_channels; c += 8) simd::store(to + c, simd::activate(simd::add(simd::load(to + c), simd::load(addend + c)), s.activation, s.low, s.high));
    }
  }

 private:
  const XnnpackConvShape& shape_;
  xnn_operator_t operator_ = nullptr;
};
// kernel-end

std::vector<std::int64_t> fields_of(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {}), dilations = node.integers("dilations", {});
  std::vector<std::int64_t> fields{src[1], src_step_of(graph, node, 0), src[2], src[3], dst[1], dst_step_of(graph, node), residual_step_of(graph, node), dst[2], dst[3], kernel[2], kernel[3], strides[0], strides[1]};
  fields.insert(fields.end(), pads.begin(), pads.end());
  fields.insert(fields.end(), {dilations[0], dilations[1], node.integer("group", 1), node.residual >= 0});
  return fields;
}

std::string refuse(const Graph& graph, const Node& node) {
  if (!is_clipped_at_most(node)) return "its library activates by ReLU and clips alone";
  if (node.activation.kind == Activation::Kind::kClip && !(node.activation.low < node.activation.high)) return "it clips to a range";
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const std::vector<std::int64_t> fields = fields_of(graph, node);
  const auto i = [&](std::size_t at) { return static_cast<int>(fields[at]); };
  const XnnpackConvShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), i(10), i(11), i(12), i(13), i(14), i(15), i(16), i(17), i(18), i(19), i(20), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_library<XnnpackConv>("XnnpackConv", "XnnpackConvShape", s, "{" + listed(fields) + ", " + text_of(node.activation) + "}");
  const Value& given = graph.value(node.inputs[1]);
  const std::int64_t plane = given.shape[2] * given.shape[3], in = s.channels / s.groups;
  lowered.weights.resize(static_cast<std::size_t>(s.out_channels * (in * plane + 1)), 0.0f);
  for (std::int64_t oc = 0; oc < given.shape[0]; ++oc) {
    for (std::int64_t c = 0; c < given.shape[1]; ++c) {
      for (std::int64_t tap = 0; tap < plane; ++tap) lowered.weights[static_cast<std::size_t>((oc * plane + tap) * in + c)] = given.floats[static_cast<std::size_t>((oc * given.shape[1] + c) * plane + tap)];
    }
    if (has_input(node, 2)) lowered.weights[static_cast<std::size_t>(s.out_channels * in * plane + oc)] = graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)];
  }
  return lowered;
}

}  // namespace

void register_primitive_xnnpack_conv(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("xnnpack.conv", "conv");
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
