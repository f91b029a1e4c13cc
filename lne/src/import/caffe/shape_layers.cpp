// Layers of Caffe that move, join and cut tensors, or hand them on.
#include <algorithm>

#include "caffe_layers.hpp"

namespace lne::caffe {
namespace {

bool axis_of(LayerCall& call, const Message& in, const std::string& name, std::int64_t otherwise, std::int64_t& axis) {
  axis = call.integer(in, name, otherwise);
  if (resolve_axis(axis, call.shape().size())) return true;
  call.refuse(name + " " + std::to_string(axis) + " lies outside " + text_of(call.shape()));
  return false;
}

void concat(LayerCall& call) {
  const Message& in = call.parameters("concat_param");
  call.make(0, "Concat", call.sources, {{"axis", call.integer(in, "axis", call.integer(in, "concat_dim", 1))}});
}

void slice(LayerCall& call) {
  const Message& in = call.parameters("slice_param");
  const Shape src = call.shape();
  std::int64_t axis = 0;
  if (!axis_of(call, in, in.find("axis") != nullptr ? "axis" : "slice_dim", 1, axis)) return;
  std::vector<std::int64_t> points = call.integers(in, "slice_point");
  const std::int64_t extent = src[static_cast<std::size_t>(axis)], count = static_cast<std::int64_t>(call.layer.tops.size());
  if (points.empty() && extent % count != 0) return call.refuse(std::to_string(count) + " results do not divide the extent " + std::to_string(extent));
  for (std::int64_t i = 1; points.size() + 1 < call.layer.tops.size() && i < count; ++i) points.push_back(i * extent / count);
  if (static_cast<std::int64_t>(points.size()) != count - 1) return call.refuse("it has " + std::to_string(points.size()) + " slice_point and " + std::to_string(count) + " results");
  points.push_back(extent);
  std::int64_t start = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (points[i] <= start || points[i] > extent) return call.refuse("its slice_point do not fit the extent " + std::to_string(extent));
    call.make(i, "Slice", {call.sources[0], call.builder.integers({start}), call.builder.integers({points[i]}), call.builder.integers({axis})});
    start = points[i];
  }
}

void flatten(LayerCall& call) {
  const Message& in = call.parameters("flatten_param");
  const Shape src = call.shape();
  std::int64_t first = 0, last = 0;
  if (!axis_of(call, in, "axis", 1, first) || !axis_of(call, in, "end_axis", -1, last)) return;
  if (last < first) return call.refuse("end_axis lies before axis");
  Shape out(src.begin(), src.begin() + first);
  out.push_back(element_count(Shape(src.begin() + first, src.begin() + last + 1)));
  out.insert(out.end(), src.begin() + last + 1, src.end());
  call.make(0, "Reshape", {call.sources[0], call.builder.integers(out)});
}

/// The dimensions from `axis` on, `num_axes` of them, become those of the shape: 0 copies an extent, -1 takes what is left.
void reshape(LayerCall& call) {
  const Message& in = call.parameters("reshape_param");
  const Shape src = call.shape();
  std::vector<std::int64_t> dims = call.integers(in.message("shape"), "dim");
  const std::int64_t rank = static_cast<std::int64_t>(src.size()), axis = call.integer(in, "axis", 0), count = call.integer(in, "num_axes", -1);
  const std::int64_t first = axis < 0 ? axis + rank + 1 : axis, last = count < 0 ? rank : first + count;
  if (first < 0 || first > rank || last > rank || dims.size() > kMostDimensions) return call.refuse("axis and num_axes do not fit its input " + text_of(src));
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] != 0) continue;
    if (first + static_cast<std::int64_t>(i) >= rank) return call.refuse("dim 0 stands where its input " + text_of(src) + " has no extent");
    dims[i] = src[static_cast<std::size_t>(first) + i];
  }
  Shape out(src.begin(), src.begin() + first);
  out.insert(out.end(), dims.begin(), dims.end());
  out.insert(out.end(), src.begin() + last, src.end());
  call.make(0, "Reshape", {call.sources[0], call.builder.integers(out)});
}

/// Dimensions that are not named follow in their order.
void permute(LayerCall& call) {
  std::vector<std::int64_t> order = call.integers(call.parameters("permute_param"), "order");
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(call.shape().size()); ++i) {
    if (std::find(order.begin(), order.end(), i) == order.end()) order.push_back(i);
  }
  call.make(0, "Transpose", {call.sources[0]}, {{"perm", order}});
}

/// Cuts the first input to the extents of the second, from an axis on.
void crop(LayerCall& call) {
  const Message& in = call.parameters("crop_param");
  const Shape src = call.shape(), wanted = call.shape(1);
  std::int64_t axis = 0;
  if (!axis_of(call, in, "axis", 2, axis)) return;
  std::vector<std::int64_t> offsets = call.integers(in, "offset"), axes, ends;
  const std::size_t count = src.size() - static_cast<std::size_t>(axis);
  if (wanted.size() != src.size() || (offsets.size() > 1 && offsets.size() != count)) return call.refuse("its inputs " + text_of(src) + " and " + text_of(wanted) + " or its offsets do not fit");
  offsets.resize(count, offsets.empty() ? 0 : offsets.back());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = static_cast<std::size_t>(axis) + i;
    if (offsets[i] < 0 || offsets[i] > src[at] - wanted[at]) return call.refuse("offset " + std::to_string(offsets[i]) + " and extent " + std::to_string(wanted[at]) + " do not fit " + text_of(src));
    axes.push_back(static_cast<std::int64_t>(at));
    ends.push_back(offsets[i] + wanted[at]);
  }
  call.make(0, "Slice", {call.sources[0], call.builder.integers(offsets), call.builder.integers(ends), call.builder.integers(axes)});
}

void tile(LayerCall& call) {
  const Message& in = call.parameters("tile_param");
  std::int64_t axis = 0;
  if (!axis_of(call, in, "axis", 1, axis)) return;
  std::vector<std::int64_t> repeats(call.shape().size(), 1);
  repeats[static_cast<std::size_t>(axis)] = call.integer(in, "tiles", 1);
  call.make(0, "Tile", {call.sources[0], call.builder.integers(repeats)});
}

void shuffle(LayerCall& call) {
  const Shape src = call.shape();
  const std::int64_t group = call.integer(call.parameters("shuffle_channel_param"), "group", 1);
  if (src.size() != 4 || group < 1 || src[1] % group != 0) return call.refuse("group " + std::to_string(group) + " does not fit its input " + text_of(src));
  const ValueId groups = call.builder.reshape(call.sources[0], {src[0], group, src[1] / group, src[2], src[3]});
  const ValueId mixed = call.builder.add("Transpose", {groups}, {{"perm", std::vector<std::int64_t>{0, 2, 1, 3, 4}}});
  call.make(0, "Reshape", {mixed, call.builder.integers(src)});
}

void hand_on(LayerCall& call) {
  for (std::size_t i = 0; i < call.layer.tops.size(); ++i) call.repeat(i, call.sources[0]);
}

}  // namespace

void add_shape_layers(std::vector<LayerType>& types) {
  types.push_back({"Concat", "Any axis.", 1, concat});
  types.push_back({"Slice", "Any axis, equal or given parts.", 1, slice});
  types.push_back({"Split", "", 1, hand_on});
  types.push_back({"Dropout", "Changes nothing in use.", 1, hand_on});
  types.push_back({"Flatten", "Any axes.", 1, flatten});
  types.push_back({"Reshape", "With axis and num_axes.", 1, reshape});
  types.push_back({"Permute", "Up to six dimensions.", 1, permute});
  types.push_back({"Crop", "Any axis and offsets.", 2, crop});
  types.push_back({"Tile", "Any axis.", 1, tile});
  types.push_back({"ShuffleChannel", "", 1, shuffle});
}

}  // namespace lne::caffe
