/// ReduceMean over height and width is global average pooling; other axes are not supported.
#include <algorithm>

#include "op.hpp"

namespace lne {
namespace {

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::vector<std::int64_t> axes = node.integers("axes", {});
  if (has_input(node, 1) && graph.value(node.inputs[1]).is_constant) axes = graph.value(node.inputs[1]).ints;
  for (std::int64_t& axis : axes) axis += axis < 0 ? static_cast<std::int64_t>(src.size()) : 0;
  std::sort(axes.begin(), axes.end());
  if (src.size() != 4 || src[0] != 1 || axes != std::vector<std::int64_t>{2, 3}) return "only the mean over height and width of [1, channels, height, width] is supported";
  node.op = "pool";
  node.inputs.resize(1);
  node.attributes["kernel_shape"] = std::vector<std::int64_t>{src[2], src[3]};
  node.attributes["strides"] = std::vector<std::int64_t>{1, 1};
  node.attributes["pads"] = std::vector<std::int64_t>{0, 0, 0, 0};
  node.attributes["maximum"] = std::int64_t{0};
  set_shape(graph, node, node.integer("keepdims", 1) != 0 ? Shape{1, src[1], 1, 1} : Shape{1, src[1]});
  return {};
}

}  // namespace

void register_op_reduce_mean(OpRegistry& registry) { registry.add({"reduce_mean", {"ReduceMean"}, "Over height and width only.", infer}); }

}  // namespace lne
