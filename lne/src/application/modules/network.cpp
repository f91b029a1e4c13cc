/// A network, planned by LNE or run by another engine.
#include "../module.hpp"

namespace lne {
namespace {

/// The extents that count: a batch or a channel of one makes no difference to what lies in memory.
Shape without_ones(const Shape& shape) {
  Shape out;
  for (const std::int64_t extent : shape) {
    if (extent != 1) out.push_back(extent);
  }
  return out;
}

void check_source(ModuleUse& use, std::size_t index, const ModelShelf::Model& model, const std::string& path) {
  const ValueType& source = use.sources[index];
  const Value& input = model.program->graph.value(model.program->graph.inputs[index]);
  if (without_ones(source.shape) != without_ones(input.shape)) {
    return use.with.fail("model", path + " takes " + text_of(input.shape) + " as '" + input.name + "', and it gets " + text_of(source));
  }
  if (!source.audio || !model.metadata.has_audio || *source.audio == model.metadata.audio) return;
  const bool is_plain = source.audio->mean.empty() && !model.metadata.audio.mean.empty();
  const std::string mend = is_plain ? "; put a normalize module between them, with: { from: " + path + " }" : "; take them from the model, with: { from: " + path + " }";
  use.with.fail("model", path + " was trained on features of other parameters than it gets" + mend);
}

MadeModule make(ModuleUse& use) {
  const std::string path = use.with.needed_text("model", "the path of an ONNX file"), plan = use.with.text("plan", "");
  const std::vector<std::string> classes = use.with.texts("classes");
  const std::string output = use.with.choice("output", {"", "logits", "softmax"}, "");
  if (path.empty()) return {};
  std::string problem;
  const ModelShelf::Model* model = use.models.network(path, plan, problem);
  if (model == nullptr) return use.with.fail("model", problem), MadeModule();
  const Graph& graph = model->program->graph;
  if (graph.inputs.size() != use.sources.size()) {
    return use.with.fail("model", path + " takes " + std::to_string(graph.inputs.size()) + " inputs, and `in` names " + std::to_string(use.sources.size())), MadeModule();
  }
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) check_source(use, i, *model, path);
  MadeModule made;
  made.network = model;
  for (const ValueId id : graph.outputs) {
    const Value& value = graph.value(id);
    ValueType type;
    type.shape = value.shape;
    type.classes = classes.empty() ? model->metadata.classes : classes;
    const bool fits = static_cast<std::int64_t>(type.classes.size()) == element_count(value.shape);
    if (!classes.empty() && !fits) use.with.fail("classes", "it names " + std::to_string(classes.size()) + " classes, and '" + value.name + "' has " + std::to_string(element_count(value.shape)) + " values");
    if (!fits) type.classes.clear();
    const bool is_logits = output.empty() ? model->metadata.is_logits : output == "logits";
    if (!type.classes.empty() && !is_logits) type.kind = ValueType::Kind::kScores, type.shape = {element_count(value.shape)};
    made.results.push_back({value.name, std::move(type)});
  }
  return made;
}

}  // namespace

void register_module_network(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "network";
  kind.summary = "A network. Where it says how its input is prepared, the modules before it must do just that.";
  kind.takes = {{ValueType::Kind::kTensor, ValueType::Kind::kSound, ValueType::Kind::kScores}};
  kind.takes_any_number = true;
  kind.gives = "a tensor for each output; scores where the model says that it ends in softmax";
  kind.parameters = "`model`: path of an ONNX file; `plan`: of a plan file; `classes` and `output` (logits, softmax), where the model does not say them";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
