/// Reshape, Flatten, Squeeze, Unsqueeze, Identity and Dropout give the same elements under another shape: views, which cost nothing.
#include <algorithm>

#include "op_builder.hpp"

namespace lne {
namespace {

std::string reshape(const Graph& graph, const Node& node, const Shape& src, Shape& out) {
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "shape", out, is_given); !refusal.empty()) return refusal;
  if (!is_given) return "its new shape is missing";
  if (out.size() > kMostDimensions) return "the new shape has " + std::to_string(out.size()) + " dimensions; at most " + std::to_string(kMostDimensions) + " are supported";
  std::int64_t known = 1;
  std::int64_t* open = nullptr;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 0 && node.integer("allowzero", 0) == 0) out[i] = i < src.size() ? src[i] : 1;
    if (out[i] < -1) return "the new shape " + text_of(out) + " is impossible";
    if (out[i] == -1 && open) return "the new shape has two open dimensions";
    if (out[i] == -1) open = &out[i];
    else if (out[i] > 0 && known > kMostElements / out[i]) return "the new shape is too large";
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

/// Marks the axes that are named. @returns a refusal, or nothing
std::string mark_axes(const Graph& graph, const Node& node, std::size_t rank, std::vector<bool>& is_named) {
  std::vector<std::int64_t> axes;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "axes", axes, is_given); !refusal.empty()) return refusal;
  if (axes.size() > kMostDimensions) return "it names more axes than there can be";
  is_named.assign(rank + (node.string("onnx", "") == "Unsqueeze" ? axes.size() : 0), false);
  for (std::int64_t axis : axes) {
    if (!resolve_axis(axis, is_named.size()) || is_named[static_cast<std::size_t>(axis)]) return "its axes are impossible";
    is_named[static_cast<std::size_t>(axis)] = true;
  }
  return {};
}

std::string squeeze(const Graph& graph, const Node& node, const Shape& src, Shape& out) {
  std::vector<bool> is_named;
  if (std::string refusal = mark_axes(graph, node, src.size(), is_named); !refusal.empty()) return refusal;
  const bool takes_all = std::find(is_named.begin(), is_named.end(), true) == is_named.end();
  for (std::size_t d = 0; d < src.size(); ++d) {
    if (is_named[d] && src[d] != 1) return "it squeezes a dimension of " + std::to_string(src[d]);
    if (!(is_named[d] || (takes_all && src[d] == 1))) out.push_back(src[d]);
  }
  return {};
}

std::string unsqueeze(const Graph& graph, const Node& node, const Shape& src, Shape& out) {
  std::vector<bool> is_named;
  if (std::string refusal = mark_axes(graph, node, src.size(), is_named); !refusal.empty()) return refusal;
  std::size_t next = 0;
  for (const bool is_new : is_named) out.push_back(is_new ? 1 : src[next++]);
  return {};
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::string name = node.string("onnx", "");
  Shape out;
  std::string refusal;
  if (name == "Reshape") refusal = reshape(graph, node, src, out);
  else if (name == "Flatten") refusal = flatten(node, src, out);
  else if (name == "Squeeze") refusal = squeeze(graph, node, src, out);
  else if (name == "Unsqueeze") refusal = unsqueeze(graph, node, src, out);
  else out = src;
  if (!refusal.empty()) return refusal;
  if (element_count(out) != element_count(src)) return "the shapes " + text_of(src) + " and " + text_of(out) + " differ in size";
  if (name == "Dropout" && is_constant(graph, node, 2) && floats_in(graph.value(node.inputs[2])) != std::vector<float>{0.0f}) return "it is in training mode; export the model for inference";
  node.inputs.resize(1);
  set_shape(graph, node, out);
  if (is_constant(graph, node, 0)) {
    const Value source = graph.value(node.inputs[0]);
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
