/// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
#include "forms.hpp"

namespace lne {
namespace {

// kernel-begin
// They stand in simd/winograd.hpp, for both primitives of this plugin.
// kernel-end

using namespace winograd;

/// Square kernels, and those of one row or one column.
constexpr TransformsOfForm kForms[] = {
    offer<2, 3, 2, 3>(), offer<4, 3, 4, 3>(), offer<6, 3, 6, 3>(), offer<2, 5, 2, 5>(), offer<4, 5, 4, 5>(), offer<1, 1, 2, 3>(), offer<1, 1, 4, 3>(), offer<1, 1, 6, 3>(),
    offer<1, 1, 2, 5>(), offer<1, 1, 4, 5>(), offer<2, 3, 1, 1>(), offer<4, 3, 1, 1>(), offer<6, 3, 1, 1>(), offer<2, 5, 1, 1>(), offer<4, 5, 1, 1>(),
};

/// Of one group.
Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const std::int64_t groups = node.integer("group", 1), channels = shape_of(graph, node, 0)[1] / groups;
  return {channels, padded_channels(channels), padded_channels(dst[1]) / groups, kernel[2], kernel[3], dst[2], dst[3], groups};
}

std::string refuse(const Graph& graph, const Node& node) {
  const std::int64_t groups = node.integer("group", 1), channels = shape_of(graph, node, 0)[1], out = graph.value(node.outputs[0]).shape[1];
  if (groups != 1 && groups != 2 && groups != 4) return "it is for one, two or four groups";
  if (groups != 1 && (channels % (8 * groups) != 0 || out % (8 * groups) != 0)) return "its groups of channels fill no vectors of eight";
  for (const char* name : {"strides", "dilations"}) {
    for (const std::int64_t value : node.integers(name, {})) {
      if (value != 1) return "it is for stride and dilation 1";
    }
  }
  const Sizes sizes = sizes_of(graph, node);
  if (sizes.height * sizes.width * sizes.out_channels > (1 << 28) || sizes.channels * sizes.out_channels > (1 << 24)) return "it is too large for 32-bit positions";
  if (forms_for(kForms, sizes, graph).empty()) return "it is for kernels of 3 x 3, 5 x 5, and one row or column of 3 or 5";
  return {};
}

bool pays(const Graph& graph, const Node& node) {
  const Sizes sizes = sizes_of(graph, node);
  return cycles_of(graph.vector_unit, sizes, forms_for(kForms, sizes, graph).front()) < 0.9 * direct_cycles_of(sizes);
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Sizes sizes = sizes_of(graph, node);
  const Form form = form_of(sizes, variant);
  const TransformsOfForm& transforms = transforms_of(kForms, form);
  const auto pads = node.integers("pads", {});
  const std::int64_t plane = sizes.taps_y * sizes.taps_x;
  const std::vector<float>& given = graph.value(node.inputs[1]).floats;
  std::vector<WinogradPart> parts;
  std::vector<float> weights;
  for (std::int64_t group = 0; group < sizes.parts; ++group) {
    WinogradShape s = shape_of_part(graph, node, sizes, form);
    s.pad_top = static_cast<int>(pads[0]);
    s.pad_left = static_cast<int>(pads[1]);
    s.dst_column = static_cast<int>(dst_step_of(graph, node));
    s.dst_row = s.out_width * s.dst_column;
    s.residual_column = static_cast<int>(residual_step_of(graph, node));
    s.residual_row = s.out_width * s.residual_column;
    const int first = static_cast<int>(group * sizes.out_channels);
    parts.push_back({s, static_cast<int>(group * sizes.channels), first, first, first});
    pack_part(weights, sizes, form, transforms.kernel, shape_of(graph, node, 1)[0] / sizes.parts, [&](std::int64_t oc, std::int64_t c, float* to) {
      std::copy_n(given.begin() + ((first + oc) * sizes.used_channels + c) * plane, plane, to);
    });
  }
  return lower_parts(graph, node, sizes, form, transforms.form, parts, std::move(weights));
}

}  // namespace

void register_primitive_winograd_conv_winograd(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("winograd.conv", "conv");
  primitive.refuse = refuse;
  primitive.variants = [](const Graph& graph, const Node& node) { return variants_of(forms_for(kForms, sizes_of(graph, node), graph)); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.is_approximate = true;
  // Where it does not pay it still goes before the reference.
  primitive.preference = [](const Graph& graph, const Node& node) { return pays(graph, node) ? 30 : 5; };
  registry.add(std::move(primitive));
}

}  // namespace lne
