#include <numeric>

#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {

PassChanges remove_identities(Graph& graph) {
  PassChanges changes;
  std::vector<bool> is_gone(graph.nodes.size(), false);
  const Uses uses(graph);
  // The value that each one is the same as.
  std::vector<ValueId> same(graph.values.size());
  std::iota(same.begin(), same.end(), 0);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    Node& node = graph.nodes[i];
    for (ValueId& input : node.inputs) input = input < 0 ? input : same[static_cast<std::size_t>(input)];
    if (node.residual >= 0) node.residual = same[static_cast<std::size_t>(node.residual)];
    is_gone[i] = node.op == "reshape" && graph.value(node.inputs[0]).shape == graph.value(node.outputs[0]).shape && !uses.is_output(node.outputs[0]);
    if (!is_gone[i]) continue;
    same[static_cast<std::size_t>(node.outputs[0])] = node.inputs[0];
    changes.push_back({node.name, {}});
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
