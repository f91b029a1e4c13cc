// What the recurrent layers share: their operands, and the one tensor that their kernels write.
#pragma once

#include "op_builder.hpp"

namespace lne {

/// A recurrent layer's operands are X [steps, batch, inputs], W [directions, gates * hidden, inputs], R [directions, gates * hidden, hidden],
/// B [directions, 2 * gates * hidden] and initial states [directions, batch, hidden]; with layout 1 batch comes first.
/// Its kernel writes one tensor: Y [steps, directions, batch, hidden], then each last state [directions, batch, hidden].
struct RecurrentLayer {
  std::int64_t gates;
  std::int64_t states;
  /// activations that the kernel has, in the order in which ONNX names them
  std::vector<std::string> activations;
};

/// Shape rule. The attribute `view` is then steps, batch, inputs, hidden, directions, and whether the first direction runs backwards.
std::string infer_recurrent(Graph& graph, Node& node, const RecurrentLayer& layer);

/// The part of a constant operand that belongs to a direction, or zeros where the operand is not given.
std::vector<float> direction_part(const Graph& graph, const Node& node, std::size_t input, std::int64_t direction, std::int64_t elements);

}  // namespace lne
