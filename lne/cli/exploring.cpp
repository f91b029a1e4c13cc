#include "exploring.hpp"

#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>

#include "../src/base/json.hpp"

namespace lne::cli {
namespace {

volatile std::sig_atomic_t is_interrupted = 0;

/// Says one stage as it goes on, at most twice a second.
class Teller {
 public:
  bool operator()(const std::string& stage, double done, double all) {
    if (done < 0 || is_interrupted) return !is_interrupted;
    const auto now = std::chrono::steady_clock::now();
    if (stage == stage_ && now - last_ < std::chrono::milliseconds(500) && done < all) return true;
    if (stage == stage_ && done == done_) return true;
    stage_ = stage;
    done_ = done;
    last_ = now;
    char line[160];
    std::snprintf(line, sizeof line, "lne: %s %3.0f %%", stage.c_str(), all > 0 ? 100 * done / all : 100.0);
    show_progress(line);
    return true;
  }

 private:
  std::string stage_;
  double done_ = -1;
  std::chrono::steady_clock::time_point last_;
};

double memory_weight_of(const std::string& objective) {
  if (objective == "latency") return 0.0;
  if (objective == "memory") return 1.0;
  char* end = nullptr;
  const double weight = std::strtod(objective.c_str(), &end);
  if (objective.empty() || *end != '\0' || !(weight >= 0 && weight <= 1)) throw UsageError("--objective is latency, memory, or the weight of memory from 0 to 1, not '" + objective + "'");
  return weight;
}

void tell_result(const Exploration& exploration) {
  const std::optional<Json> report = Json::parse(exploration.report);
  if (!report) return;
  for (const Json& program : *(*report)["programs"].array()) {
    std::string names;
    for (const Json& name : *program["plans"].array()) names += (names.empty() ? "" : ", ") + *name.string();
    std::fprintf(stderr, "  %-34s predicted %10.1f us", names.c_str(), number_in(program["predictedUs"]));
    if (program["measuredUs"].number()) std::fprintf(stderr, "   measured %10.1f us  %+5.1f %%", number_in(program["measuredUs"]), 100 * number_in(program["difference"]));
    std::fprintf(stderr, "%s\n", program["isUsed"].boolean() && *program["isUsed"].boolean() ? "   used" : "");
    const bool is_best = names.find("optimum") != std::string::npos || names.find("learned") != std::string::npos;
    if (is_best && program["difference"].number() && std::fabs(number_in(program["difference"])) > 0.05) std::fprintf(stderr, "  note: predicted and measured differ by more than 5 %%\n");
  }
  std::fprintf(stderr, "  learned plan %.2f %% above the optimum%s\n", 100 * number_in((*report)["learned"]["aboveOptimum"]), *(*report)["optimum"]["isExact"].boolean() ? "" : " (which is not proved: too many states)");
}

}  // namespace

std::vector<Option> explore_options() {
  return {{"--objective", "O", "latency (the default), memory, or the weight of memory from 0 to 1"},
          {"--weight-budget", "F", "packed weights take at most F times the model's; without it there is no limit"},
          {"--target", "T", "native, or another that this machine runs: x86-64-v3, x86-64-v4 or generic; for `lne compile` also aarch64 and armv7"},
          {"--agent", "CMD", "measure on another machine: what starts lne-agent there, as \"ssh board ./lne-agent\" (see `lne agent`)"},
          max_error_option(),
          without_option(),
          {"--plan", "PLAN", "a plan whose layers[].primitive and layers[].forbidden are kept to"},
          plugins_option(),
          {"--seed", "N", "of the random choices (1)"},
          {"--episodes", "N", "episodes of learning (1000)"},
          {"--exploring", "N", "of these, the first that choose at random (500)"},
          {"--learning-rate", "R", "share of what is new in a step of learning (0.5)"},
          {"--discount", "D", "what later layers count in an earlier one's value (1)"},
          {"--replay", "N", "for each step of an episode, earlier steps that are learned again (16)"},
          {"--variants", "N", "variants of a primitive that are compiled for a layer, besides its default (3)"},
          {"--rounds", "N", "rounds in which the best plans are timed as whole programs; 0: none (7)"},
          {"--budget", "S", "seconds that measuring may take (150)"},
          {"--jobs", "N", "compilers at the same time; 0: one per core (0)"}};
}

Exploration explore_model(const Arguments& arguments, const std::string& model) {
  ExploreOptions options;
  options.plan = plan_text(arguments);
  options.agent = arguments.text("--agent");
  options.memory_weight = memory_weight_of(arguments.text("--objective", "latency"));
  options.weight_budget = arguments.real("--weight-budget", 0, 0.01, 1e6);
  options.seed = static_cast<std::uint64_t>(arguments.whole("--seed", 1, 0, 1LL << 53));
  options.episodes = static_cast<int>(arguments.whole("--episodes", options.episodes, 1, 1000000));
  options.exploring = static_cast<int>(arguments.whole("--exploring", std::min(options.exploring, options.episodes / 2 + 1), 0, 1000000));
  options.learning_rate = arguments.real("--learning-rate", options.learning_rate, 0, 1);
  options.discount = arguments.real("--discount", options.discount, 0, 1);
  options.replay = static_cast<int>(arguments.whole("--replay", options.replay, 0, 10000));
  options.variants = static_cast<int>(arguments.whole("--variants", options.variants, 1, 1000));
  options.rounds = static_cast<int>(arguments.whole("--rounds", options.rounds, 0, 1000));
  options.budget_s = arguments.real("--budget", options.budget_s, 0, 1e6);
  options.jobs = static_cast<int>(arguments.whole("--jobs", 0, 0, 1024));
  std::signal(SIGINT, [](int) { is_interrupted = 1; });
  std::vector<Problem> problems;
  const Exploration exploration = explore_network(model, arguments.words[0], options, Teller(), problems);
  end_progress();
  std::signal(SIGINT, SIG_DFL);
  if (!problems.empty()) fail(problems);
  tell_result(exploration);
  return exploration;
}

}  // namespace lne::cli
