#include "kernel_text.hpp"

#include <set>

#include "runtime_files.hpp"

namespace lne {
namespace {

std::set<std::string> simd_headers_of(const std::vector<const Primitive*>& primitives) {
  std::set<std::string> names;
  for (const Primitive* primitive : primitives) names.insert(primitive->simd_headers.begin(), primitive->simd_headers.end());
  return names;
}

}  // namespace

std::string kernel_includes(const std::vector<const Primitive*>& primitives) {
  std::string out = "#include <cmath>\n#include <cstdint>\n#include <cstring>\n\n";
  for (const std::string& name : simd_headers_of(primitives)) out += "#include \"" + name + "\"\n";
  std::set<std::string> libraries;
  for (const Primitive* primitive : primitives) {
    if (primitive->library) libraries.insert(primitive->kernel_includes);
  }
  if (!libraries.empty()) out += "#include \"" + std::string(kLayerStateFile) + "\"\n";
  for (const std::string& includes : libraries) out += includes;
  return out;
}

std::map<std::string, std::string> simd_files_of(const std::vector<const Primitive*>& primitives) {
  std::set<std::string> waiting = simd_headers_of(primitives);
  std::map<std::string, std::string> files;
  while (!waiting.empty()) {
    const std::string name = *waiting.begin();
    waiting.erase(waiting.begin());
    const std::string& text = files[name] = simd_files().at(name);
    for (const auto& [other, content] : simd_files()) {
      if (files.count(other) == 0 && text.find("#include \"" + other + "\"") != std::string::npos) waiting.insert(other);
    }
  }
  return files;
}

const std::string& layer_state_text() { return runtime_files().at("library/" + std::string(kLayerStateFile)); }

std::string kernel_texts(const std::vector<const Primitive*>& primitives) {
  std::map<std::string, std::string> kernels;
  for (const Primitive* primitive : primitives) kernels[primitive->kernel_file] = primitive->kernel_text;
  std::string out = "namespace {\n";
  if (!simd_headers_of(primitives).empty()) out += "\nnamespace simd = lne::simd;\n";
  for (const auto& [file, text] : kernels) out += "\n// ---- " + file + "\n" + text;
  return out + "\n}  // namespace\n";
}

}  // namespace lne
