#include "application_files.hpp"

#include <cmath>
#include <filesystem>

#include "../runtime/program/recording.hpp"
#include "../src/plan/target.hpp"
#include "../src/toolchain/home.hpp"
#include "program_files.hpp"

namespace lne::cli {
namespace {

/// Vectors of a self-test that nobody gave real inputs for.
constexpr int kMadeUpVectors = 3;

/// Numbers in [-1, 1) in which any change shows, each vector quieter than the one before, so that conditions meet different scores.
std::vector<float> made_up(std::size_t count, int vector) {
  std::vector<float> data(count);
  for (std::size_t i = 0; i < count; ++i) data[i] = static_cast<float>((static_cast<double>((i + 77u * static_cast<std::size_t>(vector)) * 2654435761u % 2000u) / 1000.0 - 1.0) / (1 << 3 * vector));
  return data;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= text.size() && !text.empty();) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

std::size_t elements(const ApplicationPort& port) { return program::PortInfo{port.name, port.type, port.shape}.elements(); }

}  // namespace

Option application_option() { return {"--application", "FILE", "an application file (YAML) in place of MODEL: a chain of modules"}; }

std::unique_ptr<Application> load_application(const Arguments& arguments) {
  const std::string path = arguments.text("--application"), target = arguments.text("--target", "native");
  if (find_target(target) == nullptr) throw UsageError(unknown_target(target).message);
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const FileReader read = [folder](const std::string& name, std::string& bytes, std::string& problem) {
    if (read_text(folder / name, bytes)) return true;
    problem = "the file " + (folder / name).string() + " can't be read; paths are seen from the application file's folder";
    return false;
  };
  std::vector<Problem> problems;
  std::unique_ptr<Application> application = Application::load(read_file_text(path), path, read, target, arguments.real("--max-error", 0, 0, 1), problems);
  if (!application) fail(problems);
  return application;
}

std::string read_application_input(const std::string& path, const ApplicationPort& port, std::vector<float>& data) {
  const bool is_array = path.size() > 4 && path.compare(path.size() - 4, 4, ".npy") == 0;
  if (port.kind == "sound" && !is_array) {
    std::vector<std::uint8_t> bytes;
    std::string problem = program::read_file(path, bytes);
    if (problem.empty()) problem = program::read_recording(bytes, port.rate_hz, data);
    data.resize(elements(port));
    return problem.empty() ? problem : path + ": " + problem;
  }
  std::vector<program::Array> arrays;
  const std::string problem = program::load_inputs(path, {{port.name, port.type, port.shape}}, 1, arrays);
  if (problem.empty()) data = std::move(arrays[0].data);
  return problem;
}

void write_application(Application& application, const std::string& folder, const std::string& golden) {
  check_program_folder(folder);
  GenerateOptions options;
  options.name = application.name();
  const std::vector<ApplicationPort>& inputs = application.inputs();
  if (!golden.empty() && inputs.size() != 1) throw UsageError("--golden needs an application of one input, and this one has " + std::to_string(inputs.size()));
  for (const std::string& path : split(golden)) {
    const std::string problem = read_application_input(path, inputs[0], options.golden_inputs.emplace_back());
    if (!problem.empty()) fail(problem);
  }
  std::size_t count = 0;
  for (const ApplicationPort& port : inputs) count += elements(port);
  for (int vector = 0; golden.empty() && vector < kMadeUpVectors; ++vector) options.golden_inputs.push_back(made_up(count, vector));
  std::vector<Problem> problems;
  const auto files = application.generate(options, problems);
  if (!problems.empty()) fail(problems);
  for (const auto& [path, bytes] : files) write_file_text((std::filesystem::path(folder) / path).string(), bytes);
}

}  // namespace lne::cli
