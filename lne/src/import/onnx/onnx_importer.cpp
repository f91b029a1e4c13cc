#include "onnx_importer.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "../../ops/op_builder.hpp"
#include "onnx_model.hpp"

namespace lne::onnx {
namespace {

/// The shape of results that an operator does not compute: the mask of Dropout, running statistics.
const Shape kUnmade{-1};
constexpr std::int64_t kOldestOpset = 9;
constexpr std::int64_t kNewestOpset = 28;

/// What a tensor's numbers are once they are read; types without one of their own are kept as the next wider.
DType type_of(int element_type) {
  switch (element_type) {
    case kFloat:
    case kFloat16:
    case kDouble:
    case kBFloat16: return DType::kFloat32;
    case kUInt8: return DType::kUInt8;
    case kInt8: return DType::kInt8;
    case kInt32: return DType::kInt32;
    case kBool: return DType::kBool;
    default: return DType::kInt64;
  }
}

bool can_be_input(int element_type) { return element_type == kFloat || element_type == kUInt8 || element_type == kInt8 || element_type == kInt32 || element_type == kInt64 || element_type == kBool; }

std::string label_of(const NodeProto& node) {
  const std::string name = !node.name.empty() ? node.name : !node.outputs.empty() ? node.outputs[0] : "?";
  return "node '" + name + "' (" + node.op_type + ")";
}

class Importer {
 public:
  Importer(ModelProto model, std::string file) : model_(std::move(model)), file_(std::move(file)) {}

  Result<Graph> run() {
    check_header();
    check_operators();
    if (!errors_.empty()) return errors_;
    graph_.name = model_.graph_name;
    graph_.metadata = model_.metadata;
    add_constants();
    add_inputs();
    if (errors_.empty()) add_nodes();
    if (errors_.empty()) add_outputs();
    if (!errors_.empty()) return errors_;
    return std::move(graph_);
  }

 private:
  void fail(const std::string& code, const std::string& message) { errors_.push_back({code, file_ + ": " + message}); }

  void check_header() {
    if (model_.opset < kOldestOpset || model_.opset > kNewestOpset) {
      fail("LNE_ONNX_OPSET", "opset " + std::to_string(model_.opset) + " is not read; export it with an opset from " + std::to_string(kOldestOpset) + " to " + std::to_string(kNewestOpset));
    }
    if (model_.nodes.size() > kMostLayers) fail("LNE_ONNX_TOO_LARGE", std::to_string(model_.nodes.size()) + " nodes; at most " + std::to_string(kMostLayers) + " are read");
    if (model_.nodes.empty()) fail("LNE_ONNX_EMPTY", "the graph has no nodes");
  }

  /// All operators that are not known are listed at once, each with its first node.
  void check_operators() {
    std::map<std::string, std::pair<std::string, int>> unknown;
    for (const NodeProto& node : model_.nodes) {
      const bool is_known = (node.domain.empty() || node.domain == "ai.onnx") && (node.op_type == "Constant" || OpRegistry::instance().find_onnx(node.op_type));
      if (is_known) continue;
      const std::string name = node.domain.empty() || node.domain == "ai.onnx" ? node.op_type : node.domain + "." + node.op_type;
      auto& [first, count] = unknown[name];
      if (count++ == 0) first = label_of(node);
    }
    for (const auto& [name, where] : unknown) {
      fail("LNE_ONNX_OPERATOR", "operator " + name + " is not supported (" + std::to_string(where.second) + " node(s), first " + where.first + "); see the operator table for what is");
    }
  }

  ValueId add_tensor(const std::string& name, TensorProto tensor) {
    Value value;
    value.name = name;
    value.shape = std::move(tensor.shape);
    value.is_constant = true;
    value.dtype = type_of(tensor.data_type);
    value.floats = std::move(tensor.floats);
    value.ints = std::move(tensor.ints);
    return by_name_[name] = graph_.add_value(std::move(value));
  }

  void add_constants() {
    for (TensorProto& tensor : model_.initializers) {
      if (by_name_.count(tensor.name)) fail("LNE_ONNX_NAME", "the name '" + tensor.name + "' is given twice");
      const std::string name = tensor.name;
      add_tensor(name, std::move(tensor));
    }
  }

  void add_inputs() {
    for (const ValueInfoProto& info : model_.inputs) {
      if (by_name_.count(info.name)) continue;  // old files list initializers among the inputs
      if (!can_be_input(info.element_type)) {
        fail("LNE_ONNX_TYPE", "input '" + info.name + "' has element type " + std::to_string(info.element_type) + "; float32, int8, int32, int64, uint8 and bool are read");
        continue;
      }
      Value value;
      value.name = info.name;
      value.shape = info.shape;
      value.dtype = type_of(info.element_type);
      // A symbolic batch means any batch: programs for devices take one example at a time.
      if (!value.shape.empty() && value.shape[0] == -1) value.shape[0] = 1;
      const std::int64_t count = element_count(value.shape);
      if (value.shape.size() > kMostDimensions) {
        fail("LNE_ONNX_INPUT_SHAPE", "input '" + info.name + "' has " + std::to_string(value.shape.size()) + " dimensions; at most " + std::to_string(kMostDimensions) + " are supported");
        continue;
      }
      if (!info.has_shape || count <= 0 || count > kMostElements) {
        fail("LNE_ONNX_INPUT_SHAPE", "input '" + info.name + "' has the shape " + text_of(info.shape) + "; export the model with fixed sizes of at most " + std::to_string(kMostElements) + " elements");
        continue;
      }
      graph_.inputs.push_back(by_name_[info.name] = graph_.add_value(std::move(value)));
    }
    const auto is_computed = [&](const ValueInfoProto& info) { return by_name_.count(info.name) == 0 || std::find(graph_.inputs.begin(), graph_.inputs.end(), by_name_[info.name]) != graph_.inputs.end(); };
    if (std::none_of(model_.inputs.begin(), model_.inputs.end(), is_computed)) fail("LNE_ONNX_NO_INPUT", "the graph has no input");
  }

  /// Nodes in an order in which they can run; what is left over waits for itself.
  void add_nodes() {
    std::set<std::string> made;
    for (const auto& [name, id] : by_name_) made.insert(name);
    std::map<std::string, std::vector<std::size_t>> waiting;
    std::vector<std::size_t> missing(model_.nodes.size(), 0);
    std::set<std::string> produced;
    for (const NodeProto& node : model_.nodes) {
      for (const std::string& output : node.outputs) {
        if (!output.empty() && (!produced.insert(output).second || made.count(output))) {
          return fail("LNE_ONNX_NAME", label_of(node) + " makes '" + output + "', which is made elsewhere too");
        }
      }
    }
    std::deque<std::size_t> ready;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      std::set<std::string> needs;
      for (const std::string& input : model_.nodes[i].inputs) {
        if (input.empty() || made.count(input)) continue;
        if (!produced.count(input)) return fail("LNE_ONNX_UNKNOWN_VALUE", label_of(model_.nodes[i]) + " reads '" + input + "', which nothing makes");
        needs.insert(input);
      }
      for (const std::string& need : needs) waiting[need].push_back(i);
      missing[i] = needs.size();
      if (needs.empty()) ready.push_back(i);
    }
    std::size_t done = 0;
    while (!ready.empty()) {
      const std::size_t i = ready.front();
      ready.pop_front();
      ++done;
      if (!add_node(model_.nodes[i])) return;
      for (const std::string& output : model_.nodes[i].outputs) {
        for (const std::size_t reader : waiting[output]) {
          if (--missing[reader] == 0) ready.push_back(reader);
        }
      }
    }
    if (done == model_.nodes.size()) return;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      if (missing[i] > 0) return fail("LNE_ONNX_CYCLE", label_of(model_.nodes[i]) + " waits for its own result: the graph has a cycle");
    }
  }

  bool add_node(const NodeProto& proto) {
    const auto named = std::find_if(proto.outputs.begin(), proto.outputs.end(), [](const std::string& output) { return !output.empty(); });
    if (named == proto.outputs.end()) {
      fail("LNE_ONNX_NODE", label_of(proto) + " has no output");
      return false;
    }
    if (proto.op_type == "Constant") return add_constant_node(proto);
    Node node;
    node.op = OpRegistry::instance().find_onnx(proto.op_type)->name;
    node.name = !proto.name.empty() ? proto.name : *named;
    for (const AttributeProto& attribute : proto.attributes) {
      // Names with a colon are those that the importer and the operators give.
      if (attribute.name.find(':') != std::string::npos) continue;
      if (attribute.has_tensor) node.attributes[":" + attribute.name] = std::int64_t{add_tensor(":" + proto.outputs[0] + "." + attribute.name, attribute.tensor)};
      else node.attributes[attribute.name] = attribute.value;
    }
    node.attributes["onnx"] = proto.op_type;
    node.attributes["opset"] = model_.opset;
    for (const std::string& input : proto.inputs) node.inputs.push_back(input.empty() ? -1 : by_name_[input]);
    if (node.inputs.empty() || node.inputs[0] < 0) {
      fail("LNE_ONNX_NODE", label_of(proto) + " has no input");
      return false;
    }
    for (const ValueId input : node.inputs) {
      if (input < 0 || graph_.value(input).shape != kUnmade) continue;
      fail("LNE_ONNX_UNSUPPORTED", label_of(proto) + " reads '" + graph_.value(input).name + "', a result that is not computed");
      return false;
    }
    for (const std::string& output : proto.outputs) {
      Value value;
      value.name = output;
      value.shape = kUnmade;
      const ValueId id = graph_.add_value(std::move(value));
      if (!output.empty()) by_name_[output] = id;
      node.outputs.push_back(id);
    }
    const std::string refusal = lne::add_node(graph_, std::move(node));
    if (!refusal.empty()) fail("LNE_ONNX_UNSUPPORTED", label_of(proto) + ": " + refusal);
    return refusal.empty();
  }

  bool add_constant_node(const NodeProto& proto) {
    for (const AttributeProto& attribute : proto.attributes) {
      if (attribute.name == "value" && attribute.has_tensor) {
        add_tensor(proto.outputs[0], attribute.tensor);
        return true;
      }
      TensorProto tensor;
      if (const auto* real = std::get_if<double>(&attribute.value); attribute.name == "value_float" && real) {
        tensor.data_type = kFloat;
        tensor.floats = {static_cast<float>(*real)};
      } else if (const auto* integer = std::get_if<std::int64_t>(&attribute.value); attribute.name == "value_int" && integer) {
        tensor.data_type = kInt64;
        tensor.ints = {*integer};
      } else if (const auto* many = std::get_if<std::vector<std::int64_t>>(&attribute.value); attribute.name == "value_ints" && many) {
        tensor.data_type = kInt64;
        tensor.ints = *many;
        tensor.shape = {static_cast<std::int64_t>(many->size())};
      } else if (const auto* reals = std::get_if<std::vector<double>>(&attribute.value); attribute.name == "value_floats" && reals) {
        tensor.data_type = kFloat;
        tensor.floats.assign(reals->begin(), reals->end());
        tensor.shape = {static_cast<std::int64_t>(reals->size())};
      } else {
        continue;
      }
      add_tensor(proto.outputs[0], tensor);
      return true;
    }
    fail("LNE_ONNX_UNSUPPORTED", label_of(proto) + " has no value that can be read");
    return false;
  }

  void add_outputs() {
    for (const ValueInfoProto& info : model_.outputs) {
      const auto found = by_name_.find(info.name);
      if (found == by_name_.end()) {
        fail("LNE_ONNX_UNKNOWN_VALUE", "output '" + info.name + "' is made by no node");
      } else if (graph_.value(found->second).shape == kUnmade) {
        fail("LNE_ONNX_UNSUPPORTED", "output '" + info.name + "' is a result that is not computed");
      } else {
        // A result that depends on no input is a layer all the same.
        Node origin;
        origin.name = info.name;
        LayerBuilder builder(graph_, origin);
        const ValueId output = builder.computed(found->second);
        if (output < 0) fail("LNE_ONNX_UNSUPPORTED", "output '" + info.name + "': " + builder.refusal());
        else if (output != found->second) graph_.value(output).name = info.name;
        graph_.outputs.push_back(output);
      }
    }
    if (model_.outputs.empty()) fail("LNE_ONNX_NO_OUTPUT", "the graph has no output");
  }

  ModelProto model_;
  std::string file_;
  Graph graph_;
  std::map<std::string, ValueId> by_name_;
  std::vector<Error> errors_;
};

}  // namespace

Result<Graph> import_onnx(std::string_view bytes, const std::string& file) {
  Result<ModelProto> model = read_model(bytes, file);
  if (!model) return model.errors();
  return Importer(std::move(model.value()), file).run();
}

}  // namespace lne::onnx
