#include "pass.hpp"

namespace lne {

int remove_identities(Graph& graph) {
  int changes = 0;
  for (std::size_t i = 0; i < graph.nodes.size();) {
    const Node& node = graph.nodes[i];
    const bool is_identity = node.op == "reshape" && graph.value(node.inputs[0]).shape == graph.value(node.outputs[0]).shape && !graph.is_output(node.outputs[0]);
    if (!is_identity) {
      ++i;
      continue;
    }
    graph.replace(node.outputs[0], node.inputs[0]);
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    ++changes;
  }
  return changes;
}

}  // namespace lne
