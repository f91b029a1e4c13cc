// The program's command line: recognize recordings, run on arrays, time itself, prove itself.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "app.h"
#include "ports.hpp"
#include "program_data.hpp"
#include "timing.hpp"

namespace {

using lne::program::Array;

constexpr int kGood = 0, kFailed = 1, kUsage = 2, kPartly = 3;

const char* const kHelp =
    "usage: app [--json] clip.wav …                   recognize recordings\n"
    "       app run [MODEL] INPUT.npy OUTPUT.npy       run the network on an array  [--runs N] [--warmup W] [--threads 1]\n"
    "                                                  several inputs or outputs as .npz, arrays named as in the model\n"
    "       app bench [--runs N]                       time per layer, as JSON\n"
    "       app --self-test                            compute the golden vectors that the program carries\n"
    "       app --info                                 classes, sizes, layers, as JSON\n"
    "Exit codes: 0 good, 1 failed, 2 wrong command line, 3 some recordings could not be read.\n";

struct Deleter {
  void operator()(app_instance* instance) const { app_destroy(instance); }
};
using Instance = std::unique_ptr<app_instance, Deleter>;

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    char code[8];
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20) std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c))), out += code;
    else out += c;
  }
  return out + '"';
}

int number_option(int argc, char** argv, const char* name, int otherwise) {
  for (int i = 0; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::atoi(argv[i + 1]);
  }
  return otherwise;
}

/// Buffers for all inputs and outputs of the network.
struct Ports {
  std::vector<std::vector<float>> input_data, output_data;
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  Ports() {
    for (size_t i = 0; i < app_input_count(); ++i) input_data.emplace_back(app_input_elements(i));
    for (size_t i = 0; i < app_output_count(); ++i) output_data.emplace_back(app_output_elements(i));
    for (auto& data : input_data) inputs.push_back(data.data());
    for (auto& data : output_data) outputs.push_back(data.data());
  }
};

#if APP_HAS_AUDIO
/// Scores that sum to one: the network's own, or the softmax of its logits.
std::vector<double> scores_of(const std::vector<float>& output) {
  std::vector<double> scores(output.begin(), output.end());
  double sum = 0;
  if (APP_OUTPUT_IS_LOGITS) {
    double largest = scores[0];
    for (const double score : scores) largest = score > largest ? score : largest;
    for (double& score : scores) score = std::exp(score - largest);
  }
  for (const double score : scores) sum += score;
  for (double& score : scores) score /= sum > 0 ? sum : 1;
  return scores;
}

void print_result(const std::string& file, const std::vector<double>& scores, bool is_json) {
  size_t best = 0;
  for (size_t i = 1; i < scores.size(); ++i) best = scores[i] > scores[best] ? i : best;
  if (!is_json) {
    std::printf("%s: %s %.3f\n", file.c_str(), app_class_name(best), scores[best]);
    for (size_t i = 0; i < scores.size(); ++i) std::printf("    %-16s %.4f\n", app_class_name(i), scores[i]);
    return;
  }
  std::printf("{\"file\":%s,\"label\":%s,\"score\":%.9g,\"scores\":{", quoted(file).c_str(), quoted(app_class_name(best)).c_str(), scores[best]);
  for (size_t i = 0; i < scores.size(); ++i) std::printf("%s%s:%.9g", i > 0 ? "," : "", quoted(app_class_name(i)).c_str(), scores[i]);
  std::printf("}}\n");
}

int recognize(const std::vector<std::string>& files, bool is_json) {
  Instance instance(app_create());
  lne::program::AudioFrontend frontend = app_frontend();
  Ports ports;
  if (!instance || frontend.output_size() != app_input_elements(0)) return kFailed;
  int code = kGood;
  for (const std::string& file : files) {
    std::vector<std::uint8_t> bytes;
    std::string problem = lne::program::read_file(file, bytes);
    if (problem.empty()) problem = frontend.features_of(bytes, ports.input_data[0].data());
    if (problem.empty()) {
      app_run(instance.get(), ports.inputs.data(), ports.outputs.data());
      print_result(file, scores_of(ports.output_data[0]), is_json);
    } else {
      code = kPartly;
      if (is_json) std::printf("{\"file\":%s,\"error\":%s}\n", quoted(file).c_str(), quoted(problem).c_str());
      else std::printf("%s: %s\n", file.c_str(), problem.c_str());
    }
    std::fflush(stdout);
  }
  return code;
}
#else
int recognize(const std::vector<std::string>&, bool) {
  std::fprintf(stderr, "this program takes arrays, not recordings: app run INPUT.npy OUTPUT.npy\n");
  return kUsage;
}
#endif

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
  if (paths.size() < 2 || paths.size() > 3 || runs < 1 || warmup < 0 || number_option(argc, argv, "--threads", 1) != 1) return std::fputs(kHelp, stderr), kUsage;
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
  std::vector<Array> outputs;
  for (size_t i = 0; i < output_ports.size(); ++i) outputs.push_back({output_ports[i].shape, ports.output_data[i], output_ports[i].type});
  const size_t count = inputs[0].data.size() / app_input_elements(0);
  if (count > 1 && !outputs[0].shape.empty()) outputs[0].shape[0] *= static_cast<int64_t>(count);
  for (size_t i = 1; i < count; ++i) {
    ports.inputs[0] = inputs[0].data.data() + i * app_input_elements(0);
    app_run(instance.get(), ports.inputs.data(), ports.outputs.data());
    outputs[0].data.insert(outputs[0].data.end(), ports.output_data[0].begin(), ports.output_data[0].end());
  }
  problem = lne::program::save_outputs(paths.back(), output_ports, outputs);
  return problem.empty() ? kGood : fail(problem);
}

int bench(int argc, char** argv) {
  Instance instance(app_create());
  Ports ports;
  const int runs = number_option(argc, argv, "--runs", 200);
  if (!instance || runs < 1) return kUsage;
  std::vector<std::vector<double>> times(app_step_count());
  for (int i = 0; i < runs + 20; ++i) {
    for (size_t step = 0; step < times.size(); ++step) {
      const auto before = std::chrono::steady_clock::now();
      app_step(instance.get(), step, ports.inputs.data());
      if (i >= 20) times[step].push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - before).count());
    }
  }
  std::printf("{\"runs\":%d,\"layers\":[", runs);
  for (size_t step = 0; step < times.size(); ++step) {
    std::printf("%s{\"layer\":%s,\"medianUs\":%.4g,\"minUs\":%.4g}", step > 0 ? "," : "", quoted(app_step_name(step)).c_str(), lne::program::median_of(times[step]), *std::min_element(times[step].begin(), times[step].end()));
  }
  std::printf("],\"rssMb\":%.4g}\n", lne::program::peak_rss_mb());
  return kGood;
}

/// The first step whose result is not that of the machine that generated the program.
const char* first_difference(app_instance* instance, const float* const* inputs, const std::uint64_t* hashes) {
  for (size_t step = 0; step < app_step_count(); ++step) {
    app_step(instance, step, inputs);
    size_t elements = 0;
    const float* result = app_step_result(instance, step, &elements);
    if (lne::program::fnv64(result, elements * sizeof(float)) != hashes[step]) return app_step_name(step);
  }
  return nullptr;
}

int self_test() {
  Instance instance(app_create());
  Ports ports;
  if (!instance) return kFailed;
  const lne::program::Golden golden = app_golden();
  double worst = 0;
  bool is_bitwise = true;
  for (size_t i = 0; i < golden.count; ++i) {
    const float* inputs[1] = {golden.inputs + i * app_input_elements(0)};
    const float* wanted = golden.outputs + i * app_output_elements(0);
    app_run(instance.get(), inputs, ports.outputs.data());
    const std::vector<float>& got = ports.output_data[0];
    double largest = 0, difference = 0;
    for (size_t k = 0; k < got.size(); ++k) {
      largest = std::fmax(largest, std::fabs(wanted[k]));
      difference = std::fmax(difference, std::fabs(static_cast<double>(got[k]) - wanted[k]));
      if (!std::isfinite(got[k])) difference = INFINITY;
    }
    worst = std::fmax(worst, largest > 0 ? difference / largest : difference);
    if (std::memcmp(got.data(), wanted, got.size() * sizeof(float)) == 0) continue;
    is_bitwise = false;
    const char* layer = first_difference(instance.get(), inputs, golden.hashes + i * app_step_count());
    std::printf("vector %zu differs by %.3g of the largest value, first at layer %s\n", i, largest > 0 ? difference / largest : difference, layer ? layer : "(none)");
  }
  const bool is_good = golden.count > 0 && (is_bitwise || (!APP_IS_GENERATION_TARGET && worst <= APP_ERROR_BOUND));
  std::printf("self-test %s: %zu vectors, %s, largest difference %.3g, bound %g\n", is_good ? "passed" : "FAILED", golden.count, is_bitwise ? "equal bit for bit" : "not equal bit for bit", worst, APP_IS_GENERATION_TARGET ? 0.0 : APP_ERROR_BOUND);
  return is_good ? kGood : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--help" || first == "-h") return std::fputs(kHelp, stdout), kGood;
  if (first == "run") return run_array(argc, argv);
  if (first == "bench") return bench(argc, argv);
  if (first == "--self-test") return self_test();
  if (first == "--info") return std::printf("%s\n", app_info()), kGood;
  std::vector<std::string> files;
  bool is_json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) is_json = true;
    else files.push_back(argv[i]);
  }
  if (files.empty()) return std::fputs(kHelp, stderr), kUsage;
  return recognize(files, is_json);
}
