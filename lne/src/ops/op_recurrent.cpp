#include "op_recurrent.hpp"

#include <algorithm>

namespace lne {
namespace {

enum Input { kX = 0, kW = 1, kR = 2, kB = 3, kLengths = 4, kState = 5, kPeephole = 7 };

std::string check_attributes(const Node& node, const RecurrentLayer& layer, std::int64_t directions) {
  const auto found = node.attributes.find("activations");
  const auto* activations = found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
  for (std::size_t i = 0; activations != nullptr && i < activations->size(); ++i) {
    std::string name = (*activations)[i];
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string& wanted = layer.activations[i % layer.activations.size()];
    if (name != wanted) return "the activation " + (*activations)[i] + " is not supported in its place; " + wanted + " is";
  }
  if (activations != nullptr && activations->size() != layer.activations.size() * static_cast<std::size_t>(directions)) return "it needs " + std::to_string(layer.activations.size()) + " activations per direction";
  if (node.integer("input_forget", 0) != 0) return "input_forget is not supported";
  return {};
}

std::string check_weights(const Graph& graph, const Node& node, std::size_t input, const Shape& shape) {
  if (!is_constant(graph, node, input) || shape_of(graph, node, input) != shape || is_integer(graph.value(node.inputs[input]).dtype)) {
    return "input " + std::to_string(input) + " must be constant float32 of the shape " + text_of(shape);
  }
  return {};
}

}  // namespace

std::string infer_recurrent(Graph& graph, Node& node, const RecurrentLayer& layer) {
  if (node.has(":packed")) return set_shape(graph, node, node.integers(":packed", {})), std::string();
  const Shape src = shape_of(graph, node, kX);
  if (src.size() != 3 || !has_input(node, kW) || !has_input(node, kR) || shape_of(graph, node, kR).size() != 3) return "it needs an input [steps, batch, inputs], weights W and recurrence weights R";
  const bool is_batch_first = node.integer("layout", 0) != 0;
  const std::string direction = node.string("direction", "forward");
  if (direction != "forward" && direction != "reverse" && direction != "bidirectional") return "direction '" + direction + "' is not supported; forward, reverse and bidirectional are";
  const std::int64_t steps = src[is_batch_first ? 1 : 0], batch = src[is_batch_first ? 0 : 1], inputs = src[2], hidden = shape_of(graph, node, kR)[2], directions = direction == "bidirectional" ? 2 : 1;
  if (hidden < 1 || hidden > 65536 || inputs > 65536) return "the sizes of its input and state must lie within 1 to 65536";
  std::string refusal = check_attributes(node, layer, directions);
  if (refusal.empty()) refusal = check_weights(graph, node, kW, {directions, layer.gates * hidden, inputs});
  if (refusal.empty()) refusal = check_weights(graph, node, kR, {directions, layer.gates * hidden, hidden});
  if (refusal.empty() && has_input(node, kB)) refusal = check_weights(graph, node, kB, {directions, 2 * layer.gates * hidden});
  if (refusal.empty() && has_input(node, kPeephole)) refusal = check_weights(graph, node, kPeephole, {directions, 3 * hidden});
  if (!refusal.empty()) return refusal;
  if (has_input(node, kLengths)) {
    const bool is_full = is_constant(graph, node, kLengths) && graph.value(node.inputs[kLengths]).ints == std::vector<std::int64_t>(static_cast<std::size_t>(batch), steps);
    if (!is_full) return "sequence_lens are not supported; all sequences must have the full length";
  }
  LayerBuilder builder(graph, node);
  const auto moved = [&](ValueId id, std::vector<std::int64_t> order) { return is_batch_first ? builder.add("Transpose", {id}, {{"perm", std::move(order)}}) : id; };
  std::vector<ValueId> operands = node.inputs;
  operands.resize(8, -1);
  operands[kLengths] = -1;
  operands[kX] = moved(operands[kX], {1, 0, 2});
  for (std::size_t i = kState; i < kState + static_cast<std::size_t>(layer.states); ++i) {
    if (operands[i] < 0) continue;
    operands[i] = moved(operands[i], {1, 0, 2});
    if (operands[i] < 0 || builder.shape(operands[i]) != Shape{directions, batch, hidden}) return builder.refusal().empty() ? "its initial state must be " + text_of({directions, batch, hidden}) : builder.refusal();
    // Constant operands are weights to the kernel, but a state is none.
    operands[i] = builder.computed(operands[i]);
  }
  const std::int64_t each = directions * batch * hidden;
  Attributes attributes = node.attributes;
  attributes["view"] = std::vector<std::int64_t>{steps, batch, inputs, hidden, directions, direction == "reverse"};
  attributes[":packed"] = std::vector<std::int64_t>{(steps + layer.states) * each};
  const ValueId packed = builder.add(node.string("onnx", ""), operands, attributes);
  const auto part = [&](std::int64_t first, std::int64_t count, const Shape& shape) {
    const ValueId cut = builder.add("Slice", {packed, builder.integers({first}), builder.integers({first + count}), builder.integers({0})});
    return is_batch_first ? builder.reshape(cut, shape) : cut;
  };
  const Shape last{directions, batch, hidden}, all{steps, directions, batch, hidden};
  for (std::size_t i = 1; i < node.outputs.size() && i <= static_cast<std::size_t>(layer.states); ++i) {
    const ValueId state = part((steps + static_cast<std::int64_t>(i) - 1) * each, each, last);
    if (is_batch_first) builder.add_output(node.outputs[i], "Transpose", {state}, {{"perm", std::vector<std::int64_t>{1, 0, 2}}});
    else builder.add_output(node.outputs[i], "Reshape", {state, builder.integers(last)});
  }
  node.outputs.resize(1);
  const ValueId result = part(0, steps * each, all);
  if (is_batch_first) return builder.finish(node, "Transpose", {result}, {{"perm", std::vector<std::int64_t>{2, 0, 1, 3}}});
  return builder.finish(node, "Reshape", {result, builder.integers(all)});
}

std::vector<float> direction_part(const Graph& graph, const Node& node, std::size_t input, std::int64_t direction, std::int64_t elements) {
  if (!has_input(node, input)) return std::vector<float>(static_cast<std::size_t>(elements), 0.0f);
  const auto begin = graph.value(node.inputs[input]).floats.begin() + direction * elements;
  return std::vector<float>(begin, begin + elements);
}

}  // namespace lne
