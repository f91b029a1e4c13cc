#include "kernel_text.hpp"

#include <set>

#include "runtime_files.hpp"

namespace lne {

std::string kernel_includes(const std::vector<const Primitive*>& primitives) {
  std::string out = "#include <cmath>\n#include <cstdint>\n#include <cstring>\n\n";
  for (const auto& [name, text] : simd_files()) out += "#include \"" + name + "\"\n";
  std::set<std::string> libraries;
  for (const Primitive* primitive : primitives) {
    if (primitive->library) libraries.insert(primitive->kernel_includes);
  }
  if (!libraries.empty()) out += "#include \"" + std::string(kLayerStateFile) + "\"\n";
  for (const std::string& includes : libraries) out += includes;
  return out;
}

const std::string& layer_state_text() { return runtime_files().at("library/" + std::string(kLayerStateFile)); }

std::string kernel_texts(const std::vector<const Primitive*>& primitives) {
  std::map<std::string, std::string> kernels;
  for (const Primitive* primitive : primitives) kernels[primitive->kernel_file] = primitive->kernel_text;
  std::string out = "namespace {\n\nnamespace simd = lne::simd;\n";
  for (const auto& [file, text] : kernels) out += "\n// ---- " + file + "\n" + text;
  return out + "\n}  // namespace\n";
}

}  // namespace lne
