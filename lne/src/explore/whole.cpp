#include "whole.hpp"

#include <algorithm>
#include <filesystem>

#include "../../include/lne/lne.hpp"
#include "../../runtime/program/ports.hpp"
#include "../base/json.hpp"
#include "../toolchain/kept_programs.hpp"

namespace lne::explore {
namespace {

/// An input of small numbers for every port, as a file; gone with the object.
class InputFile {
 public:
  explicit InputFile(const Graph& graph) : folder_(home_folder("runs") / unique_ending()) {
    std::map<std::string, program::Array> arrays;
    std::uint32_t state = 7;
    for (const ValueId id : graph.inputs) {
      const Value& value = graph.value(id);
      program::Array array{value.shape, std::vector<float>(static_cast<std::size_t>(element_count(value.shape))), name_of(value.dtype)};
      for (float& element : array.data) {
        state = state * 1664525u + 1013904223u;
        element = value.dtype == DType::kFloat32 ? static_cast<float>(state >> 8) / 8388608.0f - 1.0f : static_cast<float>(state >> 31);
      }
      arrays[value.name] = std::move(array);
    }
    problem = write_file(input(), program::npz_bytes(arrays));
  }
  ~InputFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::string input() const { return (folder_ / "input.npz").string(); }
  std::string problem;

 private:
  std::filesystem::path folder_;
};

/// Microseconds of the fastest run, or nothing and what the program said.
Result<double> run_program(Device& device, const TimedProgram& program, const InputFile& files, int runs, int warmup) {
  const Result<std::string> output = device.run_program(program.path, files.input(), {"--runs", std::to_string(runs), "--warmup", std::to_string(warmup)});
  if (!output) return output.errors();
  const std::optional<Json> line = Json::parse(output.value());
  const Json::Array* times = line ? (*line)["cpu_ms"].array() : nullptr;
  if (times == nullptr || times->empty()) return Error{"LNE_RUN", program.path + " can't be timed: " + output.value().substr(0, 500)};
  double least = 1e30;
  for (const Json& time : *times) least = std::min(least, time.number() ? *time.number() : 1e30);
  return least * 1000.0;
}

}  // namespace

double TimedProgram::measured_us() const {
  std::vector<double> sorted = rounds_us;
  std::sort(sorted.begin(), sorted.end());
  return sorted.empty() ? 0.0 : sorted[sorted.size() / 2];
}

double TimedProgram::least_us() const { return rounds_us.empty() ? 0.0 : *std::min_element(rounds_us.begin(), rounds_us.end()); }

Result<bool> build_programs(std::string_view model, const std::string& file, std::vector<TimedProgram>& programs, const WholeProgress& on_progress) {
  const double all = static_cast<double>(programs.size());
  const auto is_cancelled = [&] { return on_progress && !on_progress(-1, all, ""); };
  for (std::size_t i = 0; i < programs.size(); ++i) {
    if (on_progress && !on_progress(static_cast<double>(i), all, "building " + programs[i].names[0])) return Error{"LNE_CANCELLED", "it was cancelled"};
    // Another process may make room in between.
    while (!programs[i].hold) {
      std::vector<Problem> problems;
      programs[i].path = build_program(model, file, programs[i].plan, is_cancelled, problems);
      if (!problems.empty()) return Error{problems[0].code, problems[0].message};
      programs[i].hold = hold_program(programs[i].path);
    }
  }
  return true;
}

Result<bool> time_programs(const Graph& graph, Device& device, std::vector<TimedProgram>& programs, int rounds, const WholeProgress& on_progress) {
  const InputFile files(graph);
  if (!files.problem.empty()) return Error{"LNE_FILE", files.problem};
  double fastest = 1e30;
  for (const TimedProgram& program : programs) fastest = std::min(fastest, program.predicted_us);
  for (int round = 0; round < rounds; ++round) {
    if (on_progress && !on_progress(round, rounds, "timing whole programs")) return Error{"LNE_CANCELLED", "it was cancelled"};
    for (TimedProgram& program : programs) {
      // What is many times slower is not judged by small differences.
      if (round >= 2 && program.measured_us() > 2 * fastest) continue;
      const int runs = static_cast<int>(std::clamp(100e3 / std::max(1.0, program.predicted_us), 2.0, 1000.0));
      Result<double> us = run_program(device, program, files, runs, std::max(1, runs / 5));
      if (!us) return us.errors();
      program.rounds_us.push_back(us.value());
    }
  }
  return true;
}

}  // namespace lne::explore
