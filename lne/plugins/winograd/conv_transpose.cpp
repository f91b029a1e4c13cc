/// Winograd for transposed convolution of 4 x 4 with stride 2: four convolutions of 2 x 2, one for each line and column modulo 2.
#include "forms.hpp"

namespace lne {
namespace {

// kernel-begin
// They stand in simd/winograd.hpp, for both primitives of this plugin.
// kernel-end

using namespace winograd;

constexpr TransformsOfForm kForms[] = {offer<2, 2, 2, 2>(), offer<3, 2, 3, 2>(), offer<4, 2, 4, 2>(), offer<6, 2, 6, 2>()};

/// The part of the result's lines, or columns, 2 i + a - pad: `first` is the smallest, and output n reads sources n - pad and the one behind.
struct Half {
  std::int64_t first, pad, count;
};

Half half_of(std::int64_t a, std::int64_t pad, std::int64_t out) {
  const std::int64_t begin = pad <= a ? 0 : (pad - a + 1) / 2, first = 2 * begin + a - pad;
  return {first, 1 - begin, (out - first + 1) / 2};
}

/// Of one of the four, as large as the largest of them.
Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const std::int64_t channels = shape_of(graph, node, 0)[1];
  return {channels, padded_channels(channels), padded_channels(dst[1]), 2, 2, dst[2] / 2, dst[3] / 2, 4};
}

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  if (node.integer("group", 1) != 1) return "it is for one group";
  if (kernel[2] != 4 || kernel[3] != 4 || node.integers("strides", {}) != std::vector<std::int64_t>{2, 2}) return "it is for kernels of 4 x 4 and stride 2";
  if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1}) return "it is for taps that lie side by side";
  if (dst[2] % 2 != 0 || dst[3] % 2 != 0 || dst[2] * dst[3] == 0) return "its result has an odd number of lines or columns";
  if (dst[2] * dst[3] * padded_channels(dst[1]) > (1 << 28) || kernel[0] * kernel[1] > (1 << 24)) return "it is too large for 32-bit positions";
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Sizes sizes = sizes_of(graph, node);
  const Form form = form_of(sizes, variant);
  const TransformsOfForm& transforms = transforms_of(kForms, form);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {});
  const std::int64_t out = shape_of(graph, node, 1)[1], step = dst_step_of(graph, node), addend_step = residual_step_of(graph, node);
  const std::vector<float>& given = graph.value(node.inputs[1]).floats;
  std::vector<WinogradPart> parts;
  std::vector<float> weights;
  for (std::int64_t phase = 0; phase < 4; ++phase) {
    const Half down = half_of(phase / 2, pads[0], dst[2]), across = half_of(phase % 2, pads[1], dst[3]);
    const std::int64_t at = down.first * dst[3] + across.first;
    WinogradShape s = shape_of_part(graph, node, sizes, form);
    s.pad_top = static_cast<int>(down.pad);
    s.pad_left = static_cast<int>(across.pad);
    s.dst_column = static_cast<int>(2 * step);
    s.dst_row = static_cast<int>(2 * dst[3] * step);
    s.residual_column = static_cast<int>(2 * addend_step);
    s.residual_row = static_cast<int>(2 * dst[3] * addend_step);
    parts.push_back({s, 0, static_cast<int>(at * step), static_cast<int>(at * addend_step), 0});
    pack_part(weights, sizes, form, transforms.kernel, out, [&](std::int64_t oc, std::int64_t c, float* to) {
      // Taps a and a + 2 of the kernel meet sources i and i - 1, so the convolution has them turned round.
      for (std::int64_t tap = 0; tap < 4; ++tap) {
        const std::int64_t ky = phase / 2 + 2 - tap / 2 * 2, kx = phase % 2 + 2 - tap % 2 * 2;
        to[tap] = given[static_cast<std::size_t>(((c * out + oc) * 4 + ky) * 4 + kx)];
      }
    });
  }
  return lower_parts(graph, node, sizes, form, transforms.form, parts, std::move(weights));
}

}  // namespace

void register_primitive_winograd_conv_transpose(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("winograd.conv_transpose", "conv_transpose");
  primitive.refuse = refuse;
  primitive.variants = [](const Graph& graph, const Node& node) { return variants_of(forms_for(kForms, sizes_of(graph, node), graph)); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.is_approximate = true;
  primitive.preference = [](const Graph& graph, const Node& node) {
    const Sizes sizes = sizes_of(graph, node);
    return cycles_of(graph.vector_unit, sizes, forms_for(kForms, sizes, graph).front()) < 0.9 * direct_cycles_of(sizes) ? 30 : 5;
  };
  registry.add(std::move(primitive));
}

}  // namespace lne
