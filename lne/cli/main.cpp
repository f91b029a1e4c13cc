// The `lne` command: import, plan, report, run, bench, generate.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../include/lne/lne.hpp"
#include "../runtime/program/npy.hpp"
#include "../runtime/program/timing.hpp"

namespace {

const char* const kHelp =
    "usage: lne import MODEL.onnx                          check a model; sizes as JSON\n"
    "       lne optimize MODEL.onnx [-o PLAN.json]         choose a primitive per layer\n"
    "       lne report MODEL.onnx [--plan P] [--runs N]    per layer: choice, refusals, times, as JSON\n"
    "       lne run MODEL.onnx INPUT.npy OUTPUT.npy [--plan P] [--runs N] [--warmup W] [--threads 1]\n"
    "       lne generate MODEL.onnx -o DIR [--plan P] [--target T] [--golden INPUT.npy]\n"
    "       lne operators                                  what is supported, as JSON\n"
    "A plan is a JSON file that may be edited: layers[].primitive forces, layers[].forbidden excludes.\n"
    "Exit codes: 0 good, 1 the model or a file is bad, 2 wrong command line.\n";

struct Arguments {
  std::vector<std::string> words;
  std::string plan, out, target = "native", golden;
  int runs = 1, warmup = 0;
};

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.empty() || word[0] != '-') {
      arguments.words.push_back(word);
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string value = argv[++i];
    if (word == "--plan") arguments.plan = value;
    else if (word == "-o" || word == "--out") arguments.out = value;
    else if (word == "--target") arguments.target = value;
    else if (word == "--golden") arguments.golden = value;
    else if (word == "--runs") arguments.runs = std::atoi(value.c_str());
    else if (word == "--warmup") arguments.warmup = std::atoi(value.c_str());
    else if (word == "--threads" || word == "--backend") continue;
    else return false;
  }
  return arguments.runs >= 0 && arguments.warmup >= 0;
}

int fail(const std::string& message) {
  std::fprintf(stderr, "lne: %s\n", message.c_str());
  return 1;
}

int fail(const std::vector<lne::Problem>& problems) {
  for (const lne::Problem& problem : problems) std::fprintf(stderr, "lne: %s [%s]\n", problem.message.c_str(), problem.code.c_str());
  return 1;
}

bool read_text(const std::string& path, std::string& text) {
  std::vector<std::uint8_t> bytes;
  if (!lne::program::read_file(path, bytes)) return false;
  text.assign(bytes.begin(), bytes.end());
  return true;
}

std::size_t elements(const lne::Port& port) {
  std::size_t count = 1;
  for (const std::int64_t extent : port.shape) count *= static_cast<std::size_t>(extent);
  return count;
}

int run(lne::Network& network, const Arguments& arguments, double load_ms) {
  if (arguments.words.size() != 4) return std::fputs(kHelp, stderr), 2;
  lne::program::Array input;
  const std::string problem = lne::program::read_npy(arguments.words[2], input);
  if (!problem.empty()) return fail(problem);
  if (network.inputs().size() != 1 || input.data.size() != elements(network.inputs()[0])) return fail(arguments.words[2] + ": it does not fit the network's input");
  std::vector<std::vector<float>> results;
  std::vector<float*> outputs;
  for (const lne::Port& port : network.outputs()) results.emplace_back(elements(port));
  for (auto& result : results) outputs.push_back(result.data());
  const float* inputs[1] = {input.data.data()};
  lne::program::print_times([&] { network.run(inputs, outputs.data()); }, arguments.runs > 0 ? arguments.runs : 1, arguments.warmup, load_ms);
  const std::string written = lne::program::write_npy(arguments.words[3], {network.outputs()[0].shape, results[0]});
  return written.empty() ? 0 : fail(written);
}

int generate(lne::Network& network, const Arguments& arguments) {
  if (arguments.out.empty()) return std::fputs(kHelp, stderr), 2;
  lne::GenerateOptions options;
  options.target = arguments.target;
  lne::program::Array golden;
  if (!arguments.golden.empty()) {
    const std::string problem = lne::program::read_npy(arguments.golden, golden);
    if (!problem.empty()) return fail(problem);
    options.golden_inputs.push_back(golden.data);
  } else if (network.inputs().size() == 1) {
    // Without real inputs a ramp serves: any change in any layer shows in it.
    std::vector<float> ramp(elements(network.inputs()[0]));
    for (std::size_t i = 0; i < ramp.size(); ++i) ramp[i] = static_cast<float>(static_cast<double>(i * 2654435761u % 2000u) / 1000.0 - 1.0);
    options.golden_inputs.push_back(std::move(ramp));
  }
  std::vector<lne::Problem> problems;
  const auto files = network.generate(options, problems);
  if (!problems.empty()) return fail(problems);
  for (const auto& [path, bytes] : files) {
    const std::filesystem::path target = std::filesystem::path(arguments.out) / path;
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error);
    std::ofstream file(target, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.flush();
    if (!file) return fail(target.string() + ": it can't be written");
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (argc > 1 && (std::strcmp(argv[1], "--help") == 0 || std::strcmp(argv[1], "-h") == 0)) return std::fputs(kHelp, stdout), 0;
  if (!parse(argc, argv, arguments) || arguments.words.empty()) return std::fputs(kHelp, stderr), 2;
  const std::string command = arguments.words[0];
  if (command == "operators") return std::printf("%s\n", lne::operators().c_str()), 0;
  if (arguments.words.size() < 2) return std::fputs(kHelp, stderr), 2;
  std::string model, plan;
  if (!read_text(arguments.words[1], model)) return fail(arguments.words[1] + ": it can't be read");
  if (!arguments.plan.empty() && !read_text(arguments.plan, plan)) return fail(arguments.plan + ": it can't be read");
  const auto before = std::chrono::steady_clock::now();
  std::vector<lne::Problem> problems;
  const std::unique_ptr<lne::Network> network = lne::Network::load(model, arguments.words[1], plan, problems);
  if (!network) return fail(problems);
  const double load_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
  if (command == "run") return run(*network, arguments, load_ms);
  if (command == "generate") return generate(*network, arguments);
  if (command == "import") return std::printf("%s\n", network->footprint().c_str()), 0;
  if (command == "report") return std::printf("%s\n", network->report(arguments.runs).c_str()), 0;
  if (command == "optimize") {
    if (arguments.out.empty()) return std::printf("%s\n", network->plan().c_str()), 0;
    std::ofstream file(arguments.out);
    file << network->plan() << "\n";
    return file.flush() ? 0 : fail(arguments.out + ": it can't be written");
  }
  return std::fputs(kHelp, stderr), 2;
}
