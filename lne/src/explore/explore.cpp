// An exploration from the model to the plan: what there is to choose, what it costs, which plan is learned, which is the best there is, and how
// the best ones do as whole programs.
#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <thread>

#include "../../include/lne/lne.hpp"
#include "../base/problems.hpp"
#include "../plan/plugins.hpp"
#include "../plan/target.hpp"
#include "../import/import.hpp"
#include "../report/exploration_page.hpp"
#include "../toolchain/explored_plans.hpp"
#include "../toolchain/kept_programs.hpp"
#include "device.hpp"
#include "findings.hpp"
#include "library.hpp"
#include "objective.hpp"
#include "screening.hpp"

namespace lne {

namespace explore {
namespace {

using Clock = std::chrono::steady_clock;

/// The learned plans that are timed whole.
constexpr std::array kLearnedNames{"learned", "second learned", "third learned"};

class Exploring {
 public:
  Exploring(std::string_view model, const std::string& file, const ExploreOptions& options, const ExploreProgress& progress) : model_(model), options_(options), progress_(progress) { found_.file = file; }

  Result<Exploration> run() {
    if (std::optional<std::vector<Error>> errors = prepare_space()) return *errors;
    if (std::optional<std::vector<Error>> errors = measure_space()) return *errors;
    if (std::optional<std::vector<Error>> errors = find_plans()) return *errors;
    if (std::optional<std::vector<Error>> errors = time_whole()) return *errors;
    let_programs_go();
    Exploration exploration;
    exploration.plan = found_.winner().plan;
    const Json report = exploration_json(found_, options_);
    exploration.report = report.text();
    exploration.page = exploration_page(report);
    const std::string problem = !is_restricted_ && device_->is_here() && options_.memory_weight <= 0 && options_.weight_budget <= 0 ? keep_explored_plan(model_, target_, exploration.plan, exploration.report) : std::string();
    if (!problem.empty()) return Error{"LNE_FILE", problem};
    return exploration;
  }

 private:
  using Errors = std::optional<std::vector<Error>>;

  Objective objective() const { return {options_.memory_weight, options_.weight_budget}; }

  bool tell(const std::string& stage, double done, double all) { return !progress_ || progress_(stage, done, all); }
  bool is_cancelled() { return !tell("", -1, 0); }
  static Error cancelled() { return {"LNE_CANCELLED", "the exploration was cancelled; what was measured is kept"}; }

  void took(const std::string& stage, Clock::time_point since) { found_.seconds[stage] = Json(std::chrono::duration<double>(Clock::now() - since).count()); }

  Errors prepare_space() {
    const auto started = Clock::now();
    if (const Result<std::uintmax_t> limit = program_limit(); !limit) return limit.errors();
    if (!tell("reading the model", 0, 1)) return std::vector<Error>{cancelled()};
    Result<Graph> graph = import_network(model_, found_.file);
    if (!graph) return graph.errors();
    SpaceOptions space_options;
    if (!options_.plan.empty()) {
      Result<PlanOptions> plan = read_plan(options_.plan);
      if (!plan) return plan.errors();
      space_options.plan = std::move(plan.value());
      is_restricted_ = !space_options.plan.layers.empty() || space_options.plan.max_error > 0 || !space_options.plan.passes_off.empty();
      target_ = space_options.plan.target;
      carried_.target = target_;
      carried_.passes_off = space_options.plan.passes_off;
    }
    if (options_.agent.empty()) {
      if (!can_run(target_)) return std::vector<Error>{{"LNE_TARGET", "an exploration measures, and this machine (" + host_target() + ") runs no program for " + target_ + "; give it an agent on one that does"}};
      device_ = this_device();
    } else {
      Result<std::unique_ptr<Device>> device = device_over(options_.agent);
      if (!device) return device.errors();
      device_ = std::move(device.value());
    }
    if (!options_.plugins.empty()) {
      Result<std::vector<std::string>> plugins = plugins_of(options_.plugins);
      if (!plugins) return plugins.errors();
      space_options.plan.plugins = std::move(plugins.value());
    }
    for (const std::string& plugin : space_options.plan.plugins) {
      if (!device_->is_here() && is_over_library(plugin)) return std::vector<Error>{{"LNE_PLUGIN", "plugin " + plugin + " calls a library of this machine, so that an agent on another one can't time it"}};
    }
    is_restricted_ = is_restricted_ || !space_options.plan.plugins.empty();
    space_options.kept = options_.variants;
    prepare(graph.value(), space_options.plan);
    const Result<Assignment> ranked = assign(graph.value(), space_options.plan);
    if (!ranked) return ranked.errors();
    by_rank_ = ranked.value();
    const Result<Compiler> compiler = find_compiler(target_);
    if (!compiler) return compiler.errors();
    compiler_ = compiler.value();
    found_.machine = machine_label();
    found_.compiler = compiler_.name;
    measurements_ = std::make_unique<Measurements>(home_folder("measurements") / (digest_of(found_.machine + "\n" + found_.compiler) + ".jsonl"));
    found_.context = context_of(graph.value());
    if (!tell("looking at variants", 0, 1)) return std::vector<Error>{cancelled()};
    // The choice by rank is among the options, so that it can be compared.
    Result<Space> space = make_space(std::move(graph.value()), space_options, device_->is_here() ? make_screen(*measurements_) : Screen());
    if (!space) return space.errors();
    found_.space = std::move(space.value());
    took("screening", started);
    return std::nullopt;
  }

  /// Which cache a run of the network leaves its data in: kernels are slower where weights come from farther away.
  std::string context_of(const Graph& graph) const {
    std::int64_t constants = 0, largest = 0;
    for (const Value& value : graph.values) (value.is_constant ? constants : largest) = value.is_constant ? constants + static_cast<std::int64_t>(value.floats.size()) : std::max(largest, element_count(value.shape));
    const double bytes = 4.0 * static_cast<double>(constants + 2 * largest);
    const auto [name, l2, l3] = device_->machine();
    return bytes < static_cast<double>(l2 > 0 ? l2 : 1 << 20) ? "L2" : bytes < 0.5 * static_cast<double>(l3 > 0 ? l3 : 16 << 20) ? "L3" : "memory";
  }

  /// Times are those of a processor with the instructions of a target.
  std::string machine_label() const { return device_->machine().name + " " + find_target(target_)->name; }

  Errors measure_space() {
    auto started = Clock::now();
    LibraryOptions library_options;
    library_options.target_flags = find_target(target_)->flags;
    library_options.jobs = options_.jobs > 0 ? options_.jobs : static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
    library_options.is_cancelled = [this] { return is_cancelled(); };
    library_options.on_progress = [this](std::size_t done, std::size_t all) { tell("compiling kernels", static_cast<double>(done), static_cast<double>(all)); };
    const Result<Library> library = build_library(found_.space, compiler_, library_options);
    if (!library) return library.errors();
    if (const std::string problem = device_->load(library.value().path, library.value().symbols); !problem.empty()) return std::vector<Error>{{"LNE_AGENT", problem}};
    took("compiling", started);
    started = Clock::now();
    MeasureOptions measure_options;
    measure_options.seed = options_.seed;
    measure_options.budget_s = options_.budget_s;
    measure_options.context = found_.context;
    measure_options.on_progress = [this](double done, double all) { return tell("measuring", done, all); };
    const Result<MeasureReport> measured = measure(found_.space, *device_, *measurements_, measure_options);
    if (!measured) return measured.errors();
    found_.measured = measured.value();
    took("measuring", started);
    return std::nullopt;
  }

  Errors find_plans() {
    const auto started = Clock::now();
    const Result<std::vector<double>> costs = costs_of(found_.space, objective());
    if (!costs) return costs.errors();
    const Decisions decisions(found_.space, costs.value());
    const auto go_on = [&](int episode) { return episode % 50 != 0 || tell("learning", episode, options_.episodes); };
    LearningOptions learning;
    learning.episodes = options_.episodes;
    learning.exploring = options_.exploring;
    learning.learning_rate = options_.learning_rate;
    learning.discount = options_.discount;
    learning.replay = options_.replay;
    learning.seed = options_.seed;
    learning.kept = kLearnedNames.size();
    found_.learned = learn(decisions, learning, go_on);
    if (is_cancelled()) return std::vector<Error>{cancelled()};
    found_.optimum = find_optimum(decisions, found_.learned.least_cost());
    if (found_.optimum.plan.options.empty()) found_.optimum = {found_.learned.plans.at(0), false, found_.optimum.states};
    add_program("optimum", found_.optimum.plan.options);
    for (std::size_t i = 0; i < found_.learned.plans.size(); ++i) add_program(kLearnedNames[i], found_.learned.plans[i].options);
    std::vector<std::size_t> ranked;
    for (std::size_t node = 0; node < by_rank_.size(); ++node) {
      const int option = by_rank_[node].primitive == nullptr ? -1 : found_.space.find(node, by_rank_[node]);
      if (option >= 0) ranked.push_back(static_cast<std::size_t>(option));
    }
    if (decisions.cost_of(ranked) < std::numeric_limits<double>::infinity()) add_program("rank", ranked);
    for (const std::string& plugin : plugins()) {
      const Optimum single = find_optimum(Decisions(found_.space, costs.value(), only(plugin)), std::numeric_limits<double>::infinity());
      if (!single.plan.options.empty()) add_program("only " + plugin, single.plan.options);
    }
    took("planning", started);
    return std::nullopt;
  }

  std::vector<std::string> plugins() const {
    std::vector<std::string> names;
    for (const Option& option : found_.space.options) names.push_back(option.choice.primitive->plugin());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  /// The options of one plugin, and those of core for layers where it has none.
  std::vector<bool> only(const std::string& plugin) const {
    std::vector<bool> allowed(found_.space.options.size(), false);
    for (const std::vector<std::size_t>& options : found_.space.starting) {
      const auto is_own = [&](std::size_t option) { return found_.space.options[option].choice.primitive->plugin() == plugin; };
      const bool has_own = std::any_of(options.begin(), options.end(), [&](std::size_t option) { return is_own(option) && found_.space.options[option].chain.nodes.size() == 1; });
      for (const std::size_t option : options) allowed[option] = has_own ? is_own(option) : found_.space.options[option].choice.primitive->plugin() == "core";
    }
    return allowed;
  }

  void add_program(const std::string& name, const std::vector<std::size_t>& options) {
    const Decisions timed(found_.space, times_of(found_.space));
    const std::string plan = plan_json(found_.space.graph, timed.assignment_of(options), carried_).text() + "\n";
    const auto same = std::find_if(found_.programs.begin(), found_.programs.end(), [&](const TimedProgram& program) { return program.plan == plan; });
    if (same != found_.programs.end()) return same->names.push_back(name);
    TimedProgram program;
    program.names = {name};
    program.plan = plan;
    program.predicted_us = timed.cost_of(options);
    program.weights_bytes = weights_of(found_.space, options);
    found_.programs.push_back(std::move(program));
  }

  Errors time_whole() {
    if (options_.rounds > 0) {
      const auto show = [this](double done, double all, const std::string& what) { return tell(what, done, all); };
      auto started = Clock::now();
      if (const Result<bool> built = build_programs(model_, found_.file, found_.programs, show); !built) return built.errors();
      took("building programs", started);
      started = Clock::now();
      if (const Result<bool> timed = time_programs(found_.space.graph, *device_, found_.programs, options_.rounds, show); !timed) return timed.errors();
      took("timing programs", started);
    }
    // By memory the plan is what was asked for; by time the stopwatch has the last word.
    if (options_.memory_weight > 0 || options_.rounds == 0) return std::nullopt;
    for (std::size_t i = 1; i < found_.programs.size(); ++i) {
      if (static_cast<double>(found_.programs[i].weights_bytes) > objective().most_weights(found_.space.graph)) continue;
      if (found_.programs[i].measured_us() < found_.winner().measured_us()) found_.used = i;
    }
    return std::nullopt;
  }

  /// The program of the plan that is used is what will be run next.
  void let_programs_go() {
    for (TimedProgram& program : found_.programs) program.hold.reset();
    const std::filesystem::path used = found_.winner().path;
    if (used.empty()) return;
    note_use(used);
    if (const Result<std::uintmax_t> limit = program_limit(); limit) trim_programs(home_folder("programs"), limit.value(), used.parent_path());
  }

  std::string_view model_;
  const ExploreOptions& options_;
  const ExploreProgress& progress_;
  Compiler compiler_;
  std::string target_ = "native";
  /// what plans of this exploration say besides their layers
  PlanOptions carried_;
  bool is_restricted_ = false;
  std::unique_ptr<Measurements> measurements_;
  Assignment by_rank_;
  std::unique_ptr<Device> device_;
  Findings found_;
};

}  // namespace
}  // namespace explore

Exploration explore_network(std::string_view model, const std::string& file, const ExploreOptions& options, const ExploreProgress& progress, std::vector<Problem>& problems) {
  Result<Exploration> result = explore::Exploring(model, file, options, progress).run();
  if (result) return std::move(result.value());
  add_problems(result.errors(), problems);
  return {};
}

}  // namespace lne
