#include "op_builder.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>

#include "../plan/primitive.hpp"

namespace lne {
namespace {

/// Integers up to this size are floats without loss.
constexpr std::int64_t kMostExact = std::int64_t{1} << 24;
/// Elements that constants computed at import may have in all.
constexpr std::int64_t kMostFolded = std::int64_t{1} << 28;
/// Products of operand and result size up to which a layer of constants is computed at import rather than in each run.
constexpr double kMostFoldedWork = 4e9;

bool are_all_constant(const Graph& graph, const Node& node) {
  return std::all_of(node.inputs.begin(), node.inputs.end(), [&](ValueId id) { return id < 0 || graph.value(id).is_constant; });
}

std::string check_shape(const Value& value) {
  const std::int64_t count = element_count(value.shape);
  if (value.shape.size() > kMostDimensions) return "its result has " + std::to_string(value.shape.size()) + " dimensions; at most " + std::to_string(kMostDimensions) + " are supported";
  if (count < 0 || count > kMostElements) return "its result " + text_of(value.shape) + " is too large or impossible; at most " + std::to_string(kMostElements) + " elements are supported";
  if (count == 0 && !value.is_constant) return "its result " + text_of(value.shape) + " has no elements";
  return {};
}

/// Whether a layer can do with a first operand without elements, as shape arithmetic has them.
bool takes_nothing(const OpDefinition& definition) {
  static const std::vector<std::string> names{"concat", "slice", "transpose", "reshape", "shape", "cast", "unary", "binary", "where"};
  return std::find(names.begin(), names.end(), definition.name) != names.end();
}

/// The network of one layer with its operands as sources, for a kernel that is run at once.
struct Folding {
  Graph graph;
  Node node;
  std::vector<std::vector<float>> sources;
  std::vector<std::int64_t> integers;  // of all sources, where elements are only moved
};

std::string add_source(Folding& folding, const OpDefinition& definition, const Value& value) {
  const bool keeps_bits = is_integer(value.dtype) && definition.only_moves;
  if (keeps_bits) {
    // The kernel moves positions, and the integers follow: none is rounded.
    std::vector<float> positions(value.ints.size());
    std::iota(positions.begin(), positions.end(), static_cast<float>(folding.integers.size()));
    folding.integers.insert(folding.integers.end(), value.ints.begin(), value.ints.end());
    if (static_cast<std::int64_t>(folding.integers.size()) > kMostExact) return "it computes with too many constant integers";
    folding.sources.push_back(std::move(positions));
    return {};
  }
  for (const std::int64_t element : value.ints) {
    if (element > kMostExact || element < -kMostExact) return "the constant integer " + std::to_string(element) + " is beyond 2^24 and can't be computed with";
  }
  folding.sources.push_back(floats_in(value));
  return {};
}

std::string store_result(Value& out, std::vector<float> result, const std::vector<std::int64_t>& integers) {
  out.is_constant = true;
  if (!is_integer(out.dtype)) {
    out.floats = std::move(result);
    return {};
  }
  out.ints.resize(result.size());
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!(std::fabs(result[i]) <= static_cast<float>(kMostExact))) return "a constant integer in its result is beyond 2^24";
    out.ints[i] = static_cast<std::int64_t>(std::lround(result[i]));
    if (!integers.empty()) out.ints[i] = integers[static_cast<std::size_t>(out.ints[i])];
  }
  return {};
}

/// Computes a node of constants with its reference kernel.
std::string fold(Graph& graph, const OpDefinition& definition, const Node& node) {
  if (definition.fold != nullptr && is_integer(graph.value(node.inputs[0]).dtype)) return definition.fold(graph, node);
  Folding folding;
  folding.node = node;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] < 0) continue;
    Value value = graph.value(node.inputs[i]);
    if (i == 0 || definition.constants == OpDefinition::Constants::kSources) {
      if (std::string refusal = add_source(folding, definition, value); !refusal.empty()) return refusal;
      value.is_constant = false;
      value.floats.clear();
    }
    folding.node.inputs[i] = folding.graph.add_value(std::move(value));
  }
  Value& out = graph.value(node.outputs[0]);
  folding.node.outputs = {folding.graph.add_value(out)};
  std::vector<float> result(static_cast<std::size_t>(element_count(out.shape)));
  if (!result.empty()) {
    const Lowered lowered = PrimitiveRegistry::instance().find("core." + node.op)->lower(folding.graph, folding.node, {});
    std::vector<const float*> sources;
    for (const auto& source : folding.sources) sources.push_back(source.data());
    std::vector<float> scratch(static_cast<std::size_t>(lowered.scratch_floats));
    lowered.run(sources.data(), lowered.weights.data(), result.data(), scratch.data());
  }
  return store_result(out, std::move(result), folding.integers);
}

bool is_worth_folding(const Graph& graph, const Node& node) {
  const std::int64_t in = element_count(graph.value(node.inputs[0]).shape), out = element_count(graph.value(node.outputs[0]).shape);
  const OpDefinition& definition = *OpRegistry::instance().find(node.op);
  return definition.only_moves || node.op == "unary" || node.op == "binary" || static_cast<double>(in) * static_cast<double>(out) <= kMostFoldedWork;
}

/// A constant as a value that a layer makes, for kernels that read all operands as sources.
std::string make_computed(Graph& graph, ValueId& id) {
  Node node;
  node.op = "constant";
  Value copy = graph.value(id);
  if (element_count(copy.shape) == 0) return "its constant operand '" + copy.name + "' has no elements";
  node.name = copy.name.empty() ? "constant" : copy.name;
  node.inputs = {id};
  copy.name = node.name + ".computed";
  copy.is_constant = false;
  copy.floats.clear();
  copy.ints.clear();
  node.outputs = {id = graph.add_value(std::move(copy))};
  graph.nodes.push_back(std::move(node));
  return {};
}

}  // namespace

std::string add_node(Graph& graph, Node node) {
  if (graph.nodes.size() >= kMostLayers) return "the network has more than " + std::to_string(kMostLayers) + " layers";
  const OpDefinition& source = *OpRegistry::instance().find(node.op);
  if (!node.inputs.empty() && node.inputs[0] >= 0) {
    if (element_count(graph.value(node.inputs[0]).shape) == 0 && !takes_nothing(source)) return "its input has no elements";
    for (const ValueId output : node.outputs) graph.value(output).dtype = graph.value(node.inputs[0]).dtype;
  }
  if (std::string refusal = source.infer(graph, node); !refusal.empty()) return refusal;
  // It may have become another layer type, or a constant already.
  const OpDefinition& definition = *OpRegistry::instance().find(node.op);
  Value& out = graph.value(node.outputs[0]);
  const bool is_done = out.is_constant, is_folded = !is_done && are_all_constant(graph, node);
  out.is_constant = is_done || is_folded;
  if (std::string refusal = check_shape(out); !refusal.empty()) return refusal;
  const bool is_computed_now = is_folded && is_worth_folding(graph, node);
  if (is_done || is_computed_now) {
    graph.folded_elements += element_count(out.shape);
    if (graph.folded_elements > kMostFolded) return "the constants that are computed at import have more than " + std::to_string(kMostFolded) + " elements";
    return is_done ? std::string() : fold(graph, definition, node);
  }
  graph.value(node.outputs[0]).is_constant = false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const bool is_source = definition.constants == OpDefinition::Constants::kSources || (is_folded && i == 0);
    if (!is_source || !is_constant(graph, node, i)) continue;
    if (std::string refusal = make_computed(graph, node.inputs[i]); !refusal.empty()) return refusal;
  }
  graph.nodes.push_back(std::move(node));
  return {};
}

Node LayerBuilder::make(const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  Node node;
  node.op = OpRegistry::instance().find_onnx(onnx)->name;
  std::string part = onnx;
  std::transform(part.begin(), part.end(), part.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const int index = ++used_[part];
  node.name = name_ + "/" + part + (index > 1 ? "_" + std::to_string(index) : "");
  node.inputs = std::move(inputs);
  node.attributes = std::move(attributes);
  node.attributes["onnx"] = onnx;
  node.attributes.emplace("opset", std::int64_t{21});
  return node;
}

void LayerBuilder::add_output(ValueId output, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  if (!refusal_.empty()) return;
  Node node = make(onnx, std::move(inputs), std::move(attributes));
  node.outputs = {output};
  refusal_ = add_node(graph_, std::move(node));
}

void LayerBuilder::add_last(ValueId output, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  if (!refusal_.empty()) return;
  Node node = make(onnx, std::move(inputs), std::move(attributes));
  node.name = name_;
  node.outputs = {output};
  refusal_ = add_node(graph_, std::move(node));
}

ValueId LayerBuilder::add(const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  if (!refusal_.empty()) return -1;
  Node node = make(onnx, std::move(inputs), std::move(attributes));
  Value value;
  value.name = node.name;
  const ValueId id = graph_.add_value(std::move(value));
  node.outputs = {id};
  refusal_ = add_node(graph_, std::move(node));
  return refusal_.empty() ? id : -1;
}

ValueId LayerBuilder::floats(const Shape& shape, std::vector<float> values) {
  Value value;
  value.name = name_ + "/constant";
  value.shape = shape;
  value.is_constant = true;
  value.floats = std::move(values);
  return graph_.add_value(std::move(value));
}

ValueId LayerBuilder::integers(std::vector<std::int64_t> values) {
  Value value;
  value.name = name_ + "/constant";
  value.shape = {static_cast<std::int64_t>(values.size())};
  value.dtype = DType::kInt64;
  value.is_constant = true;
  value.ints = std::move(values);
  return graph_.add_value(std::move(value));
}

ValueId LayerBuilder::reshape(ValueId source, const Shape& shape) { return add("Reshape", {source, integers(shape)}); }

ValueId LayerBuilder::computed(ValueId id) {
  if (refusal_.empty() && graph_.value(id).is_constant) refusal_ = make_computed(graph_, id);
  return refusal_.empty() ? id : -1;
}

std::string LayerBuilder::finish(Node& node, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  if (!refusal_.empty()) return refusal_;
  Node last = make(onnx, std::move(inputs), std::move(attributes));
  last.name = node.name;
  last.outputs = {node.outputs[0]};
  node = std::move(last);
  graph_.value(node.outputs[0]).dtype = graph_.value(node.inputs[0]).dtype;
  return OpRegistry::instance().find(node.op)->infer(graph_, node);
}

std::string infer_per_example(Graph& graph, Node& node) {
  constexpr std::int64_t kMostExamples = 64;
  const std::int64_t batch = shape_of(graph, node, 0)[0];
  if (batch > kMostExamples) return "the batch is " + std::to_string(batch) + "; at most " + std::to_string(kMostExamples) + " examples are supported";
  LayerBuilder builder(graph, node);
  std::vector<ValueId> parts, inputs = node.inputs;
  for (std::int64_t example = 0; example < batch; ++example) {
    inputs[0] = builder.add("Slice", {node.inputs[0], builder.integers({example}), builder.integers({example + 1}), builder.integers({0})});
    parts.push_back(builder.add(node.string("onnx", ""), inputs, node.attributes));
  }
  return builder.finish(node, "Concat", parts, {{"axis", std::int64_t{0}}});
}

std::string infer_as_map(Graph& graph, Node& node) {
  LayerBuilder builder(graph, node);
  const auto as_map = [](Shape shape) { return shape.insert(shape.begin() + 2, 1), shape; };
  Attributes attributes = node.attributes;
  for (const auto& [name, first] : {std::pair<const char*, std::int64_t>{"kernel_shape", 1}, {"strides", 1}, {"dilations", 1}, {"output_padding", 0}, {"output_shape", 1}}) {
    if (node.integers(name, {}).size() == 1) attributes[name] = std::vector<std::int64_t>{first, node.integers(name, {})[0]};
  }
  if (const auto pads = node.integers("pads", {}); pads.size() == 2) attributes["pads"] = std::vector<std::int64_t>{0, pads[0], 0, pads[1]};
  std::vector<ValueId> inputs = node.inputs;
  inputs[0] = builder.reshape(inputs[0], as_map(shape_of(graph, node, 0)));
  if (has_input(node, 1) && shape_of(graph, node, 1).size() == 3) inputs[1] = builder.reshape(inputs[1], as_map(shape_of(graph, node, 1)));
  const ValueId map = builder.add(node.string("onnx", ""), inputs, attributes);
  if (map < 0) return builder.refusal();
  Shape out = builder.shape(map);
  out.erase(out.begin() + 2);
  return builder.finish(node, "Reshape", {map, builder.integers(out)});
}

}  // namespace lne
