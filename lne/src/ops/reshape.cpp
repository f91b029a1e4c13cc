/// Reshape, Flatten, Squeeze, Unsqueeze, Identity and Dropout give the same elements under another shape: views, which cost nothing.
#include <algorithm>

#include "op.hpp"

namespace lne {
namespace {

/// Axes from an input (newer opsets) or an attribute.
std::vector<std::int64_t> axes_of(const Graph& graph, const Node& node) {
  if (has_input(node, 1) && graph.value(node.inputs[1]).is_constant) return graph.value(node.inputs[1]).ints;
  return node.integers("axes", {});
}

std::string reshape(const Graph& graph, const Node& node, const Shape& src, Shape& out) {
  if (!has_input(node, 1) || !graph.value(node.inputs[1]).is_constant) return "its new shape must be constant";
  out = graph.value(node.inputs[1]).ints;
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && node.integer("allowzero", 0) == 0) out[i] = i < src.size() ? src[i] : 1;
    if (out[i] < -1) return "the new shape " + text_of(out) + " is impossible";
    if (out[i] == -1 && open) return "the new shape has two open dimensions";
    if (out[i] == -1) open = &out[i];
    else if (out[i] > 0 && known > (std::int64_t{1} << 40) / out[i]) return "the new shape is too large";
    else known *= out[i];
  }
  if (open) *open = known > 0 ? element_count(src) / known : 0;
  return {};
}

std::string flatten(const Node& node, const Shape& src, Shape& out) {
  std::int64_t axis = node.integer("axis", 1);
  const std::int64_t rank = static_cast<std::int64_t>(src.size());
  if (axis < 0) axis += rank;
  if (axis < 0 || axis > rank) return "its axis lies outside " + text_of(src);
  out = {1, 1};
  for (std::int64_t d = 0; d < rank; ++d) out[d < axis ? 0 : 1] *= src[static_cast<std::size_t>(d)];
  return {};
}

std::string squeeze(const std::vector<std::int64_t>& axes, const Shape& src, Shape& out) {
  const std::int64_t rank = static_cast<std::int64_t>(src.size());
  for (std::int64_t d = 0; d < rank; ++d) {
    const bool is_named = std::any_of(axes.begin(), axes.end(), [&](std::int64_t axis) { return axis == d || axis + rank == d; });
    const std::int64_t extent = src[static_cast<std::size_t>(d)];
    if (is_named && extent != 1) return "it squeezes a dimension of " + std::to_string(extent);
    if (!(is_named || (axes.empty() && extent == 1))) out.push_back(extent);
  }
  return {};
}

std::string unsqueeze(const std::vector<std::int64_t>& axes, const Shape& src, Shape& out) {
  const std::int64_t rank = static_cast<std::int64_t>(src.size() + axes.size());
  std::size_t next = 0;
  for (std::int64_t d = 0; d < rank; ++d) {
    const bool is_named = std::any_of(axes.begin(), axes.end(), [&](std::int64_t axis) { return axis == d || axis + rank == d; });
    if (!is_named && next >= src.size()) return "its axes are impossible";
    out.push_back(is_named ? 1 : src[next++]);
  }
  return next == src.size() ? std::string() : "its axes are impossible";
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::string name = node.string("onnx", "");
  Shape out;
  std::string refusal;
  if (name == "Reshape") refusal = reshape(graph, node, src, out);
  else if (name == "Flatten") refusal = flatten(node, src, out);
  else if (name == "Squeeze") refusal = squeeze(axes_of(graph, node), src, out);
  else if (name == "Unsqueeze") refusal = unsqueeze(axes_of(graph, node), src, out);
  else out = src;
  if (!refusal.empty()) return refusal;
  if (element_count(out) != element_count(src)) return "the shapes " + text_of(src) + " and " + text_of(out) + " differ in size";
  const Value source = graph.value(node.inputs[0]);
  node.inputs.resize(1);
  set_shape(graph, node, out);
  if (source.is_constant) {
    Value& made = graph.value(node.outputs[0]);
    made.is_constant = true;
    made.dtype = source.dtype;
    made.floats = source.floats;
    made.ints = source.ints;
  }
  return {};
}

}  // namespace

void register_op_reshape(OpRegistry& registry) {
  registry.add({"reshape", {"Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout"}, "The same elements under another shape, without a copy.", infer});
}

}  // namespace lne
