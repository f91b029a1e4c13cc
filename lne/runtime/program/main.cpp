// The program's command line: recognize recordings, run on arrays, time itself, prove itself.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "instance.hpp"
#include "ports.hpp"
#include "program_data.hpp"
#include "recognize.hpp"
#include "timing.hpp"

namespace {

using lne::program::Array;

const char* const kHelp =
    "       app run [MODEL] INPUT.npy OUTPUT.npy       run the network on an array  [--runs N] [--warmup W] [--threads 1]\n"
    "                                                  several inputs or outputs as .npz, arrays named as in the model\n"
    "       app bench [--runs N]                       time per layer and per module, conditions apart, as JSON\n"
    "       app --self-test                            compute the golden vectors that the program carries\n"
    "       app --info                                 classes, sizes, layers, as JSON\n"
    "Exit codes: 0 good, 1 failed, 2 wrong command line, 3 some recordings could not be read.\n";

int help(std::FILE* to, int code) {
  std::fprintf(to, "%s%s", kRecognizeHelp, kHelp);
  return code;
}

/// Whether a file is the model that the program was made of. It is never held in memory whole.
std::string check_model(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return path + ": it can't be read";
  std::uint64_t hash = lne::program::fnv64(nullptr, 0);
  unsigned char block[65536];
  while (const size_t count = std::fread(block, 1, sizeof block, file)) hash = lne::program::fnv64(block, count, hash);
  std::fclose(file);
  return hash == APP_MODEL_FNV64 ? std::string() : path + ": this program was made from another model";
}

std::vector<lne::program::PortInfo> ports_of(bool is_input) {
  std::vector<lne::program::PortInfo> ports(is_input ? app_input_count() : app_output_count());
  for (size_t i = 0; i < ports.size(); ++i) {
    ports[i].name = is_input ? app_input_name(i) : app_output_name(i);
    ports[i].type = is_input ? app_input_type(i) : app_output_type(i);
    for (const int64_t* extent = is_input ? app_input_shape(i) : app_output_shape(i); *extent > 0 && ports[i].shape.size() < 8; ++extent) ports[i].shape.push_back(*extent);
  }
  return ports;
}

int fail(const std::string& problem) { return std::fprintf(stderr, "%s\n", problem.c_str()), kFailed; }

int run_array(int argc, char** argv) {
  std::vector<std::string> paths;
  for (int i = 2; i < argc; ++i) {
    if (argv[i][0] == '-') ++i;
    else paths.push_back(argv[i]);
  }
  const int runs = number_option(argc, argv, "--runs", 1), warmup = number_option(argc, argv, "--warmup", 0);
  if (paths.size() < 2 || paths.size() > 3 || runs < 1 || warmup < 0 || number_option(argc, argv, "--threads", 1) != 1) return help(stderr, kUsage);
  std::string problem = paths.size() == 3 ? check_model(paths[0]) : std::string();
  if (!problem.empty()) return fail(problem);
  const std::string& source = paths[paths.size() - 2];
  const std::vector<lne::program::PortInfo> input_ports = ports_of(true), output_ports = ports_of(false);
  const bool is_single = input_ports.size() == 1 && output_ports.size() == 1;
  std::vector<Array> inputs;
  problem = lne::program::load_inputs(source, input_ports, is_single ? static_cast<size_t>(-1) : 1, inputs);
  if (!problem.empty()) return fail(problem);
  const auto before = std::chrono::steady_clock::now();
  Instance instance(app_create());
  const double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  if (!instance) return fail("there is no memory for the network");
  Ports ports;
  for (size_t i = 0; i < inputs.size(); ++i) ports.inputs[i] = inputs[i].data.data();
  lne::program::print_times([&] { app_run(instance.get(), ports.inputs.data(), ports.outputs.data()); }, runs, warmup, load_ms);
  // What is written is what a first run gives, whatever modules remember of the runs that were timed.
  if (APP_REMEMBERS) {
    app_reset(instance.get());
    app_run(instance.get(), ports.inputs.data(), ports.outputs.data());
  }
  std::vector<Array> outputs;
  for (size_t i = 0; i < output_ports.size(); ++i) outputs.push_back({output_ports[i].shape, ports.output_data[i], output_ports[i].type});
  if (is_single) {
    lne::program::run_other_samples(input_ports[0], inputs[0], ports.output_data[0], outputs[0], [&](const float* input) {
      ports.inputs[0] = input;
      app_run(instance.get(), ports.inputs.data(), ports.outputs.data());
    });
  }
  problem = lne::program::save_outputs(paths.back(), output_ports, outputs);
  return problem.empty() ? kGood : fail(problem);
}

/// All steps, whatever their conditions: what a run costs at most.
int bench(int argc, char** argv) {
  Instance instance(app_create());
  Ports ports;
  const int runs = number_option(argc, argv, "--runs", 200);
  if (!instance || runs < 1) return kUsage;
  std::vector<std::vector<double>> times(app_step_count());
  std::map<std::string, std::vector<double>> modules;
  std::vector<std::string> names;
  for (size_t step = 0; step < times.size(); ++step) {
    if (modules.emplace(app_step_module(step), std::vector<double>()).second) names.push_back(app_step_module(step));
  }
  for (int i = 0; i < runs + 20; ++i) {
    for (auto& module : modules) module.second.push_back(0);
    for (size_t step = 0; step < times.size(); ++step) {
      const auto before = std::chrono::steady_clock::now();
      app_step(instance.get(), step, ports.inputs.data());
      const double us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count();
      if (i >= 20) times[step].push_back(us);
      modules[app_step_module(step)].back() += us;
    }
    if (i < 20) for (auto& module : modules) module.second.clear();
  }
  const auto print = [](const char* key, const std::string& name, const std::vector<double>& values, const char* module) {
    std::printf("{\"%s\":%s,", key, quoted(name).c_str());
    if (module != nullptr) std::printf("\"module\":%s,", quoted(module).c_str());
    std::printf("\"medianUs\":%.4g,\"minUs\":%.4g}", lne::program::median_of(values), *std::min_element(values.begin(), values.end()));
  };
  std::printf("{\"runs\":%d,\"layers\":[", runs);
  for (size_t step = 0; step < times.size(); ++step) std::printf("%s", step > 0 ? "," : ""), print("layer", app_step_name(step), times[step], app_step_module(step));
  std::printf("],\"modules\":[");
  for (size_t i = 0; i < names.size(); ++i) std::printf("%s", i > 0 ? "," : ""), print("module", names[i], modules[names[i]], nullptr);
  std::printf("],\"rssMb\":%.4g}\n", lne::program::peak_rss_mb());
  return kGood;
}

/// Runs step by step. @returns the first whose result is not that of the machine that generated the program, or null
const char* run_compared(app_instance* instance, const Ports& ports, const std::uint64_t* hashes) {
  const char* first = nullptr;
  for (size_t step = 0; step < app_step_count(); ++step) {
    if (app_step_is_due(instance, step)) app_step(instance, step, ports.inputs.data());
    size_t elements = 0;
    const float* result = app_step_result(instance, step, &elements);
    if (first == nullptr && lne::program::fnv64(result, elements * sizeof(float)) != hashes[step]) first = app_step_name(step);
  }
  app_finish(instance, ports.inputs.data(), ports.outputs.data());
  return first;
}

/// The largest difference as a share of the largest value; infinite where one side has no number.
double difference_of(const std::vector<float>& got, const float* wanted) {
  double largest = 0, difference = 0;
  for (size_t k = 0; k < got.size(); ++k) {
    if (std::memcmp(&got[k], wanted + k, sizeof(float)) == 0) continue;
    difference = std::fmax(difference, std::fabs(static_cast<double>(got[k]) - wanted[k]));
    if (!std::isfinite(got[k]) || !std::isfinite(wanted[k])) difference = INFINITY;
  }
  for (size_t k = 0; k < got.size(); ++k) largest = std::isfinite(wanted[k]) ? std::fmax(largest, std::fabs(wanted[k])) : largest;
  return largest > 0 ? difference / largest : difference;
}

int self_test() {
  Instance instance(app_create());
  Ports ports;
  if (!instance) return kFailed;
  const lne::program::Golden golden = app_golden();
  const float *input = golden.inputs, *wanted = golden.outputs;
  double worst = 0;
  bool is_bitwise = true;
  for (size_t i = 0; i < golden.count; ++i) {
    for (size_t port = 0; port < ports.inputs.size(); input += app_input_elements(port), ++port) ports.inputs[port] = input;
    const char* layer = run_compared(instance.get(), ports, golden.hashes + i * app_step_count());
    double difference = 0;
    bool is_equal = true;
    for (size_t port = 0; port < ports.outputs.size(); wanted += app_output_elements(port), ++port) {
      const std::vector<float>& got = ports.output_data[port];
      difference = std::fmax(difference, difference_of(got, wanted));
      is_equal = is_equal && std::memcmp(got.data(), wanted, got.size() * sizeof(float)) == 0;
    }
    worst = std::fmax(worst, difference);
    if (is_equal) continue;
    is_bitwise = false;
    std::printf("vector %zu differs by %.3g of the largest value, first at layer %s\n", i, difference, layer ? layer : "(none)");
  }
  const bool is_good = golden.count > 0 && (is_bitwise || (!APP_IS_GENERATION_TARGET && worst <= APP_ERROR_BOUND));
  std::printf("self-test %s: %zu vectors, %s, largest difference %.3g, bound %g\n", is_good ? "passed" : "FAILED", golden.count, is_bitwise ? "equal bit for bit" : "not equal bit for bit", worst, APP_IS_GENERATION_TARGET ? 0.0 : APP_ERROR_BOUND);
  return is_good ? kGood : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") return help(stdout, kGood);
  if (first == "run") return run_array(argc, argv);
  if (first == "bench") return bench(argc, argv);
  if (first == "--self-test") return self_test();
  if (first == "--info") return std::printf("%s\n", app_info()), kGood;
  const int code = argc < 2 ? kUsage : recognize(argc, argv);
  return code == kUsage ? help(stderr, kUsage) : code;
}
