// Runs a network on arrays: as the program that would be generated, or in this process.
#include <unistd.h>

#include <chrono>
#include <cstring>

#include "../application_files.hpp"
#include "../files.hpp"
#include "../../runtime/program/timing.hpp"

namespace lne::cli {
namespace {

int interpret(const Arguments& arguments, int runs, int warmup) {
  const auto before = std::chrono::steady_clock::now();
  const std::string model = read_model(arguments), plan = plan_or_explored(arguments, model);
  std::vector<Problem> problems;
  const std::unique_ptr<Network> network = Network::load(model, arguments.words[0], plan, problems);
  if (!network) fail(problems);
  const double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  const std::vector<program::PortInfo> output_ports = ports_of(network->outputs());
  std::vector<program::Array> inputs, outputs;
  const std::vector<program::PortInfo> input_ports = ports_of(network->inputs());
  const bool is_single = input_ports.size() == 1 && output_ports.size() == 1;
  const std::string problem = program::load_inputs(arguments.words[1], input_ports, is_single ? static_cast<std::size_t>(-1) : 1, inputs);
  if (!problem.empty()) fail(problem);
  std::vector<const float*> sources;
  std::vector<float*> results;
  for (const program::Array& input : inputs) sources.push_back(input.data.data());
  for (const program::PortInfo& port : output_ports) outputs.push_back({port.shape, std::vector<float>(port.elements()), port.type});
  for (program::Array& output : outputs) results.push_back(output.data.data());
  program::print_times([&] { network->run(sources.data(), results.data()); }, runs, warmup, load_ms);
  if (is_single) {
    std::vector<float> result(outputs[0].data.size());
    results[0] = result.data();
    program::run_other_samples(input_ports[0], inputs[0], result, outputs[0], [&](const float* input) {
      sources[0] = input;
      network->run(sources.data(), results.data());
    });
  }
  const std::string written = program::save_outputs(arguments.words[2], output_ports, outputs);
  if (!written.empty()) fail(written);
  return kGood;
}

/// The modules of an application in this process, networks by the interpreter.
int run_application(const Arguments& arguments, int runs, int warmup) {
  const auto before = std::chrono::steady_clock::now();
  const std::unique_ptr<Application> application = load_application(arguments);
  const double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  const std::string& source = arguments.words[0];
  std::vector<std::vector<float>> data(application->inputs().size());
  std::vector<program::PortInfo> input_ports, output_ports;
  for (const ApplicationPort& port : application->inputs()) input_ports.push_back({port.name, port.type, port.shape});
  for (const ApplicationPort& port : application->outputs()) output_ports.push_back({port.name, port.type, port.shape});
  std::string problem;
  if (data.size() == 1) {
    problem = read_application_input(source, application->inputs()[0], data[0]);
  } else {
    std::vector<program::Array> arrays;
    problem = program::load_inputs(source, input_ports, 1, arrays);
    for (std::size_t i = 0; problem.empty() && i < arrays.size(); ++i) data[i] = std::move(arrays[i].data);
  }
  if (!problem.empty()) fail(problem);
  std::vector<program::Array> outputs;
  std::vector<const float*> sources;
  std::vector<float*> results;
  for (const std::vector<float>& input : data) sources.push_back(input.data());
  for (const program::PortInfo& port : output_ports) outputs.push_back({port.shape, std::vector<float>(port.elements()), port.type});
  for (program::Array& output : outputs) results.push_back(output.data.data());
  program::print_times([&] { application->run(sources.data(), results.data()); }, runs, warmup, load_ms);
  // What is written is what a first run gives, whatever modules remember of the runs that were timed.
  application->reset();
  application->run(sources.data(), results.data());
  const std::string written = program::save_outputs(arguments.words[1], output_ports, outputs);
  if (!written.empty()) fail(written);
  return kGood;
}

int run(const Arguments& arguments) {
  const int runs = static_cast<int>(arguments.whole("--runs", 1, 1, 1000000)), warmup = static_cast<int>(arguments.whole("--warmup", 0, 0, 1000000));
  arguments.whole("--threads", 1, 1, 1);
  if (arguments.has("--application")) {
    if (arguments.words.size() != 2) throw UsageError("with --application there are two words: INPUT and OUTPUT");
    return run_application(arguments, runs, warmup);
  }
  if (arguments.words.size() != 3) throw UsageError("lne run takes MODEL INPUT OUTPUT");
  const std::string backend = arguments.text("--backend", "generated");
  if (backend == "interpreter") return interpret(arguments, runs, warmup);
  if (backend != "generated") throw UsageError("--backend is generated or interpreter, not '" + backend + "'");
  const std::string model = read_model(arguments), plan = plan_or_explored(arguments, model);
  check_runs_here(plan);
  std::vector<Problem> problems;
  const std::string path = build_program(model, arguments.words[0], plan, nullptr, problems);
  if (!problems.empty()) fail(problems);
  // The program takes this process's place: what it prints is its own, and nothing of the engine is in its memory. It was kept under the
  // digest of the model, so it need not read that again.
  const std::string counts[2] = {std::to_string(runs), std::to_string(warmup)};
  const char* words[] = {path.c_str(), "run", arguments.words[1].c_str(), arguments.words[2].c_str(), "--runs", counts[0].c_str(), "--warmup", counts[1].c_str(), nullptr};
  ::execv(path.c_str(), const_cast<char* const*>(words));
  fail(path + ": it can't be started: " + std::strerror(errno));
}

}  // namespace

Command run_command() {
  return {"run", "MODEL INPUT OUTPUT", 2, 3, "run a model on an array, and time it",
          "INPUT and OUTPUT are .npy files, or .npz with the arrays named as in the model where there are several (float32, int64, int32, int8, uint8, bool). Prints one\n"
          "line of JSON: times_ms and cpu_ms (wall and processor time of each run), median_ms and min_ms (wall), load_ms, rss_mb.\n"
          "An array for a network of one input may hold several samples, joined along the first dimension; the first is timed.\n"
          "The program is built once per model, plan and compiler and kept in $SEDGE_HOME/lne; building is never part of a time.\n"
          "With --application the modules run in this process; INPUT may be a WAV file where they begin with sound.",
          {{"--runs", "N", "runs that are timed (1)"},
           {"--warmup", "W", "runs before them (0)"},
           {"--threads", "1", "there is one"}, application_option(),
           weights_option(), plugins_option(), without_option(), max_error_option(), {"--plan", "PLAN", "without it the plan that was explored for this model on this machine, else primitives of the highest rank"},
           {"--backend", "B", "generated (the default) or interpreter: the same kernels in this process"}},
          run};
}

}  // namespace lne::cli
