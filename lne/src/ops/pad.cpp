/// Pad puts elements around a tensor: a constant, the edge repeated, or the tensor reflected or wrapped around; negative paddings cut off.
#include <algorithm>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of source and result, the steps of the source, and the elements before the source along each dimension.
struct PadShape {
  int mode;  // 0 constant, 1 reflect, 2 edge, 3 wrap
  int in[8];
  int extents[8];
  int steps[8];
  int before[8];
  float value;
};

static inline void pad(const PadShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (long out = 0;; ++out) {
    long from = 0;
    bool is_inside = true;
    for (int d = 0; d < 8; ++d) {
      int i = at[d] - s.before[d];
      if (s.mode == 0) is_inside = is_inside && i >= 0 && i < s.in[d];
      if (s.mode == 2) i = i < 0 ? 0 : i >= s.in[d] ? s.in[d] - 1 : i;
      if (s.mode == 3) i = (i % s.in[d] + s.in[d]) % s.in[d];
      if (s.mode == 1 && s.in[d] > 1) {
        const int period = 2 * (s.in[d] - 1);
        i = (i % period + period) % period;
        i = i < s.in[d] ? i : period - i;
      }
      if (s.mode == 1 && s.in[d] == 1) i = 0;
      from += static_cast<long>(i) * s.steps[d];
    }
    dst[out] = is_inside ? src[0][from] : s.value;
    int d = 7;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

const std::vector<std::string> kModes{"constant", "reflect", "edge", "wrap"};

std::string read_value(const Graph& graph, const Node& node, double& value) {
  value = node.real("value", 0.0);
  if (!has_input(node, 2)) return {};
  const Value& given = graph.value(node.inputs[2]);
  if (!given.is_constant || element_count(given.shape) != 1) return "its value must be a constant number";
  value = static_cast<double>(floats_in(given)[0]);
  return {};
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> pads, axes;
  bool has_pads = false, has_axes = false;
  if (std::string refusal = read_integers(graph, node, 1, "pads", pads, has_pads); !refusal.empty()) return refusal;
  if (std::string refusal = read_integers(graph, node, 3, "axes", axes, has_axes); !refusal.empty()) return refusal;
  double value = 0;
  if (std::string refusal = read_value(graph, node, value); !refusal.empty()) return refusal;
  const auto mode = std::find(kModes.begin(), kModes.end(), node.string("mode", "constant"));
  if (mode == kModes.end()) return "mode '" + node.string("mode", "") + "' is not supported; constant, reflect, edge and wrap are";
  for (std::size_t i = 0; !has_axes && i < src.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (pads.size() != 2 * axes.size()) return "its pads must be two numbers per axis";
  Shape out = src, before(src.size(), 0);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!resolve_axis(axes[i], src.size())) return "its axes lie outside " + text_of(src);
    const std::size_t axis = static_cast<std::size_t>(axes[i]);
    const std::int64_t after = pads[axes.size() + i];
    if (std::max(pads[i], after) > kMostElements || std::min(pads[i], after) < -src[axis]) return "its pads are impossible for " + text_of(src);
    before[axis] = pads[i];
    out[axis] = src[axis] + pads[i] + after;
    if (out[axis] < 1) return "its pads leave nothing of " + text_of(src);
    if (*mode == "reflect" && std::max(pads[i], after) >= std::max<std::int64_t>(src[axis], 2)) return "its pads are larger than what can be reflected of " + text_of(src);
  }
  node.inputs.resize(1);
  node.attributes["before"] = before;
  node.attributes["mode_index"] = static_cast<std::int64_t>(mode - kModes.begin());
  node.attributes["value"] = value;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& out = graph.value(node.outputs[0]).shape;
  const auto before = node.integers("before", {}), steps = steps_of(src);
  PadShape s{static_cast<int>(node.integer("mode_index", 0)), {1, 1, 1, 1, 1, 1, 1, 1}, {1, 1, 1, 1, 1, 1, 1, 1}, {}, {}, static_cast<float>(node.real("value", 0.0))};
  for (std::size_t i = 0; i < src.size(); ++i) {
    const std::size_t at = 8 - src.size() + i;
    s.in[at] = static_cast<int>(src[i]);
    s.extents[at] = static_cast<int>(out[i]);
    s.steps[at] = static_cast<int>(steps[i]);
    s.before[at] = static_cast<int>(before[i]);
  }
  return lowered_kernel("pad", pad, "PadShape", s, "{" + std::to_string(s.mode) + ", " + braced_ints(s.in) + ", " + braced_ints(s.extents) + ", " + braced_ints(s.steps) + ", " + braced_ints(s.before) + ", " + float_text(s.value) + "}");
}

}  // namespace

void register_op_pad(OpRegistry& registry) { registry.add({"pad", {"Pad"}, "Constant, reflected, edge and wrapped; negative paddings cut off.", infer}); }

void register_primitive_ops_pad(PrimitiveRegistry& registry) { registry.add(reference_primitive("pad", lower)); }

}  // namespace lne
