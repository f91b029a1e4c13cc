// Who makes and who reads each value of a graph, found in one walk over its nodes.
#pragma once

#include <vector>

#include "graph.hpp"

namespace lne {

/// As the graph is when this is made.
class Uses {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  explicit Uses(const Graph& graph);

  /// The node that makes a value, or kNone.
  std::size_t maker_of(ValueId id) const { return makers_[static_cast<std::size_t>(id)]; }
  void set_maker(ValueId id, std::size_t node) { makers_[static_cast<std::size_t>(id)] = node; }
  /// Nodes that read a value, residuals included, each once.
  const std::vector<std::size_t>& readers_of(ValueId id) const { return readers_[static_cast<std::size_t>(id)]; }
  bool is_output(ValueId id) const { return is_output_[static_cast<std::size_t>(id)]; }
  /// Whether one node alone needs a value.
  bool has_one_use(ValueId id) const { return !is_output(id) && readers_of(id).size() == 1; }

 private:
  std::vector<std::size_t> makers_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<bool> is_output_;
};

/// Removes the nodes that are marked, one mark per node, in one go.
void remove_nodes(Graph& graph, const std::vector<bool>& is_gone);

}  // namespace lne
