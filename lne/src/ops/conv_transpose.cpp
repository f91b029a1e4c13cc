/// ConvTranspose spreads each element over a window and sums what overlaps: the adjoint of a convolution, used to enlarge maps.
#include <algorithm>

#include "../../simd/activation.hpp"
#include "../../simd/conv_shape.hpp"
#include "../plan/primitive.hpp"
#include "op_conv.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// The reference: each output element gathers what reaches it. weights: [channels][out_channels / groups][kernel_h][kernel_w], then the biases.
static inline void plain_conv_transpose(const simd::PlainConvShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const int group_in = s.channels / s.groups;
  const int group_out = s.out_channels / s.groups;
  const long taps = static_cast<long>(s.kernel_h) * s.kernel_w;
  const float* biases = weights + s.channels * group_out * taps;
  for (int oc = 0; oc < s.out_channels; ++oc) {
    const int first_channel = oc / group_out * group_in;
    for (int oy = 0; oy < s.out_height; ++oy) {
      for (int ox = 0; ox < s.out_width; ++ox) {
        float sum = biases[oc];
        for (int ky = 0; ky < s.kernel_h; ++ky) {
          const int y = oy + s.pad_top - ky * s.dilation_h;
          if (y < 0 || y % s.stride_h != 0 || y / s.stride_h >= s.height) continue;
          for (int kx = 0; kx < s.kernel_w; ++kx) {
            const int x = ox + s.pad_left - kx * s.dilation_w;
            if (x < 0 || x % s.stride_w != 0 || x / s.stride_w >= s.width) continue;
            for (int ic = first_channel; ic < first_channel + group_in; ++ic) {
              const float weight = weights[(static_cast<long>(ic) * group_out + oc % group_out) * taps + ky * s.kernel_w + kx];
              sum += weight * src[0][(static_cast<long>(ic) * s.height + y / s.stride_h) * s.width + x / s.stride_w];
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

/// The result's extents without padding; `pads` [top, left, bottom, right] is set to what `pads`, `auto_pad` or `output_shape` ask for.
std::string resolve_pads(const Node& node, const Shape& src, const std::vector<std::int64_t>& full, const std::vector<std::int64_t>& strides, std::vector<std::int64_t>& pads) {
  const std::string mode = node.string("auto_pad", "NOTSET");
  const bool is_same = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  std::vector<std::int64_t> wanted = node.integers("output_shape", {});
  pads = mode == "VALID" ? std::vector<std::int64_t>{0, 0, 0, 0} : node.integers("pads", {0, 0, 0, 0});
  if (wanted.empty() && !is_same) return {};
  if (wanted.empty()) wanted = {src[2] * strides[0], src[3] * strides[1]};
  if (wanted.size() != 2) return "output_shape must have two entries";
  pads.assign(4, 0);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::int64_t total = full[i] - wanted[i];
    if (total < 0) return "output_shape " + text_of(wanted) + " is larger than the kernel reaches, " + text_of(full);
    pads[i] = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    pads[2 + i] = total - pads[i];
  }
  return {};
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
  const auto strides = node.integers("strides", {1, 1}), dilations = node.integers("dilations", {1, 1}), extra = node.integers("output_padding", {0, 0});
  const std::int64_t groups = node.integer("group", 1);
  if (strides.size() != 2 || dilations.size() != 2 || extra.size() != 2) return "strides, dilations and output_padding must have two entries";
  std::vector<std::int64_t> full(2);
  for (std::size_t i = 0; i < 2; ++i) {
    if (strides[i] < 1 || strides[i] > 4096 || dilations[i] < 1 || dilations[i] > 4096 || kernel[i] < 1) return "kernel, strides and dilations must lie within 1 to 4096";
    if (extra[i] < 0 || extra[i] >= std::max(strides[i], dilations[i])) return "output_padding must be smaller than the stride or the dilation";
    full[i] = (src[2 + i] - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 + extra[i];
  }
  if (groups < 1 || src[1] % groups != 0 || weights.shape[0] != src[1]) {
    return "weights " + text_of(weights.shape) + " do not fit " + std::to_string(src[1]) + " channels in " + std::to_string(groups) + " group(s)";
  }
  const std::int64_t out_channels = weights.shape[1] * groups;
  if (has_input(node, 2) && element_count(shape_of(graph, node, 2)) != out_channels) return "its bias has not one element per output channel";
  std::vector<std::int64_t> pads;
  if (std::string refusal = resolve_pads(node, src, full, strides, pads); !refusal.empty()) return refusal;
  if (pads.size() != 4 || std::any_of(pads.begin(), pads.end(), [](std::int64_t pad) { return pad < 0 || pad > 4096; })) return "pads must be four numbers from 0 to 4096";
  node.attributes["pads"] = pads;
  node.attributes["strides"] = strides;
  node.attributes["dilations"] = dilations;
  node.attributes["group"] = groups;
  set_shape(graph, node, {1, out_channels, full[0] - pads[0] - pads[2], full[1] - pads[1] - pads[3]});
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) { return lowered_conv(graph, node, "plain_conv_transpose", plain_conv_transpose); }

}  // namespace

void register_op_conv_transpose(OpRegistry& registry) {
  registry.add({"conv_transpose", {"ConvTranspose"}, "One- and two-dimensional, with groups, strides, dilations, any padding and output_shape; constant weights.", infer});
}

void register_primitive_ops_conv_transpose(PrimitiveRegistry& registry) { registry.add(reference_primitive("conv_transpose", lower)); }

}  // namespace lne
