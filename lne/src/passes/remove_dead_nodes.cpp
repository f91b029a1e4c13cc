#include "pass.hpp"

namespace lne {

int remove_dead_nodes(Graph& graph) {
  int changes = 0;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    bool is_needed = false;
    for (const ValueId output : graph.nodes[i].outputs) is_needed = is_needed || graph.is_output(output) || !graph.readers_of(output).empty();
    if (is_needed) continue;
    graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(i));
    ++changes;
  }
  return changes;
}

}  // namespace lne
