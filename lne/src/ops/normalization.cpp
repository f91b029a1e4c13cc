/// Layer, instance, group and root-mean-square normalization: rows of elements are brought to mean 0 and deviation 1 (or to length 1), then scaled and shifted.
#include <algorithm>
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Rows of `extent` elements. The scale of element i of a row is number row % row_period * row_step + i / element_divisor.
struct NormalizationShape {
  int rows, extent;
  int row_period, row_step, element_divisor;
  int centers;  // whether the mean is taken away first
  int factors;  // how many scales there are
  float epsilon;
};

/// weights: the scales, then the shifts. Sums in double: rows may be long.
static inline void normalize(const NormalizationShape& s, const float* const* src, const float* weights, float* dst, float*) {
  for (int row = 0; row < s.rows; ++row) {
    const float* x = src[0] + static_cast<long>(row) * s.extent;
    double mean = 0.0, squares = 0.0;
    for (int i = 0; s.centers && i < s.extent; ++i) mean += static_cast<double>(x[i]);
    mean /= s.extent;
    for (int i = 0; i < s.extent; ++i) squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
    const float share = static_cast<float>(1.0 / std::sqrt(squares / s.extent + static_cast<double>(s.epsilon)));
    const int first = row % s.row_period * s.row_step;
    for (int i = 0; i < s.extent; ++i) {
      const int at = first + i / s.element_divisor;
      dst[static_cast<long>(row) * s.extent + i] = (x[i] - static_cast<float>(mean)) * share * weights[at] + weights[s.factors + at];
    }
  }
}
// kernel-end

/// Puts the view that the kernel works on into the node, and checks the factors against it.
std::string set_view(Graph& graph, Node& node, std::vector<std::int64_t> view, std::int64_t factors, bool centers) {
  for (std::size_t i = 1; i < 3; ++i) {
    if (has_input(node, i) && (!is_constant(graph, node, i) || graph.value(node.inputs[i]).dtype != DType::kFloat32 || element_count(shape_of(graph, node, i)) != factors)) {
      return "its scale and bias must be constant with " + std::to_string(factors) + " elements";
    }
  }
  node.inputs.resize(std::min<std::size_t>(node.inputs.size(), 3));
  node.attributes["view"] = std::move(view);
  node.attributes["factors"] = factors;
  node.attributes["centers"] = static_cast<std::int64_t>(centers);
  set_shape(graph, node, shape_of(graph, node, 0));
  return {};
}

std::int64_t count_from(const Shape& shape, std::size_t first) { return element_count(Shape(shape.begin() + static_cast<std::ptrdiff_t>(first), shape.end())); }

/// Mean and variance over batch and positions as a rule: the axes are brought to the back, normalized, and brought back.
std::string infer_over_axes(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> axes = node.integers("axes", {0, 2, 3}), order, back(src.size());
  std::vector<bool> is_reduced(src.size(), false);
  for (std::int64_t& axis : axes) {
    if (!resolve_axis(axis, src.size())) return "its axes lie outside " + text_of(src);
    is_reduced[static_cast<std::size_t>(axis)] = true;
  }
  for (const bool wanted : {false, true}) {
    for (std::size_t i = 0; i < src.size(); ++i) {
      if (is_reduced[i] == wanted) order.push_back(static_cast<std::int64_t>(i));
    }
  }
  for (std::size_t i = 0; i < order.size(); ++i) back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  LayerBuilder builder(graph, node);
  const ValueId moved = builder.add("Transpose", {node.inputs[0]}, {{"perm", order}});
  if (moved < 0) return builder.refusal();
  const std::int64_t first = static_cast<std::int64_t>(src.size()) - static_cast<std::int64_t>(std::count(is_reduced.begin(), is_reduced.end(), true));
  const Shape whole = builder.shape(moved), normalized(whole.begin() + first, whole.end());
  const ValueId ones = builder.floats(normalized, std::vector<float>(static_cast<std::size_t>(element_count(normalized)), 1.0f));
  const ValueId normal = builder.add("LayerNormalization", {moved, ones}, {{"axis", first}, {"epsilon", 1e-9}});
  return builder.finish(node, "Transpose", {normal}, {{"perm", back}});
}

/// Gives constant factors that are broadcast over some dimensions the whole shape.
std::string spread_factors(Graph& graph, Node& node, const Shape& wanted) {
  LayerBuilder builder(graph, node);
  for (std::size_t i = 1; i < 3; ++i) {
    if (!has_input(node, i) || !is_constant(graph, node, i) || shape_of(graph, node, i) == wanted) continue;
    Shape joined;
    if (!broadcast(shape_of(graph, node, i), wanted, joined) || joined != wanted) return "its scale and bias " + text_of(shape_of(graph, node, i)) + " do not fit the last dimensions " + text_of(wanted);
    node.inputs[i] = builder.add("Expand", {node.inputs[i], builder.integers(wanted)});
  }
  return builder.refusal();
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::string name = node.string("onnx", "");
  if (src.size() < 2 && name != "LayerNormalization" && name != "RMSNormalization") return "the input " + text_of(src) + " must have at least two dimensions";
  if (name == "MeanVarianceNormalization") return infer_over_axes(graph, node);
  if (!has_input(node, 1)) return "it has no scale";
  if (name == "LayerNormalization" || name == "RMSNormalization") {
    std::int64_t axis = node.integer("axis", -1);
    if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
    const std::int64_t extent = count_from(src, static_cast<std::size_t>(axis));
    if (std::string refusal = spread_factors(graph, node, Shape(src.begin() + axis, src.end())); !refusal.empty()) return refusal;
    return set_view(graph, node, {element_count(src) / extent, extent, 1, 0, 1}, extent, name == "LayerNormalization");
  }
  const std::int64_t plane = count_from(src, 2), channels = src[1];
  if (name == "InstanceNormalization") return set_view(graph, node, {src[0] * channels, plane, channels, 1, plane}, channels, true);
  const std::int64_t groups = node.integer("num_groups", 0);
  if (groups < 1 || channels % groups != 0) return "num_groups " + std::to_string(groups) + " does not divide " + std::to_string(channels) + " channels";
  if (node.integer("opset", 21) < 21) {
    // One factor per group in opset 18: each channel of the group gets it.
    for (std::size_t i = 1; i < 3; ++i) {
      if (!is_constant(graph, node, i) || graph.value(node.inputs[i]).dtype != DType::kFloat32 || element_count(shape_of(graph, node, i)) != groups) return "its scale and bias must be constant float32 with one element per group";
      std::vector<float> each;
      for (std::int64_t c = 0; c < channels; ++c) each.push_back(graph.value(node.inputs[i]).floats[static_cast<std::size_t>(c * groups / channels)]);
      node.inputs[i] = LayerBuilder(graph, node).floats({channels}, std::move(each));
    }
  }
  return set_view(graph, node, {src[0] * groups, channels / groups * plane, groups, channels / groups, plane}, channels, true);
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  const NormalizationShape s{i(0), i(1), i(2), i(3), i(4), static_cast<int>(node.integer("centers", 1)), static_cast<int>(node.integer("factors", 1)), static_cast<float>(node.real("epsilon", 1e-5))};
  Lowered lowered = lowered_kernel("normalize", normalize, "NormalizationShape", s, "{" + listed(view) + ", " + listed({s.centers, s.factors}) + ", " + float_text(s.epsilon) + "}");
  lowered.weights = normalization_weights(graph, node);
  return lowered;
}

}  // namespace

void register_op_normalization(OpRegistry& registry) {
  registry.add({"normalization", {"LayerNormalization", "InstanceNormalization", "GroupNormalization", "RMSNormalization", "MeanVarianceNormalization"}, "Over the last dimensions, each channel, groups of channels, or any axes; constant factors.", infer});
}

void register_primitive_ops_normalization(PrimitiveRegistry& registry) { registry.add(reference_primitive("normalization", lower)); }

}  // namespace lne
