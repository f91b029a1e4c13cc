#include <algorithm>

#include "program_text.hpp"

namespace lne {
namespace {

/// `inputs[0]` or `arena + 128`.
std::string address(const Place& place) { return place.input >= 0 ? "inputs[" + std::to_string(place.input) + "]" : "arena + " + std::to_string(place.offset); }

std::string step_source(const ChainStep& step, std::size_t index, const std::string& call) {
  std::string sources;
  for (const Place& source : step.sources) sources += (sources.empty() ? "" : ", ") + address(source);
  std::string comment = step.comment;
  for (char& c : comment) c = static_cast<unsigned char>(c) < ' ' ? ' ' : c == '\\' ? '/' : c;
  const std::string head = "\n// " + comment + "\nvoid step_" + std::to_string(index) + "([[maybe_unused]] const float* const* inputs, float* arena) {\n";
  if (call.empty()) return head + "  std::memcpy(arena + " + std::to_string(step.destination) + ", " + sources + ", " + std::to_string(step.floats) + " * sizeof(float));\n}\n";
  return head + "  const float* const sources[] = {" + sources + "};\n  " + call + "(sources, app_weights + " + std::to_string(step.weights) + ", arena + " + std::to_string(step.destination) + ", arena + " + std::to_string(step.memory) + ");\n}\n";
}

/// @param classes all names so far
std::string ports_source(const ModuleChain& chain, bool is_input, std::vector<std::string>& classes) {
  const std::string what = is_input ? "Input" : "Output";
  const std::vector<ChainPort>& ports = is_input ? chain.inputs : chain.outputs;
  std::string out = "constexpr Port k" + what + "s[] = {\n";
  for (const ChainPort& port : ports) {
    const ChainValue& value = chain.value(port.value);
    const std::size_t first = classes.size();
    classes.insert(classes.end(), value.type.classes.begin(), value.type.classes.end());
    out += "    {" + braced(port.shape) + ", " + std::to_string(element_count(port.shape)) + ", " + std::to_string(value.place.input >= 0 ? -1 - value.place.input : value.place.offset) + ", " + quoted(port.name) + ", " + quoted(port.type) + ", " +
           quoted(word_of(value.type.kind)) + ", " + std::to_string(value.module) + ", " + std::to_string(first) + ", " + std::to_string(classes.size() - first) + "},\n";
  }
  return out + "};\n";
}

std::string modules_source(const ModuleChain& chain) {
  std::string modules = "constexpr Module kModules[] = {\n", conditions = "constexpr std::int64_t kConditions[] = {";
  std::size_t count = 0;
  for (const ChainModule& module : chain.modules) {
    modules += "    {" + quoted(module.id) + ", " + std::to_string(count) + ", ";
    for (const int condition : module.conditions) conditions += std::to_string(chain.value(condition).place.offset) + ", ", ++count;
    modules += std::to_string(count) + "},\n";
  }
  return "// Where the conditions of modules lie in the arena; a module's are those from its first to before its last.\n" + conditions + "0};\n" + modules + "};\n";
}

}  // namespace

std::string quoted(const std::string& text) { return Json(text).text(); }
std::string raw(const std::string& text) { return "R\"SEDGE(" + text + ")SEDGE\""; }

std::string network_source(const ModuleChain& chain, const std::vector<ChainStep>& steps, const std::vector<std::string>& calls) {
  std::string out = "// Generated. The program's steps in the order in which they run, and where their tensors lie.\n";
  out += "#include <cstdint>\n#include <cstring>\n#include <limits>\n#include <new>\n\n#include \"app.h\"\n#include \"kernels.hpp\"\n#include \"program_data.hpp\"\n\nextern \"C\" const float app_weights[];\n\n#include \"tables.hpp\"\n\nnamespace {\n";
  out += "\nconstexpr std::int64_t kArenaFloats = " + std::to_string(std::max<std::int64_t>(chain.arena_floats, kAlignmentFloats)) + ";\n";
  out += "constexpr std::int64_t kWeightFloats = " + std::to_string(chain.weights_floats) + ";\n";
  for (std::size_t i = 0; i < steps.size(); ++i) out += step_source(steps[i], i, calls[i]);
  out += "\nconstexpr StepEntry kSteps[] = {\n";
  for (std::size_t i = 0; i < steps.size(); ++i) {
    out += "    {step_" + std::to_string(i) + ", " + quoted(steps[i].layer) + ", " + std::to_string(steps[i].destination) + ", " + std::to_string(steps[i].floats) + ", " + std::to_string(steps[i].module) + "},\n";
  }
  std::vector<std::string> classes;
  out += "};\nconstexpr std::size_t kStepCount = sizeof(kSteps) / sizeof(kSteps[0]);\n\n" + modules_source(chain) + "\n" + ports_source(chain, true, classes) + ports_source(chain, false, classes) + "constexpr const char* kClassNames[] = {";
  for (const std::string& name : classes) out += quoted(name) + ", ";
  return out + "\"\"};\n\n}  // namespace\n\n#include \"interface.inc\"\n";
}

}  // namespace lne
