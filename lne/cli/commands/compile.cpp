// From the model to the built program in one go.
#include <algorithm>
#include <array>
#include <cstdio>

#include "../../src/toolchain/compiler.hpp"
#include "../exploring.hpp"
#include "../program_files.hpp"

namespace lne::cli {
namespace {

constexpr std::array kWishes{"--plan", "--plugins", "--without", "--max-error", "--objective", "--weight-budget"};

/// The plan that was explored before, or one that is explored now; for a target that this machine does not run, what was given.
std::string plan_for(const Arguments& arguments, const std::string& model, const std::string& target) {
  if (!can_run(target) && !arguments.has("--agent")) {
    std::fprintf(stderr, "lne: nothing is explored, since this machine runs no program for %s; kernels are chosen by estimates\n", target.c_str());
    return plan_text(arguments);
  }
  // What was explored answers the question without bounds and wishes only.
  const bool is_free = std::none_of(kWishes.begin(), kWishes.end(), [&](const char* wish) { return arguments.has(wish); });
  const std::string known = is_free ? explored_plan(model, target) : std::string();
  if (known.empty()) return explore_model(arguments, model).plan;
  std::fprintf(stderr, "lne: with the plan that was explored for this model on this machine; `lne explore` explores again\n");
  return known;
}

int run(const Arguments& arguments) {
  if (arguments.text("-o").empty()) throw UsageError("-o names the folder for the program");
  const std::string model = read_model(arguments), folder = arguments.text("-o"), target = arguments.text("--target", "native");
  const std::string plan = plan_for(arguments, model, target);
  std::vector<Problem> problems;
  const std::unique_ptr<Network> network = Network::load(model, arguments.words[0], plan, problems);
  if (!network) fail(problems);
  write_program(*network, folder, arguments.text("--golden"));
  if (target != "native" && target != native_target()) {
    std::fprintf(stderr, "lne: %s holds the sources for %s; build them with its compiler\n", folder.c_str(), target.c_str());
    return kGood;
  }
  const std::string problem = build_in_place(folder, target, static_cast<int>(arguments.whole("--jobs", 0, 0, 1024)));
  if (!problem.empty()) fail(problem);
  std::printf("%s/build/app\n", folder.c_str());
  return kGood;
}

}  // namespace

Command compile_command() {
  std::vector<Option> options{weights_option(), {"-o", "DIR", "the folder for sources and build"}, {"--golden", "INPUT.npy", "an input for the self-test; without it a ramp"}};
  for (const Option& option : explore_options()) options.push_back(option);
  return {"compile", "MODEL", 1, 1, "explore, generate and build at once", "Explores the model, unless that was done on this machine, generates its program and builds it: DIR/build/app. For a target that this machine\ndoes not run nothing is explored, and the sources are built with its compiler.", options, run};
}

}  // namespace lne::cli
