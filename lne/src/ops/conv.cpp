/// Conv convolves [1, channels, height, width] with grouped, strided, dilated kernels; paddings may differ on each side.
#include <algorithm>

#include "../../simd/activation.hpp"
#include "../../simd/conv_shape.hpp"
#include "../plan/primitive.hpp"
#include "op_conv.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// The reference: one output element after the other. weights: [out_channels][channels / groups][kernel_h][kernel_w], then the biases.
static inline void plain_conv(const simd::PlainConvShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const int group_in = s.channels / s.groups;
  const int group_out = s.out_channels / s.groups;
  const float* biases = weights + static_cast<long>(s.out_channels) * group_in * s.kernel_h * s.kernel_w;
  for (int oc = 0; oc < s.out_channels; ++oc) {
    const float* kernel = weights + static_cast<long>(oc) * group_in * s.kernel_h * s.kernel_w;
    const float* input = src[0] + static_cast<long>(oc / group_out) * group_in * s.height * s.width;
    for (int oy = 0; oy < s.out_height; ++oy) {
      for (int ox = 0; ox < s.out_width; ++ox) {
        float sum = biases[oc];
        for (int ic = 0; ic < group_in; ++ic) {
          for (int ky = 0; ky < s.kernel_h; ++ky) {
            const int y = oy * s.stride_h - s.pad_top + ky * s.dilation_h;
            if (y < 0 || y >= s.height) continue;
            for (int kx = 0; kx < s.kernel_w; ++kx) {
              const int x = ox * s.stride_w - s.pad_left + kx * s.dilation_w;
              if (x < 0 || x >= s.width) continue;
              sum += kernel[(ic * s.kernel_h + ky) * s.kernel_w + kx] * input[(static_cast<long>(ic) * s.height + y) * s.width + x];
            }
          }
        }
        const long at = (static_cast<long>(oc) * s.out_height + oy) * s.out_width + ox;
        if (s.has_residual) sum += src[1][at];
        sum = simd::activate(sum, s.activation, s.low, s.high);
        dst[at] = sum;
      }
    }
  }
}
// kernel-end

/// Paddings [top, left, bottom, right] that `auto_pad` stands for.
std::vector<std::int64_t> resolve_pads(const Node& node, const Shape& src, const std::vector<std::int64_t>& kernel) {
  const std::string mode = node.string("auto_pad", "NOTSET");
  const auto strides = node.integers("strides", {1, 1});
  const auto dilations = node.integers("dilations", {1, 1});
  if (mode == "NOTSET" || mode.empty()) return node.integers("pads", {0, 0, 0, 0});
  std::vector<std::int64_t> pads(4, 0);
  if (mode == "VALID") return pads;
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t out = (src[2 + i] + strides[i] - 1) / strides[i];
    const std::int64_t total = std::max<std::int64_t>(0, (out - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - src[2 + i]);
    pads[i] = mode == "SAME_LOWER" ? (total + 1) / 2 : total / 2;
    pads[2 + i] = total - pads[i];
  }
  return pads;
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (!has_input(node, 1)) return "it has no weights";
  if (src.size() == 3 && shape_of(graph, node, 1).size() == 3) return infer_as_map(graph, node);
  if (src.size() == 4 && src[0] > 1) return infer_per_example(graph, node);
  const Value& weights = graph.value(node.inputs[1]);
  if (src.size() != 4 || weights.shape.size() != 4) return "the input " + text_of(src) + " and weights " + text_of(weights.shape) + " must both have three or four dimensions";
  if (!weights.is_constant || weights.dtype != DType::kFloat32) return "its weights must be constant float32";
  if (has_input(node, 2) && (!is_constant(graph, node, 2) || graph.value(node.inputs[2]).dtype != DType::kFloat32)) return "its bias must be constant float32";
  const std::vector<std::int64_t> kernel{weights.shape[2], weights.shape[3]};
  if (const auto said = node.integers("kernel_shape", kernel); said != kernel) return "its kernel_shape " + text_of(said) + " is not that of its weights " + text_of(weights.shape);
  const auto strides = node.integers("strides", {1, 1});
  const auto dilations = node.integers("dilations", {1, 1});
  const std::int64_t groups = node.integer("group", 1);
  if (strides.size() != 2 || dilations.size() != 2) return "strides and dilations must have two entries";
  for (std::size_t i = 0; i < 2; ++i) {
    if (strides[i] < 1 || strides[i] > 4096 || dilations[i] < 1 || dilations[i] > 4096 || kernel[i] < 1) return "kernel, strides and dilations must lie within 1 to 4096";
  }
  if (groups < 1 || src[1] % groups != 0 || weights.shape[0] % groups != 0 || weights.shape[1] != src[1] / groups) {
    return "weights " + text_of(weights.shape) + " do not fit " + std::to_string(src[1]) + " channels in " + std::to_string(groups) + " group(s)";
  }
  if (has_input(node, 2) && element_count(shape_of(graph, node, 2)) != weights.shape[0]) return "its bias has not one element per output channel";
  const auto pads = resolve_pads(node, src, kernel);
  if (pads.size() != 4 || std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0 || pad > 4096; })) return "pads must be four numbers from 0 to 4096";
  Shape out{1, weights.shape[0], 0, 0};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t room = src[2 + i] + pads[i] + pads[2 + i] - ((kernel[i] - 1) * dilations[i] + 1);
    if (room < 0) return "the kernel " + text_of(Shape{kernel[0], kernel[1]}) + " is larger than the padded input " + text_of(src);
    out[2 + i] = room / strides[i] + 1;
  }
  node.attributes["pads"] = pads;
  node.attributes["strides"] = strides;
  node.attributes["dilations"] = dilations;
  node.attributes["group"] = groups;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) { return lowered_conv(graph, node, "plain_conv", plain_conv); }

}  // namespace

void register_op_conv(OpRegistry& registry) {
  registry.add({"conv", {"Conv"}, "One- and two-dimensional, with groups, strides, dilations and any padding; constant weights.", infer});
}

void register_primitive_ops_conv(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("conv", lower);
  primitive.overwrites = overwrites_residual;
  registry.add(std::move(primitive));
}

}  // namespace lne
