#include "uses.hpp"

namespace lne {

Uses::Uses(const Graph& graph) : makers_(graph.values.size(), kNone), readers_(graph.values.size()), is_output_(graph.values.size(), false) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const auto read = [&](ValueId id) {
      if (id < 0) return;
      std::vector<std::size_t>& readers = readers_[static_cast<std::size_t>(id)];
      if (readers.empty() || readers.back() != i) readers.push_back(i);
    };
    for (const ValueId input : node.inputs) read(input);
    read(node.residual);
    for (const ValueId output : node.outputs) makers_[static_cast<std::size_t>(output)] = i;
  }
  for (const ValueId output : graph.outputs) is_output_[static_cast<std::size_t>(output)] = true;
}

void remove_nodes(Graph& graph, const std::vector<bool>& is_gone) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (is_gone[i]) continue;
    if (kept != i) graph.nodes[kept] = std::move(graph.nodes[i]);
    ++kept;
  }
  graph.nodes.erase(graph.nodes.begin() + static_cast<std::ptrdiff_t>(kept), graph.nodes.end());
}

}  // namespace lne
