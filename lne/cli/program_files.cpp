#include "program_files.hpp"

#include <cstdio>
#include <filesystem>

#include "files.hpp"

namespace lne::cli {

namespace {

/// Without real inputs a ramp serves for numbers: any change in any layer shows in it. Whole numbers are zeros, which every index may be.
std::vector<float> invented(const program::PortInfo& port) {
  std::vector<float> values(port.elements(), 0.0f);
  if (port.type != "float32") return values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(static_cast<double>(i * 2654435761u % 2000u) / 1000.0 - 1.0);
  return values;
}

/// All inputs, one behind the other. @param golden a file of them, or an empty string
std::vector<float> golden_input(const std::vector<program::PortInfo>& ports, const std::string& golden) {
  std::vector<float> all;
  std::vector<program::Array> arrays;
  if (!golden.empty()) {
    const std::string problem = program::load_inputs(golden, ports, 1, arrays);
    if (!problem.empty()) fail(problem);
  }
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::vector<float> values = golden.empty() ? invented(ports[i]) : std::move(arrays[i].data);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

void check_program_folder(const std::string& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) return;
  if (!std::filesystem::is_directory(folder, ignored)) fail(folder + ": it is no folder");
  if (std::filesystem::is_empty(folder, ignored) || std::filesystem::exists(std::filesystem::path(folder) / "src" / "program_data.hpp", ignored)) return;
  fail(folder + ": it holds other files than those of a generated program; name an empty folder, or one that is not there yet");
}

void write_program(Network& network, const std::string& folder, const std::string& golden) {
  check_program_folder(folder);
  GenerateOptions options;
  options.golden_inputs.push_back(golden_input(ports_of(network.inputs()), golden));
  std::vector<Problem> problems;
  const auto files = network.generate(options, problems);
  if (!problems.empty()) fail(problems);
  for (const std::string& library : network.links()) std::fprintf(stderr, "lne: the program links %s\n", library.c_str());
  for (const auto& [path, bytes] : files) write_file_text((std::filesystem::path(folder) / path).string(), bytes);
}

}  // namespace lne::cli
