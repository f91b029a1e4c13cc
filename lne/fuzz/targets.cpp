#include "targets.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

#include "../runtime/audio/wav.hpp"
#include "../runtime/program/npz.hpp"
#include "../src/application/chain.hpp"
#include "../src/import/import.hpp"
#include "../src/interpret/interpreter.hpp"

namespace lne::fuzz {
namespace {

/// A broken promise is a finding, as a crash is.
void must(bool holds) {
  if (!holds) std::abort();
}

std::vector<std::uint8_t> vector_of(std::string_view bytes) { return {bytes.begin(), bytes.end()}; }

const Graph& corpus_network() {
  static const Graph graph = [] {
    std::ifstream file(LNE_FUZZ_CORPUS "/network.onnx", std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    Result<Graph> read = import_network(bytes, "network.onnx");
    must(static_cast<bool>(read));
    return std::move(read.value());
  }();
  return graph;
}

void run(std::shared_ptr<const lne::Program> program) {
  const Graph& graph = program->graph;
  std::vector<std::vector<float>> arrays;
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  for (const ValueId id : graph.inputs) arrays.emplace_back(static_cast<std::size_t>(element_count(graph.value(id).shape)), 0.5f);
  for (const ValueId id : graph.outputs) arrays.emplace_back(static_cast<std::size_t>(element_count(graph.value(id).shape)));
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    if (i < graph.inputs.size()) inputs.push_back(arrays[i].data());
    else outputs.push_back(arrays[i].data());
  }
  Interpreter(std::move(program)).run(inputs.data(), outputs.data());
}

/// Knows network.onnx alone.
class OneNetwork : public ModelShelf {
 public:
  OneNetwork() {
    static const std::shared_ptr<const lne::Program> program = std::make_shared<const lne::Program>(std::move(compile(corpus_network(), PlanOptions()).value()));
    model_.program = program;
  }
  const Model* network(const std::string& path, const std::string& plan, std::string& problem) override {
    if (path == kName && plan.empty()) return &model_;
    problem = "there is no such file";
    return nullptr;
  }
  const ModelMetadata* metadata(const std::string& path, std::string& problem) override {
    if (path == kName) return &model_.metadata;
    problem = "there is no such file";
    return nullptr;
  }

 private:
  static constexpr const char* kName = "network.onnx";
  Model model_;
};

}  // namespace

bool read_model(std::string_view bytes) {
  constexpr std::int64_t kMostPlanned = 1 << 20;
  Result<Graph> graph = import_network(bytes, "fuzzed");
  if (!graph) return false;
  std::int64_t elements = 0;
  for (const Value& value : graph.value().values) elements += std::max<std::int64_t>(element_count(value.shape), 0);
  // A large model is a good one too, but planning it would only take time.
  if (elements > kMostPlanned || graph.value().nodes.size() > 200) return true;
  return static_cast<bool>(compile(std::move(graph.value()), PlanOptions()));
}

bool read_plan_file(std::string_view bytes) {
  const Result<PlanOptions> options = read_plan(std::string(bytes));
  if (!options) return false;
  Result<lne::Program> compiled = compile(corpus_network(), options.value());
  if (!compiled) return false;
  const auto program = std::make_shared<const lne::Program>(std::move(compiled.value()));
  run(program);
  // What is written can be read, and says the same.
  const std::string written = program->plan().text();
  const Result<PlanOptions> again = read_plan(written);
  must(static_cast<bool>(again));
  const Result<lne::Program> same = compile(corpus_network(), again.value());
  must(same && same.value().plan().text() == written);
  return true;
}

bool read_application_file(std::string_view bytes) {
  const Result<ApplicationDeclaration> declaration = read_application(bytes, "fuzzed.yml");
  if (!declaration) return false;
  const Result<ModuleChain> chain = compile_chain(declaration.value(), "native", std::make_shared<OneNetwork>());
  if (!chain) return false;
  must(chain.value().arena_floats >= chain.value().lower_bound_floats && !chain.value().outputs.empty());
  return true;
}

bool read_array(std::string_view bytes) {
  const std::vector<std::uint8_t> content = vector_of(bytes);
  bool is_good = false;
  const auto read = [&](const std::vector<std::uint8_t>& file) {
    for (const char* type : {"float32", "int64", "int32", "int8", "uint8", "bool"}) {
      program::Array array;
      if (!program::parse_npy(file, array, type).empty()) continue;
      must(static_cast<std::int64_t>(array.data.size()) == element_count(array.shape));
      is_good = true;
    }
  };
  read(content);
  std::map<std::string, std::vector<std::uint8_t>> files;
  if (!program::parse_npz(content, files).empty()) return is_good;
  for (const auto& [name, file] : files) read(file);
  return is_good;
}

bool read_recording(std::string_view bytes) {
  const std::vector<std::uint8_t> content = vector_of(bytes);
  audio::Recording recording;
  if (audio::read_wav(content.data(), content.size(), recording)) return false;
  must(!recording.samples.empty() && recording.samples.size() <= content.size() && recording.rate_hz > 0 && recording.rate_hz <= audio::kMaxRateHz);
  return true;
}

}  // namespace lne::fuzz
