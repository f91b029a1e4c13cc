/// Slice, Split, Expand and Tile copy elements at fixed steps: a part of a tensor, or a tensor repeated.
#include <algorithm>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result, how far a step along each of its dimensions moves in the source (0 repeats), and where the first element lies.
struct SliceShape {
  int extents[8];
  int steps[8];
  int offset;
};

static inline void slice(const SliceShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (long out = 0;;) {
    long from = s.offset;
    for (int d = 0; d < 7; ++d) from += static_cast<long>(at[d]) * s.steps[d];
    for (int i = 0; i < s.extents[7]; ++i) dst[out++] = src[0][from + static_cast<long>(i) * s.steps[7]];
    int d = 6;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

void set_copy(Graph& graph, Node& node, const Shape& out, std::int64_t offset, std::vector<std::int64_t> steps) {
  node.inputs.resize(1);
  node.attributes["offset"] = offset;
  node.attributes["steps"] = std::move(steps);
  set_shape(graph, node, out);
}

/// The range [start, end) in steps as ONNX reads it: counted from the back where negative, cut to the extent.
void clamp_range(std::int64_t extent, std::int64_t step, std::int64_t& start, std::int64_t& end) {
  if (start < 0) start += extent;
  if (end < 0) end += extent;
  start = std::clamp<std::int64_t>(start, 0, step > 0 ? extent : extent - 1);
  end = std::clamp<std::int64_t>(end, step > 0 ? 0 : -1, extent);
}

std::string infer_slice(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> starts, ends, axes, strides;
  bool has_starts = false, has_ends = false, has_axes = false, has_steps = false;
  for (const auto& [input, name, values, found] : {std::tuple{1, "starts", &starts, &has_starts}, {2, "ends", &ends, &has_ends}, {3, "axes", &axes, &has_axes}, {4, "steps", &strides, &has_steps}}) {
    if (std::string refusal = read_integers(graph, node, static_cast<std::size_t>(input), name, *values, *found); !refusal.empty()) return refusal;
  }
  for (std::size_t i = axes.size(); !has_axes && i < starts.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  if (!has_steps) strides.assign(starts.size(), 1);
  if (!has_starts || !has_ends || ends.size() != starts.size() || axes.size() != starts.size() || strides.size() != starts.size()) return "starts, ends, axes and steps must be there and of one length";
  Shape out = src;
  std::vector<std::int64_t> steps = steps_of(src);
  std::int64_t offset = 0;
  std::vector<bool> is_done(src.size(), false);
  for (std::size_t i = 0; i < axes.size(); ++i) {
    if (!resolve_axis(axes[i], src.size())) return "its axis " + std::to_string(axes[i]) + " lies outside " + text_of(src);
    const std::size_t axis = static_cast<std::size_t>(axes[i]);
    if (strides[i] == 0 || is_done[axis]) return "its steps must not be 0, and each axis stands once";
    is_done[axis] = true;
    clamp_range(src[axis], strides[i], starts[i], ends[i]);
    const std::int64_t room = strides[i] > 0 ? ends[i] - starts[i] : starts[i] - ends[i];
    const std::int64_t stride = std::clamp<std::int64_t>(strides[i], -src[axis] - 1, src[axis] + 1), reach = stride > 0 ? stride : -stride;
    out[axis] = room > 0 ? (room + reach - 1) / reach : 0;
    offset += starts[i] * steps[axis];
    steps[axis] *= stride;
  }
  set_copy(graph, node, out, offset, steps);
  return {};
}

std::string infer_split(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::int64_t axis = node.integer("axis", 0);
  if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
  const std::int64_t extent = src[static_cast<std::size_t>(axis)], count = static_cast<std::int64_t>(node.outputs.size());
  std::vector<std::int64_t> sizes;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "split", sizes, is_given); !refusal.empty()) return refusal;
  if (!is_given) {
    const std::int64_t each = (extent + count - 1) / count;
    for (std::int64_t left = extent; static_cast<std::int64_t>(sizes.size()) < count; left -= each) sizes.push_back(std::clamp<std::int64_t>(left, 0, each));
  }
  if (sizes.size() != node.outputs.size()) return "it has " + std::to_string(count) + " results and " + std::to_string(sizes.size()) + " sizes";
  LayerBuilder builder(graph, node);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] < 0 || sizes[i] > extent - start) return "its sizes do not fit the extent " + std::to_string(extent);
    const std::vector<ValueId> range{node.inputs[0], builder.integers({start}), builder.integers({start + sizes[i]}), builder.integers({axis})};
    start += sizes[i];
    if (i + 1 == sizes.size()) {
      if (start != extent) return "its sizes do not fit the extent " + std::to_string(extent);
      node.outputs = {node.outputs[i]};
      return builder.finish(node, "Slice", range);
    }
    builder.add_output(node.outputs[i], "Slice", range);
  }
  return "it has no results";
}

std::string infer_expand(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> wanted;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "shape", wanted, is_given); !refusal.empty()) return refusal;
  Shape out;
  if (!is_given || !broadcast(src, wanted, out)) return "the shapes " + text_of(src) + " and " + text_of(wanted) + " do not fit";
  const std::vector<std::int64_t> source = steps_of(src);
  std::vector<std::int64_t> steps(out.size(), 0);
  for (std::size_t i = 0; i < src.size(); ++i) steps[out.size() - src.size() + i] = src[i] == 1 ? 0 : source[i];
  set_copy(graph, node, out, 0, steps);
  return {};
}

/// [a, b] repeated r times along b is [a, 1, b] expanded to [a, r, b].
std::string infer_tile(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> repeats;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "repeats", repeats, is_given); !refusal.empty()) return refusal;
  if (!is_given || repeats.size() != src.size()) return "its repeats must have one entry per dimension of " + text_of(src);
  Shape open, full, out;
  for (std::size_t i = 0; i < src.size(); ++i) {
    if (repeats[i] < 1 || repeats[i] > kMostElements) return "its repeats must be positive";
    if (repeats[i] > 1) open.push_back(1);
    if (repeats[i] > 1) full.push_back(repeats[i]);
    open.push_back(src[i]);
    full.push_back(src[i]);
    out.push_back(src[i] * repeats[i]);
  }
  LayerBuilder builder(graph, node);
  const ValueId repeated = builder.add("Expand", {builder.reshape(node.inputs[0], open), builder.integers(full)});
  return builder.finish(node, "Reshape", {repeated, builder.integers(out)});
}

std::string infer(Graph& graph, Node& node) {
  const std::string name = node.string("onnx", "");
  if (name == "Split") return infer_split(graph, node);
  if (name == "Expand") return infer_expand(graph, node);
  if (name == "Tile") return infer_tile(graph, node);
  return infer_slice(graph, node);
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  const auto steps = node.integers("steps", {});
  SliceShape s{{1, 1, 1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0, 0, 0}, static_cast<int>(node.integer("offset", 0))};
  for (std::size_t i = 0; i < out.size(); ++i) {
    s.extents[8 - out.size() + i] = static_cast<int>(out[i]);
    s.steps[8 - out.size() + i] = static_cast<int>(steps[i]);
  }
  return lowered_kernel("slice", slice, "SliceShape", s, "{" + braced_ints(s.extents) + ", " + braced_ints(s.steps) + ", " + std::to_string(s.offset) + "}");
}

}  // namespace

void register_op_slice(OpRegistry& registry) {
  OpDefinition definition{"slice", {"Slice", "Split", "Expand", "Tile"}, "Constant ranges, sizes, shapes and repeats; steps of either sign.", infer};
  definition.only_moves = true;
  registry.add(std::move(definition));
}

void register_primitive_ops_slice(PrimitiveRegistry& registry) { registry.add(reference_primitive("slice", lower)); }

}  // namespace lne
