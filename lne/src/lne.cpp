#include "../include/lne/lne.hpp"

#include <algorithm>

#include "../runtime/program/golden.hpp"
#include "base/problems.hpp"
#include "codegen/generator.hpp"
#include "plan/target.hpp"
#include "import/caffe/caffe_layers.hpp"
#include "import/import.hpp"
#include "interpret/interpreter.hpp"
#include "ops/op.hpp"
#include "plan/layer_error.hpp"
#include "plan/plugins.hpp"
#include "report/peak.hpp"

namespace lne {
namespace {

class CompiledNetwork : public Network {
 public:
  CompiledNetwork(Program program, std::uint64_t fnv64) : program_(std::make_shared<const Program>(std::move(program))), interpreter_(program_), fnv64_(fnv64) {
    for (const ValueId id : program_->graph.inputs) inputs_.push_back(port_of(id));
    for (const ValueId id : program_->graph.outputs) outputs_.push_back(port_of(id));
  }

  const std::vector<Port>& inputs() const override { return inputs_; }
  const std::vector<Port>& outputs() const override { return outputs_; }
  std::string metadata() const override {
    const auto found = program_->graph.metadata.find("sedge");
    return found == program_->graph.metadata.end() ? std::string() : found->second;
  }
  std::vector<std::string> links() const override {
    std::vector<std::string> names;
    for (const LinkedLibrary* library : program_->libraries()) names.push_back(library->name);
    return names;
  }
  std::string plan() const override { return program_->plan().text(); }
  std::string footprint() const override { return program_->footprint().text(); }
  void run(const float* const* inputs, float* const* outputs) override { interpreter_.run(inputs, outputs); }

  std::string report(int runs) override {
    const std::vector<double> times = runs > 0 ? measure(runs) : std::vector<double>();
    if (runs > 0 && peak_.gflops == 0) peak_ = measure_peak();
    const Uses uses(program_->graph);
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < program_->graph.nodes.size(); ++i) places[program_->graph.nodes[i].name] = i;
    Json::Array layers;
    for (std::size_t i = 0; i < program_->steps.size(); ++i) layers.push_back(layer_report(program_->steps[i], uses, places, times.empty() ? nullptr : &times[i]));
    Json::Array views;
    for (const View& view : program_->views) views.push_back(Json(Json::Object{{"layer", Json(view.layer)}, {"op", Json(view.op)}}));
    Json::Object report{{"layers", Json(std::move(layers))}, {"footprint", program_->footprint()}, {"passes", json_of(program_->passes)}, {"views", Json(std::move(views))}, {"links", Json::list(links())}};
    // Without times the report says the same on every machine.
    if (runs > 0) report["peak"] = Json(Json::Object{{"gflops", Json(peak_.gflops)}, {"gbytesPerS", Json(peak_.gbytes_per_s)}});
    return Json(std::move(report)).text();
  }

  std::map<std::string, std::string> generate(const GenerateOptions& options, std::vector<Problem>& problems) override {
    Result<std::map<std::string, std::string>> files = generate_program(program_, options, fnv64_);
    if (files) return std::move(files.value());
    add_problems(files.errors(), problems);
    return {};
  }

 private:
  Port port_of(ValueId id) const {
    const Value& value = program_->graph.value(id);
    return {value.name, value.shape, name_of(value.dtype)};
  }

  /// Median microseconds of each step.
  std::vector<double> measure(int runs) {
    std::vector<std::vector<float>> data;
    std::vector<const float*> inputs;
    std::vector<float*> outputs;
    for (const Port& port : inputs_) data.emplace_back(static_cast<std::size_t>(element_count(port.shape)), 0.5f);
    for (const auto& input : data) inputs.push_back(input.data());
    std::vector<std::vector<float>> results;
    for (const Port& port : outputs_) results.emplace_back(static_cast<std::size_t>(element_count(port.shape)));
    for (auto& output : results) outputs.push_back(output.data());
    std::vector<std::vector<double>> samples(program_->steps.size());
    for (int i = 0; i < runs + 3; ++i) {
      std::vector<double> step_ns;
      interpreter_.run_timed(inputs.data(), outputs.data(), step_ns);
      for (std::size_t step = 0; i >= 3 && step < samples.size(); ++step) samples[step].push_back(step_ns[step] / 1000.0);
    }
    std::vector<double> medians;
    for (std::vector<double>& values : samples) {
      std::sort(values.begin(), values.end());
      medians.push_back(values[values.size() / 2]);
    }
    return medians;
  }

  static Json bytes(std::int64_t floats) { return Json(static_cast<long long>(floats * static_cast<std::int64_t>(sizeof(float)))); }

  Json layer_report(const Step& step, const Uses& uses, const std::map<std::string, std::size_t>& places, const double* median_us) const {
    const auto first = places.find(step.layer);
    Json::Array candidates;
    for (const Primitive* primitive : step.op != "convert" && first != places.end() ? PrimitiveRegistry::instance().for_op(step.op) : std::vector<const Primitive*>()) {
      // Another network of this process may have brought a library in, which is no affair of this one.
      if (primitive->library && primitive != step.primitive && program_->plugins.count(primitive->plugin()) == 0) continue;
      const Chain chain = chain_of(program_->graph, uses, first->second, *primitive);
      Json::Array variants;
      for (const Variant& variant : chain.refusal.empty() ? primitive->variants(program_->graph, chain.node) : std::vector<Variant>()) variants.push_back(json_of(variant));
      candidates.push_back(Json(Json::Object{{"primitive", Json(primitive->name)}, {"refusal", Json(chain.refusal)}, {"variants", Json(std::move(variants))}}));
    }
    const Buffer& to = program_->buffers[static_cast<std::size_t>(step.destination)];
    Json::Object report{{"layer", Json(step.layer)},  {"op", Json(step.op)}, {"primitive", Json(step.primitive->name)}, {"variant", json_of(step.variant)}, {"candidates", Json(std::move(candidates))},
                        {"merged", Json::list(step.fused())}, {"multiplyAdds", Json(static_cast<long long>(step.multiply_adds))}, {"resultBytes", Json(static_cast<long long>(to.floats * 4))},
                        {"layout", Json(name_of(to.layout))}, {"weightsBytes", bytes(step.weights_floats)}, {"scratchBytes", bytes(step.lowered.scratch_floats)}, {"isInPlace", Json(to.parent >= 0 && to.parent_offset == 0 && to.step == 0)}};
    // Everything once: what is read again from a cache is not counted.
    std::int64_t moved = to.floats + step.weights_floats;
    for (const int source : step.sources) moved += program_->buffers[static_cast<std::size_t>(source)].floats;
    report["bytesMoved"] = bytes(moved);
    if (median_us != nullptr) {
      report["medianUs"] = Json(*median_us);
      const double gflops = 2e-3 * static_cast<double>(step.multiply_adds) / *median_us;
      if (step.multiply_adds > 0) report["gflops"] = Json(gflops);
      if (step.multiply_adds > 0) report["peakShare"] = Json(gflops / peak_.gflops);
      report["gbytesPerS"] = Json(4e-3 * static_cast<double>(moved) / *median_us);
    }
    return Json(std::move(report));
  }

  std::shared_ptr<const Program> program_;
  Interpreter interpreter_;
  std::uint64_t fnv64_;
  std::vector<Port> inputs_;
  std::vector<Port> outputs_;
  Peak peak_;
};

}  // namespace

std::unique_ptr<Network> Network::load(std::string_view bytes, const std::string& file, const std::string& plan, std::vector<Problem>& problems) {
  PlanOptions options;
  if (!plan.empty()) {
    Result<PlanOptions> read = read_plan(plan);
    if (!read) return add_problems(read.errors(), problems), nullptr;
    options = std::move(read.value());
  }
  Result<Graph> graph = import_network(bytes, file);
  if (!graph) return add_problems(graph.errors(), problems), nullptr;
  Result<Program> program = compile(std::move(graph.value()), options);
  if (!program) return add_problems(program.errors(), problems), nullptr;
  return std::make_unique<CompiledNetwork>(std::move(program.value()), program::fnv64(bytes.data(), bytes.size()));
}

std::map<std::string, double> layer_errors(std::string_view bytes, const std::string& file, const std::string& plan, std::vector<Problem>& problems) {
  std::map<std::string, double> errors;
  const Result<PlanOptions> options = plan.empty() ? Result<PlanOptions>(PlanOptions()) : read_plan(plan);
  if (!options) return add_problems(options.errors(), problems), errors;
  Result<Graph> graph = import_network(bytes, file);
  if (!graph) return add_problems(graph.errors(), problems), errors;
  prepare(graph.value(), options.value());
  const Result<Assignment> assignment = assign(graph.value(), options.value());
  if (!assignment) return add_problems(assignment.errors(), problems), errors;
  const Uses uses(graph.value());
  for (std::size_t at = 0; at < assignment.value().size(); ++at) {
    const Choice& choice = assignment.value()[at];
    if (choice.primitive == nullptr || !choice.primitive->is_approximate) continue;
    errors[graph.value().nodes[at].name] = LayerError(graph.value(), chain_of(graph.value(), uses, at, *choice.primitive)).of(choice);
  }
  return errors;
}

std::string native_target() { return host_target(); }

std::string caffe_bundle(std::string_view prototxt, std::string_view caffemodel) { return bundle(prototxt, caffemodel); }

std::string operators() {
  Json::Array onnx, caffe, libraries;
  for (const auto& [name, definition] : OpRegistry::instance().all()) {
    if (!definition.onnx.empty()) onnx.push_back(Json(Json::Object{{"name", Json(name)}, {"onnx", Json::list(definition.onnx)}, {"summary", Json(definition.summary)}}));
  }
  for (const caffe::LayerType& type : caffe::layer_types()) caffe.push_back(Json(Json::Object{{"type", Json(type.name)}, {"summary", Json(type.summary)}}));
  for (const LibraryPlugin& plugin : library_plugins()) {
    libraries.push_back(Json(Json::Object{{"plugin", Json(plugin.plugin)}, {"library", Json(plugin.name)}, {"package", Json(plugin.package)}, {"isBuilt", Json(plugin.is_built)}}));
  }
  return Json(Json::Object{{"onnx", Json(std::move(onnx))}, {"caffe", Json(std::move(caffe))}, {"libraries", Json(std::move(libraries))}}).text();
}

}  // namespace lne
