#include <algorithm>
#include <numeric>
#include <set>

#include "kernel_text.hpp"
#include "program_text.hpp"

namespace lne {
namespace {

constexpr std::size_t kKernelsPerFile = 6;
const char* const kArguments = "(const float* const* src, const float* weights, float* dst, float* scratch)";

/// Files of a few kernels each: compilers take them side by side, and layers of one shape share their code. Beside them the headers that they need.
void add_kernel_files(const std::vector<const ChainStep*>& kernels, KernelSources& out) {
  std::vector<const Primitive*> all;
  for (const ChainStep* step : kernels) all.push_back(step->primitive);
  for (const auto& [name, text] : simd_files_of(all)) out.files["src/" + name] = text;
  std::vector<std::size_t> order(kernels.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return kernels[a]->primitive->kernel_file < kernels[b]->primitive->kernel_file; });
  for (std::size_t first = 0; first < order.size(); first += kKernelsPerFile) {
    std::vector<const Primitive*> primitives;
    std::string bodies;
    for (std::size_t i = first; i < std::min(first + kKernelsPerFile, order.size()); ++i) {
      const ChainStep& step = *kernels[order[i]];
      primitives.push_back(step.primitive);
      bodies += "\n__attribute__((flatten)) void kernel_" + std::to_string(order[i]) + kArguments + " {\n  static constexpr " + step.lowered->shape_type + " kShape" + step.lowered->shape_value + ";\n  " + step.lowered->function +
                "(kShape, src, weights, dst, scratch);\n}\n";
    }
    const std::string name = "src/kernels_" + std::to_string(first / kKernelsPerFile) + ".cpp";
    out.files[name] = "// Generated. Each kernel stands here as it ran when the program was measured.\n" + kernel_includes(primitives) + "#include \"kernels.hpp\"\n\n" + kernel_texts(primitives) + "\nnamespace app {\n" + bodies + "\n}  // namespace app\n";
    out.sources.push_back(name);
  }
}

/// The modules of the chain that are no networks: what they prepare is made once, before the program starts.
void add_module_file(const std::vector<const ChainStep*>& modules, const ModuleChain& chain, KernelSources& out) {
  if (modules.empty()) return;
  Files texts;
  std::set<std::string> headers;
  std::string made, bodies;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const ModuleKind& kind = *chain.modules[static_cast<std::size_t>(modules[i]->module)].kind;
    texts[kind.kernel_file] = kind.kernel_text;
    headers.insert(kind.headers.begin(), kind.headers.end());
    const Lowered& lowered = *modules[i]->lowered;
    const std::string name = "kModule" + std::to_string(i);
    made += "const " + lowered.function + " " + name + "(" + lowered.shape_type + lowered.shape_value + ");\n";
    bodies += "void module_" + std::to_string(i) + kArguments + " { " + name + ".run(src, weights, dst, scratch); }\n";
  }
  std::string text = "// Generated. The modules of the chain that are no networks.\n#include <cmath>\n#include <cstdint>\n#include <cstring>\n\n";
  for (const std::string& header : headers) text += "#include \"" + header + "\"\n";
  text += "#include \"kernels.hpp\"\n\nnamespace {\n";
  for (const auto& [file, kernel] : texts) text += "\n// ---- " + file + "\n" + kernel;
  out.files["src/modules.cpp"] = text + "\n" + made + "\n}  // namespace\n\nnamespace app {\n" + bodies + "}  // namespace app\n";
  out.sources.push_back("src/modules.cpp");
}

}  // namespace

KernelSources kernel_sources(const std::vector<ChainStep>& steps, const ModuleChain& chain) {
  KernelSources out;
  std::map<std::string, std::size_t> known;
  std::vector<const ChainStep*> kernels, modules;
  for (const ChainStep& step : steps) {
    std::string call;
    if (step.primitive != nullptr) {
      const std::string text = step.primitive->kernel_file + "|" + step.lowered->function + step.lowered->shape_value;
      const auto [found, is_new] = known.emplace(text, kernels.size());
      if (is_new) kernels.push_back(&step);
      call = "app::kernel_" + std::to_string(found->second);
    } else if (step.lowered != nullptr) {
      call = "app::module_" + std::to_string(modules.size());
      modules.push_back(&step);
    }
    out.calls.push_back(call);
  }
  std::string header = "// Generated. The kernels of the program with their shapes compiled in: sources, weights, result, scratch.\n#pragma once\n\nnamespace app {\n";
  for (std::size_t i = 0; i < kernels.size(); ++i) header += "void kernel_" + std::to_string(i) + kArguments + ";\n";
  for (std::size_t i = 0; i < modules.size(); ++i) header += "void module_" + std::to_string(i) + kArguments + ";\n";
  out.files["src/kernels.hpp"] = header + "}  // namespace app\n";
  add_kernel_files(kernels, out);
  add_module_file(modules, chain, out);
  return out;
}

}  // namespace lne
