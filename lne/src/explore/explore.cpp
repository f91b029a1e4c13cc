// An exploration from the model to the plan: what there is to choose, what it costs, which plan is learned, which is the best there is, and how
// the best ones do as whole programs.
#include <algorithm>
#include <chrono>
#include <limits>
#include <thread>

#include "../../include/lne/lne.hpp"
#include "../plan/layer_error.hpp"
#include "../plan/plugins.hpp"
#include "../plan/target.hpp"
#include "../import/import.hpp"
#include "../report/exploration_page.hpp"
#include "../toolchain/home.hpp"
#include "device.hpp"
#include "learning.hpp"
#include "library.hpp"
#include "measure.hpp"
#include "screening.hpp"
#include "whole.hpp"

namespace lne {

std::string keep_explored_plan(std::string_view model, const std::string& target, const std::string& plan, const std::string& report);

namespace explore {
namespace {

using Clock = std::chrono::steady_clock;

Json mean_of(const std::vector<double>& values, std::size_t from, std::size_t count) {
  double sum = 0;
  const std::size_t end = std::min(values.size(), from + count);
  for (std::size_t i = from; i < end; ++i) sum += values[i];
  return end > from ? Json(sum / static_cast<double>(end - from)) : Json();
}

class Exploring {
 public:
  Exploring(std::string_view model, const std::string& file, const ExploreOptions& options, const ExploreProgress& progress) : model_(model), file_(file), options_(options), progress_(progress) {}

  Result<Exploration> run() {
    if (std::optional<std::vector<Error>> errors = prepare_space()) return *errors;
    if (std::optional<std::vector<Error>> errors = measure_space()) return *errors;
    if (std::optional<std::vector<Error>> errors = find_plans()) return *errors;
    if (std::optional<std::vector<Error>> errors = time_whole()) return *errors;
    Exploration exploration;
    exploration.plan = winner_->plan;
    const Json report = report_json();
    exploration.report = report.text();
    exploration.page = exploration_page(report);
    const std::string problem = !is_restricted_ && device_->is_here() && options_.memory_weight <= 0 && options_.weight_budget <= 0 ? keep_explored_plan(model_, target_, exploration.plan, exploration.report) : std::string();
    if (!problem.empty()) return Error{"LNE_FILE", problem};
    return exploration;
  }

 private:
  using Errors = std::optional<std::vector<Error>>;

  bool tell(const std::string& stage, double done, double all) { return !progress_ || progress_(stage, done, all); }
  bool is_cancelled() { return !tell("", -1, 0); }
  static Error cancelled() { return {"LNE_CANCELLED", "the exploration was cancelled; what was measured is kept"}; }

  void took(const std::string& stage, Clock::time_point since) { seconds_[stage] = Json(std::chrono::duration<double>(Clock::now() - since).count()); }

  Errors prepare_space() {
    const auto started = Clock::now();
    if (!tell("reading the model", 0, 1)) return std::vector<Error>{cancelled()};
    Result<Graph> graph = import_network(model_, file_);
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
    measurements_ = std::make_unique<Measurements>(home_folder("measurements") / (digest_of(machine_label() + "\n" + compiler_.name) + ".jsonl"));
    context_ = context_of(graph.value());
    if (!tell("looking at variants", 0, 1)) return std::vector<Error>{cancelled()};
    // The choice by rank is among the options, so that it can be compared.
    Result<Space> space = make_space(std::move(graph.value()), space_options, device_->is_here() ? make_screen(*measurements_) : Screen());
    if (!space) return space.errors();
    space_ = std::move(space.value());
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
    const Result<Library> library = build_library(space_, compiler_, library_options);
    if (!library) return library.errors();
    if (const std::string problem = device_->load(library.value().path, library.value().symbols); !problem.empty()) return std::vector<Error>{{"LNE_AGENT", problem}};
    took("compiling", started);
    started = Clock::now();
    MeasureOptions measure_options;
    measure_options.seed = options_.seed;
    measure_options.budget_s = options_.budget_s;
    measure_options.context = context_;
    measure_options.on_progress = [this](double done, double all) { return tell("measuring", done, all); };
    const Result<MeasureReport> measured = measure(space_, *device_, *measurements_, measure_options);
    if (!measured) return measured.errors();
    measured_ = measured.value();
    took("measuring", started);
    return std::nullopt;
  }

  std::vector<double> times() const {
    std::vector<double> costs;
    for (const Candidate& candidate : space_.candidates) costs.push_back(candidate.time_us);
    return costs;
  }

  /// Bytes that a choice adds: packed weights and scratch; for a conversion its result.
  std::vector<double> bytes() const {
    std::vector<double> costs;
    for (const Candidate& candidate : space_.candidates) costs.push_back(4.0 * static_cast<double>(candidate.weights_floats + candidate.scratch_floats + (candidate.primitive->op == "convert" ? candidate.dst_floats : 0)));
    return costs;
  }

  std::int64_t weights_of(const std::vector<std::size_t>& options) const {
    std::int64_t floats = 0;
    for (const std::size_t option : options) floats += space_.candidates[space_.options[option].candidate].weights_floats;
    return 4 * floats;
  }

  /// Bytes that packed weights may take, or 0.
  double most_weights() const {
    std::int64_t floats = 0;
    for (const Value& value : space_.graph.values) floats += static_cast<std::int64_t>(value.floats.size());
    return options_.weight_budget * 4.0 * static_cast<double>(floats);
  }

  /// Costs with a price on each byte of weights: the least price at which the cheapest plan keeps to the budget.
  Result<std::vector<double>> with_price(const std::vector<double>& costs) const {
    const auto priced = [&](double price) {
      std::vector<double> with = costs;
      for (std::size_t i = 0; i < with.size(); ++i) with[i] += price * 4.0 * static_cast<double>(space_.candidates[i].weights_floats);
      return with;
    };
    const auto fits = [&](double price) { return static_cast<double>(weights_of(find_optimum(Decisions(space_, priced(price)), std::numeric_limits<double>::infinity()).plan.options)) <= most_weights(); };
    if (fits(0)) return costs;
    double low = 0, high = 1e-6;
    while (!fits(high)) {
      low = high;
      high *= 4;
      if (high > 1e6) return Error{"LNE_EXPLORE_BUDGET", "no plan packs the weights into " + std::to_string(static_cast<long long>(most_weights())) + " bytes; give a larger weight budget"};
    }
    for (int i = 0; i < 16; ++i) (fits((low + high) / 2) ? high : low) = (low + high) / 2;
    return priced(high);
  }

  /// Time, or memory, or both by their weight, each as a share of the least that is possible.
  std::vector<double> costs() const {
    std::vector<double> time = times();
    if (options_.memory_weight <= 0) return time;
    const std::vector<double> memory = bytes();
    const double none = std::numeric_limits<double>::infinity();
    const double least_time = find_optimum(Decisions(space_, time), none).plan.cost;
    const double least_memory = std::max(1.0, find_optimum(Decisions(space_, memory), none).plan.cost);
    for (std::size_t i = 0; i < time.size(); ++i) time[i] = (1 - options_.memory_weight) * time[i] + options_.memory_weight * memory[i] / least_memory * least_time;
    return time;
  }

  Errors find_plans() {
    const auto started = Clock::now();
    const Result<std::vector<double>> within = options_.weight_budget > 0 ? with_price(costs()) : Result<std::vector<double>>(costs());
    if (!within) return within.errors();
    const std::vector<double>& chosen_costs = within.value();
    const Decisions decisions(space_, chosen_costs);
    const auto go_on = [&](int episode) { return episode % 50 != 0 || tell("learning", episode, options_.episodes); };
    LearningOptions learning;
    learning.episodes = options_.episodes;
    learning.exploring = options_.exploring;
    learning.learning_rate = options_.learning_rate;
    learning.discount = options_.discount;
    learning.replay = options_.replay;
    learning.seed = options_.seed;
    learned_ = learn(decisions, learning, go_on);
    if (is_cancelled()) return std::vector<Error>{cancelled()};
    optimum_ = find_optimum(decisions, learned_.plan.cost);
    if (optimum_.plan.options.empty()) optimum_ = {learned_.plan, false, optimum_.states};
    add_program("optimum", optimum_.plan.options);
    add_program("learned", learned_.plan.options);
    std::vector<std::size_t> ranked;
    for (std::size_t node = 0; node < by_rank_.size(); ++node) {
      const int option = by_rank_[node].primitive == nullptr ? -1 : space_.find(node, by_rank_[node]);
      if (option >= 0) ranked.push_back(static_cast<std::size_t>(option));
    }
    if (decisions.cost_of(ranked) < std::numeric_limits<double>::infinity()) add_program("rank", ranked);
    for (const std::string& plugin : plugins()) {
      const Optimum single = find_optimum(Decisions(space_, chosen_costs, only(plugin)), std::numeric_limits<double>::infinity());
      if (!single.plan.options.empty()) add_program("only " + plugin, single.plan.options);
    }
    took("planning", started);
    return std::nullopt;
  }

  std::vector<std::string> plugins() const {
    std::vector<std::string> names;
    for (const Option& option : space_.options) names.push_back(option.choice.primitive->plugin());
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  /// The options of one plugin, and those of core for layers where it has none.
  std::vector<bool> only(const std::string& plugin) const {
    std::vector<bool> allowed(space_.options.size(), false);
    for (const std::vector<std::size_t>& options : space_.starting) {
      const auto is_own = [&](std::size_t option) { return space_.options[option].choice.primitive->plugin() == plugin; };
      const bool has_own = std::any_of(options.begin(), options.end(), [&](std::size_t option) { return is_own(option) && space_.options[option].chain.nodes.size() == 1; });
      for (const std::size_t option : options) allowed[option] = has_own ? is_own(option) : space_.options[option].choice.primitive->plugin() == "core";
    }
    return allowed;
  }

  void add_program(const std::string& name, const std::vector<std::size_t>& options) {
    const Decisions timed(space_, times());
    const std::string plan = plan_json(space_.graph, timed.assignment_of(options), carried_).text() + "\n";
    const auto same = std::find_if(programs_.begin(), programs_.end(), [&](const TimedProgram& program) { return program.plan == plan; });
    if (same != programs_.end()) return same->names.push_back(name);
    TimedProgram program;
    program.names = {name};
    program.plan = plan;
    program.predicted_us = timed.cost_of(options);
    program.weights_bytes = weights_of(options);
    programs_.push_back(std::move(program));
  }

  Errors time_whole() {
    if (options_.rounds > 0) {
      const auto show = [this](double done, double all, const std::string& what) { return tell(what, done, all); };
      auto started = Clock::now();
      if (const Result<bool> built = build_programs(model_, file_, programs_, show); !built) return built.errors();
      took("building programs", started);
      started = Clock::now();
      if (const Result<bool> timed = time_programs(space_.graph, *device_, programs_, options_.rounds, show); !timed) return timed.errors();
      took("timing programs", started);
    }
    winner_ = &programs_[0];
    // By memory the plan is what was asked for; by time the stopwatch has the last word.
    for (const TimedProgram& program : programs_) {
      if (options_.weight_budget > 0 && static_cast<double>(program.weights_bytes) > most_weights()) continue;
      if (options_.memory_weight <= 0 && options_.rounds > 0 && program.measured_us() < winner_->measured_us()) winner_ = &program;
    }
    return std::nullopt;
  }

  Json programs_json() const {
    Json::Array list;
    for (const TimedProgram& program : programs_) {
      Json::Array rounds;
      for (const double us : program.rounds_us) rounds.push_back(Json(us));
      Json::Object entry{{"plans", Json::list(program.names)}, {"predictedUs", Json(program.predicted_us)}, {"weightsBytes", Json(static_cast<long long>(program.weights_bytes))}, {"isUsed", Json(&program == winner_)}};
      if (!program.rounds_us.empty()) {
        entry["measuredUs"] = Json(program.measured_us());
        entry["leastUs"] = Json(program.least_us());
        entry["roundsUs"] = Json(std::move(rounds));
        entry["difference"] = Json(program.measured_us() / program.predicted_us - 1.0);
      }
      list.push_back(Json(std::move(entry)));
    }
    return Json(std::move(list));
  }

  Json layers_json() const {
    const std::optional<Json> plan = Json::parse(winner_->plan);
    std::map<std::string, const Json*> used;
    for (const Json& layer : *(*plan)["layers"].array()) used[*layer["layer"].string()] = &layer;
    Json::Array layers;
    for (std::size_t node = 0; node < space_.starting.size(); ++node) {
      if (space_.starting[node].empty()) continue;
      const std::string& name = space_.graph.nodes[node].name;
      Json::Array options;
      for (const std::size_t index : space_.starting[node]) {
        const Option& option = space_.options[index];
        const Candidate& candidate = space_.candidates[option.candidate];
        const bool is_used = used.count(name) > 0 && *(*used[name])["primitive"].string() == option.choice.primitive->name && (*used[name])["variant"].text() == json_of(option.choice.variant).text();
        Json::Object entry{{"primitive", Json(option.choice.primitive->name)}, {"variant", json_of(option.choice.variant)}, {"us", Json(candidate.time_us)}, {"samples", Json(candidate.samples_us.size())},
                           {"from", Json(name_of(option.choice.primitive->src_layout))}, {"to", Json(name_of(option.choice.primitive->dst_layout))}, {"isUsed", Json(is_used)},
                           {"weightsBytes", Json(static_cast<long long>(4 * candidate.weights_floats))}, {"scratchBytes", Json(static_cast<long long>(4 * candidate.scratch_floats))}};
        if (is_used && option.choice.primitive->is_approximate) entry["error"] = Json(LayerError(space_.graph, option.chain).of(option.choice));
        if (option.chain.nodes.size() > 1) entry["layers"] = Json(option.chain.nodes.size());
        options.push_back(Json(std::move(entry)));
      }
      layers.push_back(Json(Json::Object{{"layer", Json(name)}, {"op", Json(space_.graph.nodes[node].op)}, {"options", Json(std::move(options))}}));
    }
    return Json(std::move(layers));
  }

  Json report_json() const {
    Json::Array curve;
    for (const double cost : learned_.curve) curve.push_back(Json(cost));
    const std::size_t exploring = static_cast<std::size_t>(std::max(0, options_.exploring)), episodes = learned_.curve.size();
    const double distance = learned_.plan.cost / optimum_.plan.cost - 1.0;
    return Json(Json::Object{
        {"format", Json("lne-exploration-1")},
        {"file", Json(file_)},
        {"machine", Json(machine_label())},
        {"compiler", Json(compiler_.name)},
        {"context", Json(context_)},
        {"memoryWeight", Json(options_.memory_weight)},
        {"seed", Json(static_cast<long long>(options_.seed))},
        {"learned", Json(Json::Object{{"cost", Json(learned_.plan.cost)}, {"greedyCost", Json(learned_.greedy_cost)}, {"aboveOptimum", Json(distance)}, {"meanOfFirst", mean_of(learned_.curve, 0, exploring)}, {"meanOfLast50", mean_of(learned_.curve, episodes - std::min<std::size_t>(50, episodes), 50)}, {"exploring", Json(options_.exploring)}, {"curve", Json(std::move(curve))}})},
        {"optimum", Json(Json::Object{{"cost", Json(optimum_.plan.cost)}, {"isExact", Json(optimum_.is_exact)}, {"states", Json(optimum_.states)}})},
        {"programs", programs_json()},
        {"layers", layers_json()},
        {"candidates", Json(space_.candidates.size())},
        {"measured", Json(Json::Object{{"passes", Json(measured_.passes)}, {"known", Json(measured_.known)}, {"measured", Json(measured_.measured)}})},
        {"seconds", Json(seconds_)},
    });
  }

  std::string_view model_;
  const std::string& file_;
  const ExploreOptions& options_;
  const ExploreProgress& progress_;
  Compiler compiler_;
  std::string context_;
  std::string target_ = "native";
  /// what plans of this exploration say besides their layers
  PlanOptions carried_;
  bool is_restricted_ = false;
  std::unique_ptr<Measurements> measurements_;
  Space space_;
  Assignment by_rank_;
  std::unique_ptr<Device> device_;
  MeasureReport measured_;
  Learned learned_;
  Optimum optimum_;
  std::vector<TimedProgram> programs_;
  const TimedProgram* winner_ = nullptr;
  Json::Object seconds_;
};

}  // namespace
}  // namespace explore

Exploration explore_network(std::string_view model, const std::string& file, const ExploreOptions& options, const ExploreProgress& progress, std::vector<Problem>& problems) {
  Result<Exploration> result = explore::Exploring(model, file, options, progress).run();
  if (result) return std::move(result.value());
  for (const Error& error : result.errors()) problems.push_back({error.code, error.message});
  return {};
}

}  // namespace lne
