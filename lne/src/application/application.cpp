// Applications behind the public interface.
#include <algorithm>

#include "../../include/lne/lne.hpp"
#include "../../runtime/program/golden.hpp"
#include "../base/problems.hpp"
#include "../codegen/generator.hpp"
#include "../import/import.hpp"
#include "../plan/target.hpp"
#include "chain_runner.hpp"

namespace lne {
namespace {

std::string message_of(const std::vector<Error>& errors) {
  std::string out;
  for (const Error& error : errors) out += (out.empty() ? "" : "; ") + error.message + " [" + error.code + "]";
  return out;
}

/// Models that a reader gives, each planned once.
class ReadModels : public ModelShelf {
 public:
  ReadModels(FileReader read, std::string target, double max_error) : read_(std::move(read)), target_(std::move(target)), max_error_(max_error) {}

  const Model* network(const std::string& path, const std::string& plan, std::string& problem) override {
    const auto known = models_.find({path, plan});
    if (known != models_.end()) return known->second.get();
    std::string bytes, plan_text;
    if (!read_(path, bytes, problem) || (!plan.empty() && !read_(plan, plan_text, problem))) return nullptr;
    plan_text = plan_with(plan_text, {target_, max_error_, {}, {}});
    const Result<PlanOptions> options = plan_text.empty() ? Result<PlanOptions>(PlanOptions()) : read_plan(plan_text);
    if (!options) return problem = plan + ": " + message_of(options.errors()), nullptr;
    Result<Graph> graph = import_network(bytes, path);
    if (!graph) return problem = message_of(graph.errors()), nullptr;
    auto model = std::make_unique<Model>();
    if (!read_use(graph.value(), model->metadata, path, problem)) return nullptr;
    Result<Program> program = compile(std::move(graph.value()), options.value());
    if (!program) return problem = path + ": " + message_of(program.errors()), nullptr;
    model->program = std::make_shared<const Program>(std::move(program.value()));
    model->fnv64 = program::fnv64(bytes.data(), bytes.size());
    return models_.emplace(std::pair{path, plan}, std::move(model)).first->second.get();
  }

  const ModelMetadata* metadata(const std::string& path, std::string& problem) override {
    for (const auto& [key, model] : models_) {
      if (key.first == path) return &model->metadata;
    }
    const auto known = metadata_.find(path);
    if (known != metadata_.end()) return &known->second;
    std::string bytes;
    if (!read_(path, bytes, problem)) return nullptr;
    const Result<Graph> graph = import_network(bytes, path);
    if (!graph) return problem = message_of(graph.errors()), nullptr;
    ModelMetadata metadata;
    return read_use(graph.value(), metadata, path, problem) ? &metadata_.emplace(path, std::move(metadata)).first->second : nullptr;
  }

 private:
  static bool read_use(const Graph& graph, ModelMetadata& metadata, const std::string& path, std::string& problem) {
    const auto own = graph.metadata.find("sedge");
    Result<ModelMetadata> read = read_metadata(own == graph.metadata.end() ? std::string() : own->second, graph);
    if (!read) return problem = path + ": " + message_of(read.errors()), false;
    metadata = std::move(read.value());
    return true;
  }

  FileReader read_;
  std::string target_;
  double max_error_;
  std::map<std::pair<std::string, std::string>, std::unique_ptr<Model>> models_;
  std::map<std::string, ModelMetadata> metadata_;
};

class CompiledApplication : public Application {
 public:
  CompiledApplication(ModuleChain chain, std::string declaration) : chain_(std::make_shared<const ModuleChain>(std::move(chain))), runner_(chain_), declaration_(std::move(declaration)) {
    for (const ChainPort& port : chain_->inputs) inputs_.push_back(port_of(port));
    for (const ChainPort& port : chain_->outputs) outputs_.push_back(port_of(port));
  }

  const std::string& name() const override { return chain_->name; }
  const std::vector<ApplicationPort>& inputs() const override { return inputs_; }
  const std::vector<ApplicationPort>& outputs() const override { return outputs_; }
  std::string footprint() const override { return footprint_of(*chain_).text(); }
  void run(const float* const* inputs, float* const* outputs) override { runner_.run(inputs, outputs); }
  void run_module(std::size_t module, const float* const* sources, float* result) override { runner_.run_module(module, sources, result); }
  void reset() override { runner_.reset(); }

  std::string description() const override {
    Json::Array modules, values;
    for (const ChainModule& module : chain_->modules) {
      modules.push_back(Json(Json::Object{{"id", Json(module.id)}, {"use", Json(module.kind->name)}, {"in", numbers(module.sources)}, {"when", numbers(module.conditions)}, {"out", numbers(module.results)}, {"model", Json(module.model)}}));
    }
    for (const ChainValue& value : chain_->values) {
      Json::Array shape;
      for (const std::int64_t extent : value.type.shape) shape.push_back(Json(static_cast<long long>(extent)));
      values.push_back(Json(Json::Object{{"name", Json(value.name)}, {"kind", Json(word_of(value.type.kind))}, {"classes", Json::list(value.type.classes)}, {"shape", Json(std::move(shape))}, {"rateHz", Json(value.type.rate_hz)}}));
    }
    std::vector<int> ins, outs;
    for (const ChainPort& port : chain_->inputs) ins.push_back(port.value);
    for (const ChainPort& port : chain_->outputs) outs.push_back(port.value);
    return Json(Json::Object{{"name", Json(chain_->name)}, {"target", Json(chain_->target)}, {"modules", Json(std::move(modules))}, {"values", Json(std::move(values))}, {"inputs", numbers(ins)}, {"outputs", numbers(outs)}}).text();
  }

  std::map<std::string, std::string> generate(const GenerateOptions& options, std::vector<Problem>& problems) override {
    Result<std::map<std::string, std::string>> files = generate_application(chain_, options, declaration_);
    if (files) return std::move(files.value());
    add_problems(files.errors(), problems);
    return {};
  }

 private:
  static Json numbers(const std::vector<int>& list) {
    Json::Array out;
    for (const int value : list) out.push_back(Json(value));
    return Json(std::move(out));
  }

  ApplicationPort port_of(const ChainPort& port) const {
    const ValueType& type = chain_->value(port.value).type;
    return {{port.name, port.shape, port.type}, word_of(type.kind), type.classes, type.rate_hz};
  }

  std::shared_ptr<const ModuleChain> chain_;
  ChainRunner runner_;
  std::string declaration_;
  std::vector<ApplicationPort> inputs_, outputs_;
};

}  // namespace

std::unique_ptr<Application> Application::load(const std::string& text, const std::string& file, const FileReader& read, const std::string& target, double max_error, std::vector<Problem>& problems) {
  if (find_target(target) == nullptr) return add_problems({unknown_target(target)}, problems), nullptr;
  const Result<ApplicationDeclaration> declaration = read_application(text, file);
  if (!declaration) return add_problems(declaration.errors(), problems), nullptr;
  Result<ModuleChain> chain = compile_chain(declaration.value(), target, std::make_shared<ReadModels>(read, target, max_error));
  if (!chain) return add_problems(chain.errors(), problems), nullptr;
  return std::make_unique<CompiledApplication>(std::move(chain.value()), text);
}

std::vector<std::string> application_files(const std::string& text, const std::string& file, std::vector<Problem>& problems) {
  const Result<ApplicationDeclaration> declaration = read_application(text, file);
  if (declaration) return files_named_in(declaration.value());
  add_problems(declaration.errors(), problems);
  return {};
}

std::string modules() {
  Json::Array list;
  for (const ModuleKind& kind : ModuleRegistry::instance().all()) {
    std::string takes;
    for (const ValueKinds& kinds : kind.takes) {
      for (const ValueType::Kind one : kinds) takes += (takes.empty() ? "" : ", ") + word_of(one);
    }
    list.push_back(Json(Json::Object{{"name", Json(kind.name)}, {"summary", Json(kind.summary)}, {"takes", Json(takes)}, {"gives", Json(kind.gives)}, {"parameters", Json(kind.parameters)}}));
  }
  return Json(std::move(list)).text();
}

}  // namespace lne
