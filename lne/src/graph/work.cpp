#include "work.hpp"

namespace lne {

std::int64_t multiply_adds_of(const Graph& graph, const Node& node) {
  if (node.op != "conv" && node.op != "conv_transpose" && node.op != "gemm" && node.op != "matmul") return 0;
  if (node.op == "matmul") return element_count(graph.value(node.outputs[0]).shape) * graph.value(node.inputs[0]).shape.back();
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = element_count(graph.value(node.outputs[0]).shape);
  if (node.op == "gemm") return out * graph.value(node.inputs[0]).shape.back();
  if (node.op == "conv_transpose") return element_count(graph.value(node.inputs[0]).shape) * weights.shape[1] * weights.shape[2] * weights.shape[3];
  return out * weights.shape[1] * weights.shape[2] * weights.shape[3];
}

GraphSize size_of(const Graph& graph) {
  GraphSize size;
  std::vector<bool> is_counted(graph.values.size(), false);
  const auto count = [&](ValueId id) {
    if (id < 0 || is_counted[static_cast<std::size_t>(id)]) return;
    is_counted[static_cast<std::size_t>(id)] = true;
    ++size.values;
  };
  for (const Node& node : graph.nodes) {
    ++size.nodes;
    size.multiply_adds += multiply_adds_of(graph, node);
    for (const ValueId input : node.inputs) count(input);
    count(node.residual);
    for (const ValueId output : node.outputs) {
      count(output);
      size.activation_bytes += element_count(graph.value(output).shape) * static_cast<std::int64_t>(sizeof(float));
    }
  }
  return size;
}

}  // namespace lne
