#include "program_files.hpp"

#include <cstdio>
#include <filesystem>

#include "files.hpp"

namespace lne::cli {

void write_program(Network& network, const std::string& folder, const std::string& golden) {
  GenerateOptions options;
  const std::vector<program::PortInfo> ports = ports_of(network.inputs());
  if (!golden.empty()) {
    std::vector<program::Array> arrays;
    const std::string problem = program::load_inputs(golden, ports, 1, arrays);
    if (!problem.empty()) fail(problem);
    options.golden_inputs.push_back(arrays[0].data);
  } else if (ports.size() == 1 && ports[0].type == "float32") {
    // Without real inputs a ramp serves: any change in any layer shows in it.
    std::vector<float> ramp(ports[0].elements());
    for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(static_cast<double>(i * 2654435761u % 2000u) / 1000.0 - 1.0);
    options.golden_inputs.push_back(std::move(ramp));
  }
  std::vector<Problem> problems;
  const auto files = network.generate(options, problems);
  if (!problems.empty()) fail(problems);
  for (const std::string& library : network.links()) std::fprintf(stderr, "lne: the program links %s\n", library.c_str());
  for (const auto& [path, bytes] : files) write_file_text((std::filesystem::path(folder) / path).string(), bytes);
}

}  // namespace lne::cli
