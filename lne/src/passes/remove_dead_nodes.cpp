#include <algorithm>

#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {

PassChanges remove_dead_nodes(Graph& graph) {
  PassChanges changes;
  std::vector<bool> is_needed(graph.values.size(), false), is_gone(graph.nodes.size(), false);
  for (const ValueId output : graph.outputs) is_needed[static_cast<std::size_t>(output)] = true;
  // From the last node on, so that whatever reads a result has been judged before its maker.
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    is_gone[i] = std::none_of(node.outputs.begin(), node.outputs.end(), [&](ValueId id) { return is_needed[static_cast<std::size_t>(id)]; });
    if (is_gone[i]) {
      changes.push_back({node.name, {}});
      continue;
    }
    for (const ValueId input : node.inputs) {
      if (input >= 0) is_needed[static_cast<std::size_t>(input)] = true;
    }
    if (node.residual >= 0) is_needed[static_cast<std::size_t>(node.residual)] = true;
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
