#include "generator.hpp"

#include <charconv>
#include <cstring>
#include <set>

#include "../application/chain_runner.hpp"
#include "../../runtime/program/golden.hpp"
#include "kernel_text.hpp"
#include "metadata.hpp"
#include "program_text.hpp"
#include "runtime_files.hpp"
#include "../plan/target.hpp"

namespace lne {

namespace {

constexpr double kErrorBound = 1e-4;  // of the largest output, on targets other than the one that it was generated on

template <class Values>
std::string bytes_of(const Values& values) {
  return std::string(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0]));
}

std::string number(double value) {
  char digits[40];
  return std::string(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string float_list(const std::vector<double>& values) {
  std::string out = "{";
  for (std::size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + ("static_cast<float>(" + number(values[i]) + ")");
  return out + "}";
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
}

std::int64_t floats_of(const std::vector<ChainPort>& ports) {
  std::int64_t floats = 0;
  for (const ChainPort& port : ports) floats += element_count(port.shape);
  return floats;
}

/// What a program is generated of.
struct Order {
  std::shared_ptr<const ModuleChain> chain;
  const GenerateOptions& options;
  std::uint64_t fnv64;
  const Target& target;
  /// of a network alone
  ModelMetadata metadata;
  /// text of an application's file; empty for a network alone
  std::string declaration;
};

class Generator {
 public:
  explicit Generator(Order order) : order_(std::move(order)), chain_(*order_.chain), options_(order_.options), metadata_(order_.metadata), target_(order_.target), libraries_(chain_.libraries()), steps_(chain_.steps()) {
    begins_with_sound_ = !chain_.inputs.empty() && chain_.value(chain_.inputs[0].value).type.kind == ValueType::Kind::kSound;
    if (metadata_.classes.empty() && is_application()) metadata_.classes = deciding_classes();
  }

  Result<Files> run() {
    for (const std::vector<float>& input : options_.golden_inputs) {
      if (static_cast<std::int64_t>(input.size()) != floats_of(chain_.inputs)) return Error{"LNE_GENERATE_GOLDEN", "a golden input has " + std::to_string(input.size()) + " values, and the program takes " + std::to_string(floats_of(chain_.inputs))};
    }
    copy_runtime();
    KernelSources kernels = kernel_sources(steps_, chain_);
    files_.merge(kernels.files);
    files_["src/weights.bin"] = weights_bytes();
    files_["src/network.cpp"] = network_source(chain_, steps_, kernels.calls);
    files_["src/golden.bin"] = golden_bytes();
    files_["src/program_data.hpp"] = data_header();
    files_["src/program_data.cpp"] = data_source();
    files_["CMakeLists.txt"] = cmake_lists(kernels.sources);
    files_["README.md"] = readme();
    for (const ChainModule& module : chain_.modules) {
      if (module.made.network) files_[is_application() ? "plans/" + module.id + ".json" : "plan.json"] = module.made.network->program->plan().text() + "\n";
    }
    for (const LinkedLibrary* library : libraries_) files_["libraries/" + library->plugin + ".cmake"] = library->cmake;
    if (!libraries_.empty()) files_["src/" + std::string(kLayerStateFile)] = layer_state_text();
    if (is_application()) files_["application.yml"] = order_.declaration;
    return std::move(files_);
  }

 private:
  bool is_application() const { return !order_.declaration.empty(); }
  bool has_audio() const { return metadata_.has_audio || begins_with_sound_; }

  std::vector<std::string> deciding_classes() const {
    for (std::size_t i = chain_.outputs.size(); i-- > 0;) {
      if (const ValueType& type = chain_.value(chain_.outputs[i].value).type; type.kind == ValueType::Kind::kScores) return type.classes;
    }
    return {};
  }

  /// Those files of runtime/ that this program needs.
  void copy_runtime() {
    const std::string recognizer = "program/recognize/" + std::string(metadata_.has_audio ? "network" : begins_with_sound_ ? "application" : "none") + ".hpp";
    for (const auto& [name, text] : runtime_files()) {
      const std::string prefix = "program/";
      const bool is_audio = name == "program/frontend.hpp" || name == "program/recording.hpp";
      const bool is_wanted = name == "program/frontend.hpp" ? metadata_.has_audio : !is_audio || has_audio();
      if (name.rfind("program/recognize/", 0) == 0) {
        if (name == recognizer) files_["src/recognize.hpp"] = text;
      } else if (name.rfind(prefix, 0) == 0 && is_wanted) {
        files_["src/" + name.substr(prefix.size())] = text;
        replace_all(files_["src/" + name.substr(prefix.size())], "\"../audio/", "\"audio/");
      }
      if (name.rfind("tree/toolchains/", 0) == 0) files_[name.substr(5)] = text;
      if ((has_audio() || takes_sound()) && name.rfind("audio/", 0) == 0) files_["src/" + name] = text;
    }
    files_["include/app.h"] = files_["src/app.h"];
    files_.erase("src/app.h");
  }

  bool takes_sound() const {
    for (const ChainModule& module : chain_.modules) {
      for (const std::string& header : module.kind->headers) {
        if (header.rfind("audio/", 0) == 0) return true;
      }
    }
    return false;
  }

  std::string weights_bytes() const {
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(chain_.weights_floats) * sizeof(float));
    for (const ChainModule& module : chain_.modules) {
      bytes.resize(static_cast<std::size_t>(module.weights_offset) * sizeof(float));
      if (module.weights_floats() > 0) bytes.append(reinterpret_cast<const char*>(module.weights()), static_cast<std::size_t>(module.weights_floats()) * sizeof(float));
    }
    return bytes;
  }

  /// Hashes of each step, inputs and outputs, as the same chain computes them here, one vector after the other.
  std::string golden_bytes() const {
    std::string inputs, outputs, hashes;
    if (options_.golden_inputs.empty()) return {};
    ChainRunner runner(order_.chain);
    for (const std::vector<float>& input : options_.golden_inputs) {
      std::vector<float> output(static_cast<std::size_t>(floats_of(chain_.outputs)));
      std::vector<const float*> sources;
      std::vector<float*> targets;
      std::size_t at = 0;
      for (const ChainPort& port : chain_.inputs) sources.push_back(input.data() + at), at += static_cast<std::size_t>(element_count(port.shape));
      at = 0;
      for (const ChainPort& port : chain_.outputs) targets.push_back(output.data() + at), at += static_cast<std::size_t>(element_count(port.shape));
      runner.run(sources.data(), targets.data(), [&](std::size_t, const float* result, std::int64_t floats) {
        const std::uint64_t hash = program::fnv64(result, static_cast<std::size_t>(floats) * sizeof(float));
        hashes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
      });
      inputs += bytes_of(input);
      outputs += bytes_of(output);
    }
    return hashes + inputs + outputs;
  }

  static Json extents_of(const Shape& shape) {
    Json::Array extents;
    for (const std::int64_t extent : shape) extents.push_back(Json(static_cast<long long>(extent)));
    return Json(std::move(extents));
  }

  std::string info() const {
    std::set<std::string> plugins;
    for (const ChainStep& step : steps_) {
      if (step.primitive != nullptr) plugins.insert(step.primitive->plugin());
    }
    std::vector<std::string> links;
    for (const LinkedLibrary* library : libraries_) links.push_back(library->name);
    Json::Object info{{"name", Json(options_.name)},
                      {"target", Json(target_.name)},
                      {"classes", Json::list(metadata_.classes)},
                      {"input", extents_of(chain_.inputs[0].shape)},
                      {"output", extents_of(chain_.outputs[0].shape)},
                      {"footprint", footprint_of(chain_)},
                      {"plugins", Json::list({plugins.begin(), plugins.end()})},
                      {"links", Json::list(links)},
                      {"errorBound", Json(kErrorBound)}};
    if (is_application()) {
      Json::Array modules, outputs;
      for (const ChainModule& module : chain_.modules) modules.push_back(Json(Json::Object{{"id", Json(module.id)}, {"use", Json(module.kind->name)}}));
      for (const ChainPort& port : chain_.outputs) {
        const ValueType& type = chain_.value(port.value).type;
        outputs.push_back(Json(Json::Object{{"name", Json(port.name)}, {"kind", Json(word_of(type.kind))}, {"classes", Json::list(type.classes)}, {"shape", extents_of(port.shape)}}));
      }
      info["modules"] = Json(std::move(modules));
      info["outputs"] = Json(std::move(outputs));
    }
    return Json(std::move(info)).text();
  }

  std::string data_header() const {
    std::string out = "// Generated. What the program knows of itself.\n#pragma once\n\n#include <cstdint>\n\n#include \"golden.hpp\"\n";
    if (metadata_.has_audio) out += "#include \"frontend.hpp\"\n";
    bool remembers = false;
    for (const ChainModule& module : chain_.modules) remembers = remembers || module.made.keeps_memory;
    out += "\n#define APP_OUTPUT_IS_LOGITS " + std::string(metadata_.is_logits ? "true" : "false") + "\n#define APP_REMEMBERS " + (remembers ? "true" : "false") + "\n#define APP_ERROR_BOUND " + number(kErrorBound) + "\n#define APP_MODEL_FNV64 " +
           std::to_string(order_.fnv64) + "ull\n";
    // Compiled for the instructions of the target itself, the program must agree bit for bit; elsewhere, and with libraries of which each machine may
    // have another version, within the bound.
    const std::string condition = target_.name == "x86-64-v4" ? "defined(__AVX512VL__)" : target_.name == "x86-64-v3" ? "defined(__AVX2__) && defined(__FMA__)" : target_.name == "aarch64" ? "defined(__aarch64__)" : "0";
    out += "#if " + (target_.name == host_target() && libraries_.empty() ? condition : std::string("0")) + "\n#define APP_IS_GENERATION_TARGET true\n#else\n#define APP_IS_GENERATION_TARGET false\n#endif\n\n";
    out += "inline constexpr const char* kAppClasses[] = {";
    for (const std::string& name : metadata_.classes) out += quoted(name) + ", ";
    out += "\"\"};\nextern const char* const kAppInfo;\n\nlne::program::Golden app_golden();\n";
    if (metadata_.has_audio) out += "lne::program::AudioFrontend app_frontend();\n";
    if (begins_with_sound_) out += "/// of the sound that the program takes\ninline constexpr int kAppRateHz = " + std::to_string(chain_.value(chain_.inputs[0].value).type.rate_hz) + ";\n";
    return out;
  }

  std::string data_source() const {
    const std::size_t count = options_.golden_inputs.size();
    const std::size_t hashes = count * steps_.size() * sizeof(std::uint64_t);
    const std::size_t inputs = count * static_cast<std::size_t>(floats_of(chain_.inputs)) * sizeof(float);
    std::string out = "// Generated.\n#include \"program_data.hpp\"\n\nextern \"C\" const unsigned char app_golden_bytes[];\n\nconst char* const kAppInfo = " + raw(info()) + ";\n\n";
    out += "lne::program::Golden app_golden() {\n  return {" + std::to_string(count) + ", reinterpret_cast<const float*>(app_golden_bytes + " + std::to_string(hashes) + "), reinterpret_cast<const float*>(app_golden_bytes + " +
           std::to_string(hashes + inputs) + "), reinterpret_cast<const std::uint64_t*>(app_golden_bytes)};\n}\n";
    if (!metadata_.has_audio) return out;
    const AudioPreprocessing& a = metadata_.audio;
    out += "\nlne::program::AudioFrontend app_frontend() {\n  lne::audio::MfccParameters parameters;\n  parameters.rate_hz = " + std::to_string(a.rate_hz) + ";\n  parameters.clip_samples = " + std::to_string(a.clip_samples) +
           ";\n  parameters.frame_samples = " + std::to_string(a.frame_samples) + ";\n  parameters.stride_samples = " + std::to_string(a.stride_samples) + ";\n  parameters.bands = " + std::to_string(a.bands) +
           ";\n  parameters.mels = " + std::to_string(a.mels) + ";\n  parameters.pad_mode = lne::audio::PadMode::" + (a.is_reflect ? "kReflect" : "kConstant") + ";\n  parameters.has_top_db = " + (a.has_top_db ? "true" : "false") +
           ";\n  parameters.top_db = " + number(a.top_db) + ";\n  parameters.htk = " + (a.htk ? "true" : "false") + ";\n  return {parameters, {" + float_list(a.mean) + ",\n          " + float_list(a.deviation) + "}};\n}\n";
    return out;
  }

  std::string cmake_lists(const std::vector<std::string>& sources) const {
    std::string text = runtime_files().at("tree/CMakeLists.txt"), list;
    for (const std::string& source : sources) list += (list.empty() ? "" : " ") + source;
    replace_all(text, "@APP_TARGET_FLAGS@", target_.flags);
    std::string libraries;
    for (const LinkedLibrary* library : libraries_) libraries += " " + library->plugin;
    const std::string link = "\n# Libraries that kernels call.\nforeach(library" + libraries + ")\n  include(libraries/${library}.cmake)\n  if(NOT TARGET lne::${library})\n    message(FATAL_ERROR \"This program calls ${lne_${library}_name}, which is not here. Get it: apt-get install ${lne_${library}_package}\")\n  endif()\n  target_link_libraries(libapp PRIVATE lne::${library})\nendforeach()\n";
    replace_all(text, "@APP_LIBRARIES@", libraries_.empty() ? std::string() : link);
    replace_all(text, "@APP_KERNEL_SOURCES@", list);
    return text;
  }

  std::string readme() const {
    std::string classes, modules;
    for (const std::string& name : metadata_.classes) classes += (classes.empty() ? "" : ", ") + name;
    for (const ChainModule& module : chain_.modules) modules += (modules.empty() ? "" : ", ") + module.id + " (" + module.kind->name + ")";
    const Json footprint = footprint_of(chain_);
    const auto bytes = [&](const char* key) { return std::to_string(static_cast<long long>(footprint[key].number() == nullptr ? 0 : *footprint[key].number())) + " bytes"; };
    std::string out = "# " + options_.name + "\n\nA program that runs " + (is_application() ? "an application of several modules" : "one neural network") + ", generated by Sedge. It needs CMake, a C++17 compiler and " + needs() + ".\n\n```\ncmake -S . -B build && cmake --build build\nbuild/app --self-test\n";
    if (has_audio()) out += "build/app clip.wav\n";
    out += "build/app bench\nbuild/app --info\n```\n\n| | |\n| --- | --- |\n| target | " + target_.name + " |\n| classes | " + (classes.empty() ? "none" : classes) + " |\n";
    if (is_application()) out += "| modules | " + modules + " |\n";
    out += "| weights | " + bytes("weightsBytes") + " |\n| arena | " + bytes("arenaBytes") + "; no plan can be smaller than " + bytes("arenaLowerBoundBytes") + " |\n";
    if (!is_application()) out += "| scratch of kernels beyond it | " + bytes("scratchBytes") + " |\n";
    out += "\nWeights are constants of the program: the system maps them from its file, so that all instances and all processes that run it share one copy. An\ninstance is its arena and scratch alone.\n";
    return out + "\n`include/app.h` is the library's C interface. `toolchains/` builds for other processors: -DCMAKE_TOOLCHAIN_FILE=toolchains/aarch64.cmake. " +
           (is_application() ? "`application.yml` says what runs, `plans/` which kernel runs each layer.\n" : "`plan.json` says which kernel runs each layer.\n");
  }

  std::string needs() const {
    std::string text;
    for (const LinkedLibrary* library : libraries_) text += (text.empty() ? "" : ", ") + library->name + " (" + library->package + ")";
    return text.empty() ? "nothing else" : "these libraries: " + text + ". A thread's first run of a layer makes what its library needs, which allocates";
  }

  Order order_;
  const ModuleChain& chain_;
  const GenerateOptions& options_;
  ModelMetadata& metadata_;
  const Target& target_;
  std::vector<const LinkedLibrary*> libraries_;
  std::vector<ChainStep> steps_;
  bool begins_with_sound_ = false;
  Files files_;
};

}  // namespace

Result<Files> generate_program(std::shared_ptr<const Program> program, const GenerateOptions& options, std::uint64_t model_fnv64) {
  const Target* target = find_target(program->target);
  if (target == nullptr) return unknown_target(program->target);
  const auto own = program->graph.metadata.find("sedge");
  const std::string text = !options.metadata.empty() ? options.metadata : own == program->graph.metadata.end() ? std::string() : own->second;
  Result<ModelMetadata> metadata = read_metadata(text, program->graph);
  if (!metadata) return metadata.errors();
  auto chain = std::make_shared<const ModuleChain>(chain_of(std::move(program), options.name));
  return Generator({std::move(chain), options, model_fnv64, *target, std::move(metadata.value()), ""}).run();
}

Result<Files> generate_application(std::shared_ptr<const ModuleChain> chain, const GenerateOptions& options, const std::string& declaration) {
  const Target* target = find_target(chain->target);
  if (target == nullptr) return unknown_target(chain->target);
  return Generator({std::move(chain), options, program::fnv64(declaration.data(), declaration.size()), *target, ModelMetadata(), declaration}).run();
}

Json footprint_of(const ModuleChain& chain) {
  const auto bytes = [](std::int64_t floats) { return Json(static_cast<long long>(floats * static_cast<std::int64_t>(sizeof(float)))); };
  std::int64_t apart = 0, networks = 0, multiply_adds = 0;
  const Program* alone = nullptr;
  for (const ChainModule& module : chain.modules) {
    apart += module.memory_floats();
    if (module.made.network == nullptr) continue;
    alone = module.made.network->program.get();
    ++networks;
    for (const Step& step : alone->steps) multiply_adds += step.multiply_adds;
  }
  // A network alone is told as its plan tells it.
  const bool is_alone = networks == 1 && chain.modules.size() == 1 + chain.inputs.size();
  if (is_alone) return alone->footprint();
  for (const ChainValue& value : chain.values) apart += value.place.input >= 0 ? 0 : value.floats();
  return Json(Json::Object{{"arenaBytes", bytes(chain.arena_floats)}, {"arenaLowerBoundBytes", bytes(chain.lower_bound_floats)}, {"apartBytes", bytes(apart)}, {"instanceBytes", bytes(chain.arena_floats)}, {"weightsBytes", bytes(chain.weights_floats)}, {"multiplyAdds", Json(static_cast<long long>(multiply_adds))}});
}

}  // namespace lne
