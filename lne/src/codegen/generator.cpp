#include "generator.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <numeric>
#include <set>

#include "../interpret/interpreter.hpp"
#include "../../runtime/program/golden.hpp"
#include "kernel_text.hpp"
#include "metadata.hpp"
#include "runtime_files.hpp"
#include "../plan/target.hpp"

namespace lne {

namespace {

using Files = std::map<std::string, std::string>;

constexpr std::size_t kKernelsPerFile = 6;
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

std::string quoted(const std::string& text) { return Json(text).text(); }

std::string raw(const std::string& text) { return "R\"SEDGE(" + text + ")SEDGE\""; }

class Generator {
 public:
  Generator(std::shared_ptr<const Program> program, const GenerateOptions& options, std::uint64_t model_fnv64, const Target& target, ModelMetadata metadata)
      : program_(*program), libraries_(program->libraries()), interpreter_(std::move(program)), options_(options), model_fnv64_(model_fnv64), target_(target), metadata_(std::move(metadata)) {}

  Result<Files> run() {
    for (const std::vector<float>& input : options_.golden_inputs) {
      if (static_cast<std::int64_t>(input.size()) != element_count(port_shape(program_.inputs[0]))) return Error{"LNE_GENERATE_GOLDEN", "a golden input does not fit the network's first input"};
    }
    if (program_.inputs.size() != 1 && !options_.golden_inputs.empty()) return Error{"LNE_GENERATE_GOLDEN", "golden vectors need a network with one input"};
    for (const auto& [name, text] : runtime_files()) {
      const std::string prefix = "program/";
      if (name.rfind(prefix, 0) == 0 && (metadata_.has_audio || name != "program/frontend.hpp")) files_["src/" + name.substr(prefix.size())] = text;
      if (name.rfind("tree/toolchains/", 0) == 0) files_[name.substr(5)] = text;
      if (metadata_.has_audio && name.rfind("audio/", 0) == 0) files_["src/" + name] = text;
    }
    if (metadata_.has_audio) replace_all(files_["src/frontend.hpp"], "\"../audio/", "\"audio/");
    files_["include/app.h"] = files_["src/app.h"];
    files_.erase("src/app.h");
    for (const auto& [name, text] : simd_files()) files_["src/" + name] = text;
    files_["src/weights.bin"] = bytes_of(program_.weights);
    add_kernels();
    files_["src/network.cpp"] = network_source();
    files_["src/golden.bin"] = golden_bytes();
    files_["src/program_data.hpp"] = data_header();
    files_["src/program_data.cpp"] = data_source();
    files_["CMakeLists.txt"] = cmake_lists();
    files_["README.md"] = readme();
    for (const LinkedLibrary* library : libraries_) files_["libraries/" + library->plugin + ".cmake"] = library->cmake;
    if (!libraries_.empty()) files_["src/" + std::string(kLayerStateFile)] = layer_state_text();
    files_["plan.json"] = program_.plan().text() + "\n";
    return std::move(files_);
  }

 private:
  const Shape& port_shape(int buffer) const { return program_.buffers[static_cast<std::size_t>(buffer)].shape; }

  static void replace_all(std::string& text, const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) text.replace(at, from.size(), to);
  }

  /// `inputs[0]` or `arena + 128`.
  std::string address(int buffer) const {
    const Buffer& at = program_.buffers[static_cast<std::size_t>(buffer)];
    return at.input >= 0 ? "inputs[" + std::to_string(at.input) + "]" : "arena + " + std::to_string(at.offset);
  }

  /// Kernels with their shapes, each once, in files of a few: compilers take them side by side, and layers of one shape share their code.
  void add_kernels() {
    std::map<std::string, std::size_t> known;
    std::vector<const Step*> kernels;
    for (const Step& step : program_.steps) {
      const std::string text = step.primitive->kernel_file + "|" + step.lowered.function + step.lowered.shape_value;
      if (known.emplace(text, kernels.size()).second) kernels.push_back(&step);
      kernel_of_step_.push_back(known.at(text));
    }
    std::vector<std::size_t> order(kernels.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return kernels[a]->primitive->kernel_file < kernels[b]->primitive->kernel_file; });
    std::string header = "// Generated. The kernels of the network with their shapes compiled in: sources, weights, result, scratch.\n#pragma once\n\nnamespace app {\n";
    for (std::size_t i = 0; i < kernels.size(); ++i) header += "void kernel_" + std::to_string(i) + "(const float* const* src, const float* weights, float* dst, float* scratch);\n";
    files_["src/kernels.hpp"] = header + "}  // namespace app\n";
    for (std::size_t first = 0; first < order.size(); first += kKernelsPerFile) {
      std::vector<const Primitive*> primitives;
      std::string bodies;
      for (std::size_t i = first; i < std::min(first + kKernelsPerFile, order.size()); ++i) {
        const Step& step = *kernels[order[i]];
        primitives.push_back(step.primitive);
        bodies += "\n__attribute__((flatten)) void kernel_" + std::to_string(order[i]) + "(const float* const* src, const float* weights, float* dst, float* scratch) {\n  static constexpr " + step.lowered.shape_type + " kShape" +
                  step.lowered.shape_value + ";\n  " + step.lowered.function + "(kShape, src, weights, dst, scratch);\n}\n";
      }
      const std::string name = "src/kernels_" + std::to_string(first / kKernelsPerFile) + ".cpp";
      files_[name] = "// Generated. Each kernel stands here as it ran when the program was measured.\n" + kernel_includes(primitives) + "#include \"kernels.hpp\"\n\n" + kernel_texts(primitives) + "\nnamespace app {\n" + bodies + "\n}  // namespace app\n";
      kernel_sources_ += name + " ";
    }
  }

  std::string network_source() const {
    std::string out = "// Generated. The network's layers in the order in which they run, and where their tensors lie.\n";
    out += "#include <cstdint>\n#include <cstring>\n#include <new>\n\n#include \"app.h\"\n#include \"kernels.hpp\"\n#include \"program_data.hpp\"\n\nextern \"C\" const float app_weights[];\n\nnamespace {\n";
    out += "\nconstexpr std::int64_t kArenaFloats = " + std::to_string(std::max<std::int64_t>(program_.instance_floats(), kAlignmentFloats)) + ";\n";
    out += "constexpr std::int64_t kWeightFloats = " + std::to_string(program_.weights.size()) + ";\n";
    for (std::size_t i = 0; i < program_.steps.size(); ++i) out += step_source(i);
    out += "\nusing StepFunction = void (*)(const float* const*, float*);\nstruct StepEntry {\n  StepFunction run;\n  const char* name;\n  std::int64_t offset, floats;\n};\nconstexpr StepEntry kSteps[] = {\n";
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      const Buffer& to = program_.buffers[static_cast<std::size_t>(program_.steps[i].destination)];
      out += "    {step_" + std::to_string(i) + ", " + quoted(program_.steps[i].layer) + ", " + std::to_string(to.offset) + ", " + std::to_string(to.floats) + "},\n";
    }
    out += "};\nconstexpr std::size_t kStepCount = sizeof(kSteps) / sizeof(kSteps[0]);\n\n" + ports_source("Input", program_.inputs, program_.graph.inputs) + ports_source("Output", program_.outputs, program_.graph.outputs) + "}  // namespace\n\n#include \"interface.inc\"\n";
    return out;
  }

  std::string step_source(std::size_t index) const {
    const Step& step = program_.steps[index];
    std::string sources;
    for (const int source : step.sources) sources += (sources.empty() ? "" : ", ") + address(source);
    std::string merged;
    for (const std::string& name : step.fused()) merged += (merged.empty() ? "; with " : ", ") + name;
    std::string comment = step.layer + " (" + step.op + ") by " + step.primitive->name + merged;
    for (char& c : comment) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c == '\\' ? '/' : c;
    return "\n// " + comment + "\nvoid step_" + std::to_string(index) + "([[maybe_unused]] const float* const* inputs, float* arena) {\n  const float* const sources[] = {" + sources + "};\n  app::kernel_" +
           std::to_string(kernel_of_step_[index]) + "(sources, app_weights + " + std::to_string(step.weights_offset) + ", arena + " + std::to_string(program_.buffers[static_cast<std::size_t>(step.destination)].offset) + ", arena + " +
           std::to_string(step.scratch_offset) + ");\n}\n";
  }

  std::string ports_source(const std::string& what, const std::vector<int>& ports, const std::vector<ValueId>& values) const {
    std::string out = "struct " + what + "Port {\n  std::int64_t shape[9];\n  std::size_t elements;\n  std::int64_t offset;  // in the arena, or -1 - index for an input that is handed through\n  const char* name;\n  const char* type;\n};\nconstexpr " + what + "Port k" + what + "s[] = {\n";
    for (std::size_t i = 0; i < ports.size(); ++i) {
      const Buffer& buffer = program_.buffers[static_cast<std::size_t>(ports[i])];
      const Value& value = program_.graph.value(values[i]);
      out += "    {" + braced(value.shape) + ", " + std::to_string(element_count(value.shape)) + ", " + std::to_string(buffer.input >= 0 ? -1 - buffer.input : buffer.offset) + ", " + quoted(value.name) + ", " + quoted(name_of(value.dtype)) + "},\n";
    }
    return out + "};\n\n";
  }

  /// Inputs, outputs and per-step hashes, as the interpreter computes them here.
  std::string golden_bytes() {
    std::string inputs, outputs, hashes;
    for (const std::vector<float>& input : options_.golden_inputs) {
      std::vector<float> output(static_cast<std::size_t>(element_count(port_shape(program_.outputs[0]))));
      std::vector<std::vector<float>> others;
      std::vector<float*> targets{output.data()};
      for (std::size_t i = 1; i < program_.outputs.size(); ++i) {
        others.emplace_back(static_cast<std::size_t>(element_count(port_shape(program_.outputs[i]))));
        targets.push_back(others.back().data());
      }
      const float* sources[1] = {input.data()};
      interpreter_.run_observed(sources, targets.data(), [&](std::size_t, const float* result, std::int64_t floats) {
        const std::uint64_t hash = program::fnv64(result, static_cast<std::size_t>(floats) * sizeof(float));
        hashes.append(reinterpret_cast<const char*>(&hash), sizeof hash);
      });
      inputs += bytes_of(input);
      outputs += bytes_of(output);
    }
    return hashes + inputs + outputs;
  }

  std::string info() const {
    Json::Array classes;
    for (const std::string& name : metadata_.classes) classes.push_back(Json(name));
    const auto shape = [&](int port) {
      Json::Array extents;
      for (const std::int64_t extent : port_shape(port)) extents.push_back(Json(static_cast<long long>(extent)));
      return Json(std::move(extents));
    };
    Json::Array plugins;
    std::set<std::string> names;
    for (const Step& step : program_.steps) names.insert(step.primitive->plugin());
    for (const std::string& name : names) plugins.push_back(Json(name));
    Json::Array links;
    for (const LinkedLibrary* library : libraries_) links.push_back(Json(library->name));
    return Json(Json::Object{{"name", Json(options_.name)}, {"target", Json(target_.name)}, {"classes", Json(std::move(classes))}, {"input", shape(program_.inputs[0])}, {"output", shape(program_.outputs[0])},
                             {"footprint", program_.footprint()}, {"plugins", Json(std::move(plugins))}, {"links", Json(std::move(links))}, {"errorBound", Json(kErrorBound)}})
        .text();
  }

  std::string data_header() const {
    std::string out = "// Generated. What the program knows of itself.\n#pragma once\n\n#include <cstdint>\n\n#include \"golden.hpp\"\n";
    if (metadata_.has_audio) out += "#include \"frontend.hpp\"\n";
    out += "\n#define APP_HAS_AUDIO " + std::to_string(metadata_.has_audio ? 1 : 0) + "\n#define APP_OUTPUT_IS_LOGITS " + (metadata_.is_logits ? "true" : "false") + "\n#define APP_ERROR_BOUND " + number(kErrorBound) +
           "\n#define APP_MODEL_FNV64 " + std::to_string(model_fnv64_) + "ull\n";
    // Compiled for the instructions of the target itself, the program must agree bit for bit; elsewhere, and with libraries of which each machine may
    // have another version, within the bound.
    const std::string condition = target_.name == "x86-64-v4" ? "defined(__AVX512VL__)" : target_.name == "x86-64-v3" ? "defined(__AVX2__) && defined(__FMA__)" : target_.name == "aarch64" ? "defined(__aarch64__)" : "0";
    out += "#if " + (is_host_target() && libraries_.empty() ? condition : std::string("0")) + "\n#define APP_IS_GENERATION_TARGET true\n#else\n#define APP_IS_GENERATION_TARGET false\n#endif\n\n";
    out += "inline constexpr const char* kAppClasses[] = {";
    for (const std::string& name : metadata_.classes) out += quoted(name) + ", ";
    out += "\"\"};\nextern const char* const kAppInfo;\n\nlne::program::Golden app_golden();\n";
    if (metadata_.has_audio) out += "lne::program::AudioFrontend app_frontend();\n";
    return out;
  }

  bool is_host_target() const { return target_.name == host_target(); }

  std::string data_source() {
    const std::size_t count = options_.golden_inputs.size();
    const std::size_t hashes = count * program_.steps.size() * sizeof(std::uint64_t);
    const std::size_t inputs = count * static_cast<std::size_t>(element_count(port_shape(program_.inputs[0]))) * sizeof(float);
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

  std::string cmake_lists() const {
    std::string text = runtime_files().at("tree/CMakeLists.txt");
    replace_all(text, "@APP_TARGET_FLAGS@", target_.flags);
    std::string libraries;
    for (const LinkedLibrary* library : libraries_) libraries += " " + library->plugin;
    const std::string link = "\n# Libraries that kernels call.\nforeach(library" + libraries + ")\n  include(libraries/${library}.cmake)\n  if(NOT TARGET lne::${library})\n    message(FATAL_ERROR \"This program calls ${lne_${library}_name}, which is not here. Get it: apt-get install ${lne_${library}_package}\")\n  endif()\n  target_link_libraries(libapp PRIVATE lne::${library})\nendforeach()\n";
    replace_all(text, "@APP_LIBRARIES@", libraries_.empty() ? std::string() : link);
    replace_all(text, "@APP_KERNEL_SOURCES@", kernel_sources_.substr(0, kernel_sources_.size() - 1));
    return text;
  }

  std::string readme() const {
    std::string classes;
    for (const std::string& name : metadata_.classes) classes += (classes.empty() ? "" : ", ") + name;
    std::string out = "# " + options_.name + "\n\nA program that runs one neural network, generated by Sedge. It needs CMake, a C++17 compiler and " + needs() + ".\n\n```\ncmake -S . -B build && cmake --build build\nbuild/app --self-test\n";
    if (metadata_.has_audio) out += "build/app clip.wav\n";
    out += "build/app bench\nbuild/app --info\n```\n\n| | |\n| --- | --- |\n| target | " + target_.name + " |\n| classes | " + (classes.empty() ? "none" : classes) + " |\n| weights | " + std::to_string(program_.weights.size() * 4) +
           " bytes |\n| arena | " + std::to_string(program_.arena_floats * 4) + " bytes; no plan can be smaller than " + std::to_string(program_.lower_bound_floats * 4) +
           " |\n| scratch of kernels beyond it | " + std::to_string(program_.scratch_floats * 4) + " bytes |\n\nWeights are constants of the program: the system maps them from its file, so that all instances and all processes that run it share one copy. An\ninstance is its arena and scratch alone.\n\n`include/app.h` is the library's C interface. `toolchains/` builds for other processors: -DCMAKE_TOOLCHAIN_FILE=toolchains/aarch64.cmake. `plan.json` says which kernel runs each layer.\n";
    return out;
  }

  std::string needs() const {
    std::string text;
    for (const LinkedLibrary* library : libraries_) text += (text.empty() ? "" : ", ") + library->name + " (" + library->package + ")";
    return text.empty() ? "nothing else" : "these libraries: " + text + ". A thread's first run of a layer makes what its library needs, which allocates";
  }

  const Program& program_;
  std::vector<const LinkedLibrary*> libraries_;
  Interpreter interpreter_;
  const GenerateOptions& options_;
  std::uint64_t model_fnv64_;
  const Target& target_;
  ModelMetadata metadata_;
  std::vector<std::size_t> kernel_of_step_;
  std::string kernel_sources_;
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
  return Generator(std::move(program), options, model_fnv64, *target, std::move(metadata.value())).run();
}

}  // namespace lne
