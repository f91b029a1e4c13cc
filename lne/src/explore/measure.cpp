#include "measure.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <random>

#include "../base/release.hpp"
#include "../toolchain/home.hpp"

namespace lne::explore {
namespace {

/// Samples that a candidate gets before it is judged, and by how much it may then be slower than the best of its layer and layouts to go on.
struct Round {
  int samples;
  double margin;
};
constexpr Round kRounds[] = {{2, 1.6}, {8, 1.15}, {25, 1.0}};

constexpr double kLongUs = 300;
constexpr std::size_t kMostSamples = 64;

/// The time of a candidate on a machine that others use too: not the least of its samples, of which a sum over layers would promise too much.
double typical(std::vector<double> samples) {
  std::sort(samples.begin(), samples.end());
  return samples[samples.size() / 5];
}

/// The steps of a program whose weights have sizes but no content. @param candidates of each step
agent::PlannedNetwork planned(const Program& program, const std::vector<std::size_t>& candidates) {
  agent::PlannedNetwork network;
  network.arena_floats = program.instance_floats();
  for (const int input : program.inputs) network.input_floats.push_back(program.buffers[static_cast<std::size_t>(input)].floats);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    network.weights_floats = std::max(network.weights_floats, step.weights_offset + step.weights_floats);
    agent::PlannedStep planned{static_cast<std::int64_t>(candidates[i]), {}, step.weights_offset, program.buffers[static_cast<std::size_t>(step.destination)].offset, step.scratch_offset};
    for (const int source : step.sources) {
      const Buffer& buffer = program.buffers[static_cast<std::size_t>(source)];
      planned.sources.push_back({buffer.input, buffer.offset});
    }
    network.steps.push_back(std::move(planned));
  }
  return network;
}

class Measuring {
 public:
  Measuring(Space& space, Device& device, Measurements& measurements, const MeasureOptions& options)
      : space_(space), device_(device), measurements_(measurements), options_(options), random_(options.seed), active_(space.candidates.size(), true), is_conversion_(space.candidates.size(), false), fresh_(space.candidates.size()), hollow_(space.graph) {
    for (Value& value : hollow_.values) release(value.floats);
    for (std::size_t i = 0; i < space.options.size(); ++i) {
      const Option& option = space.options[i];
      by_step_[name_of_step(option.chain.node, option.choice)] = option.candidate;
    }
    for (const auto& [conversion, candidate] : space.conversions) {
      is_conversion_[candidate] = true;
      by_step_[name_of_step(conversion_of(space.graph, conversion.value, conversion.to), {space.candidates[candidate].primitive, {}})] = candidate;
    }
  }

  Result<MeasureReport> run() {
    const auto started = std::chrono::steady_clock::now();
    for (Candidate& candidate : space_.candidates) {
      candidate.samples_us = measurements_.samples_of(key_of(candidate));
      if (static_cast<int>(candidate.samples_us.size()) >= kRounds[0].samples) ++report_.known;
    }
    // More samples of the same candidates would only shuffle those that are equally fast.
    std::string all;
    for (const Candidate& candidate : space_.candidates) all += candidate.key + "\n";
    const std::string complete = "complete " + options_.context + " " + digest_of(all);
    if (measurements_.samples_of(complete).empty()) {
      for (const Round& round : kRounds) {
        if (std::optional<Error> error = run_round(round, started)) return *error;
        prune(round.margin);
      }
      const std::string problem = measurements_.add(complete, {1.0});
      if (!problem.empty()) return Error{"LNE_FILE", problem};
    }
    for (Candidate& candidate : space_.candidates) settle(candidate);
    report_.measured = static_cast<int>(space_.candidates.size()) - report_.known;
    report_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    return report_;
  }

  /// Lays an assignment out where it is timed. @param candidates of its steps @returns what is wrong, or an empty string
  std::string set(const Assignment& assignment, std::vector<std::size_t>& candidates) {
    candidates.clear();
    const auto lower = [&](Step& step) {
      const std::size_t candidate = by_step_.at(name_of_step(step.node, {step.primitive, step.variant}));
      candidates.push_back(candidate);
      step.weights_floats = space_.candidates[candidate].weights_floats;
      Lowered lowered;
      lowered.scratch_floats = space_.candidates[candidate].scratch_floats;
      return lowered;
    };
    const Result<Program> program = build_hollow(hollow_, assignment, lower);
    elided_.clear();
    for (const View& view : program ? program.value().views : std::vector<View>()) {
      const auto node = std::find_if(hollow_.nodes.begin(), hollow_.nodes.end(), [&](const Node& each) { return each.name == view.layer; });
      const Choice& choice = assignment[static_cast<std::size_t>(node - hollow_.nodes.begin())];
      if (choice.primitive != nullptr) elided_.push_back(by_step_.at(name_of_step(*node, choice)));
    }
    return program ? device_.set(planned(program.value(), candidates)) : "an assignment of the exploration can't be built";
  }

 private:
  /// Layers have names of their own; values need not, so that conversions go by number.
  static std::string name_of_step(const Node& node, const Choice& choice) {
    std::string name = (node.op == "convert" ? std::to_string(node.inputs[0]) : node.name) + "\n" + choice.primitive->name;
    for (const int parameter : choice.variant) name += " " + std::to_string(parameter);
    return name;
  }

  std::string key_of(const Candidate& candidate) const { return options_.context + " " + candidate.key; }

  bool is_wanted(std::size_t candidate, int samples) const {
    // Conversions come when neighbours happen to differ; beyond the first round they are taken along.
    if (is_conversion_[candidate] && samples > kRounds[0].samples) return false;
    return active_[candidate] && static_cast<int>(space_.candidates[candidate].samples_us.size()) < samples;
  }

  std::size_t wanted_count(int samples) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < active_.size(); ++i) count += is_wanted(i, samples) ? 1 : 0;
    return count;
  }

  std::optional<Error> run_round(const Round& round, std::chrono::steady_clock::time_point started) {
    const std::size_t all = wanted_count(round.samples);
    int fruitless = 0;
    for (std::size_t left = all; left > 0; left = wanted_count(round.samples)) {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
      // The first round is never cut short: a candidate without a time can't be compared.
      if (seconds > options_.budget_s && &round != kRounds) break;
      if (options_.on_progress && !options_.on_progress(static_cast<double>(&round - kRounds) + 1.0 - static_cast<double>(left) / static_cast<double>(all), static_cast<double>(std::size(kRounds)))) return Error{"LNE_CANCELLED", "it was cancelled"};
      std::vector<std::size_t> steps;
      if (const std::string problem = set(draw(round.samples), steps); !problem.empty()) return Error{"LNE_AGENT", problem};
      if (std::optional<Error> error = time(steps)) return error;
      // Some conversions may never come up.
      fruitless = wanted_count(round.samples) < left ? 0 : fruitless + 1;
      if (fruitless > 20) break;
    }
    return std::nullopt;
  }

  /// For each layer the candidate that lacks most samples; where none does, any that is still in the running.
  Assignment draw(int samples) {
    Assignment assignment(space_.graph.nodes.size());
    std::vector<bool> is_covered(assignment.size(), false);
    std::map<std::size_t, std::size_t> planned;
    for (std::size_t node = 0; node < assignment.size(); ++node) {
      if (is_covered[node] || space_.starting[node].empty()) continue;
      double least = std::numeric_limits<double>::infinity();
      const Option* chosen = nullptr;
      for (const std::size_t index : space_.starting[node]) {
        const Option& option = space_.options[index];
        const bool is_wanting = is_wanted(option.candidate, samples);
        if (!is_wanting && !active_[option.candidate]) continue;
        // A batch gives several samples, and a pass that holds a kernel twice gives it twice.
        const double lacking = is_wanting ? static_cast<double>(space_.candidates[option.candidate].samples_us.size() + 4 * planned[option.candidate]) : 1e6;
        const double rank = lacking + std::uniform_real_distribution<double>(0, is_wanting ? 2.0 : 1e6)(random_);
        if (rank >= least) continue;
        least = rank;
        chosen = &option;
      }
      if (chosen == nullptr) chosen = &space_.options[space_.starting[node][0]];
      assignment[node] = chosen->choice;
      ++planned[chosen->candidate];
      for (const std::size_t covered : chosen->chain.nodes) is_covered[covered] = true;
    }
    return assignment;
  }

  /// Several passes; the first only warms up, unless it takes so long that caches start cold in every pass anyway.
  std::optional<Error> time(const std::vector<std::size_t>& steps) {
    std::vector<bool> is_long(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::vector<double>& samples = space_.candidates[steps[i]].samples_us;
      is_long[i] = samples.empty() ? space_.candidates[steps[i]].dst_floats > 20000 : samples[0] > kLongUs;
    }
    std::vector<std::vector<double>> us;
    if (const std::string problem = device_.pass(1, is_long, us); !problem.empty()) return Error{"LNE_AGENT", problem};
    double pass_ms = 0;
    for (const double each : us[0]) pass_ms += each / 1000;
    const int passes = pass_ms > 400 ? 0 : pass_ms > 20 ? 2 : pass_ms > 2 ? 4 : 8;
    if (passes > 0) {
      if (const std::string problem = device_.pass(passes, is_long, us); !problem.empty()) return Error{"LNE_AGENT", problem};
    }
    for (const std::vector<double>& pass : us) take(steps, pass);
    report_.passes += passes + 1;
    // A concatenation whose parts lie in their place, or a part that is read where it lies, takes no step and no time.
    for (const std::size_t candidate : elided_) add_sample(candidate, 1e-3);
    for (std::size_t candidate = 0; candidate < fresh_.size(); ++candidate) {
      if (fresh_[candidate].empty()) continue;
      const std::string problem = measurements_.add(key_of(space_.candidates[candidate]), fresh_[candidate]);
      if (!problem.empty()) return Error{"LNE_FILE", problem};
      fresh_[candidate].clear();
    }
    return std::nullopt;
  }

  void add_sample(std::size_t candidate, double us) {
    std::vector<double>& samples = space_.candidates[candidate].samples_us;
    if (samples.size() >= kMostSamples) return;
    samples.push_back(us);
    fresh_[candidate].push_back(us);
  }

  void take(const std::vector<std::size_t>& steps, const std::vector<double>& us) {
    for (std::size_t i = 0; i < steps.size(); ++i) add_sample(steps[i], us[i]);
  }

  /// Leaves out what is too slow beside the best option for the same layers in the same layouts.
  void prune(double margin) {
    std::vector<bool> is_near(space_.candidates.size(), false);
    for (const std::vector<std::size_t>& options : space_.starting) {
      std::map<std::tuple<std::size_t, Layout, Layout>, double> best;
      const auto group = [&](const Option& option) { return std::make_tuple(option.chain.nodes.size(), option.choice.primitive->src_layout, option.choice.primitive->dst_layout); };
      for (const std::size_t index : options) {
        Candidate& candidate = space_.candidates[space_.options[index].candidate];
        settle(candidate);
        const auto [at, is_new] = best.try_emplace(group(space_.options[index]), candidate.time_us);
        if (!is_new) at->second = std::min(at->second, candidate.time_us);
      }
      for (const std::size_t index : options) {
        const std::size_t candidate = space_.options[index].candidate;
        if (space_.candidates[candidate].time_us <= margin * best.at(group(space_.options[index]))) is_near[candidate] = true;
      }
    }
    for (const auto& [conversion, candidate] : space_.conversions) is_near[candidate] = true;
    for (std::size_t i = 0; i < active_.size(); ++i) active_[i] = active_[i] && is_near[i];
  }

  /// A conversion that never came up is taken as a copy at 4 GB/s, which reads and writes each element.
  void settle(Candidate& candidate) {
    candidate.is_estimate = candidate.samples_us.empty();
    candidate.time_us = candidate.is_estimate ? 0.1 + static_cast<double>(candidate.dst_floats) * 8e-3 / 4.0 : typical(candidate.samples_us);
  }

  Space& space_;
  Device& device_;
  Measurements& measurements_;
  const MeasureOptions& options_;
  std::mt19937_64 random_;
  std::vector<bool> active_, is_conversion_;
  std::vector<std::vector<double>> fresh_;
  Graph hollow_;
  std::map<std::string, std::size_t> by_step_;
  /// concatenations and parts of the assignment at hand that take no step
  std::vector<std::size_t> elided_;
  MeasureReport report_;
};

}  // namespace

Result<MeasureReport> measure(Space& space, Device& device, Measurements& measurements, const MeasureOptions& options) { return Measuring(space, device, measurements, options).run(); }

}  // namespace lne::explore
