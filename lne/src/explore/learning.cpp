#include "learning.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <unordered_map>

namespace lne::explore {
namespace {

/// What has been learned of one state.
struct Known {
  std::vector<Move> moves;
  std::vector<double> values;

  double best() const { return *std::max_element(values.begin(), values.end()); }
};

struct Transition {
  Known* from;
  std::size_t action;
  double reward;
  const Known* to;  // null at the end
};

class Learner {
 public:
  Learner(const Decisions& decisions, const LearningOptions& options) : decisions_(decisions), options_(options), random_(options.seed), table_(decisions.layers()) {
    // Values of about one are learned, whatever the unit of the costs is.
    scale_ = std::max(decisions.lower_bounds()[0] / static_cast<double>(std::max<std::size_t>(1, decisions.layers())), 1e-12);
  }

  Learned run(const std::function<bool(int)>& go_on) {
    Learned learned;
    for (int episode = 0; episode < options_.episodes; ++episode) {
      const Plan plan = walk(rate_of(episode), true);
      learned.curve.push_back(plan.cost);
      keep(learned.plans, plan);
      if (go_on && !go_on(episode + 1)) break;
    }
    const Plan greedy = walk(0.0, false);
    learned.greedy_cost = greedy.cost;
    keep(learned.plans, greedy);
    return learned;
  }

 private:
  void keep(std::vector<Plan>& plans, const Plan& plan) const {
    if (plan.cost == std::numeric_limits<double>::infinity()) return;
    const auto place = std::find_if(plans.begin(), plans.end(), [&](const Plan& other) { return plan.cost <= other.cost; });
    if (place == plans.end() && plans.size() >= options_.kept) return;
    if (std::any_of(plans.begin(), plans.end(), [&](const Plan& other) { return other.options == plan.options; })) return;
    plans.insert(place, plan);
    if (plans.size() > options_.kept) plans.pop_back();
  }

  /// The share of random choices.
  double rate_of(int episode) const {
    if (episode < options_.exploring) return 1.0;
    const int rest = std::max(1, options_.episodes - options_.exploring);
    return 0.1 * (9 - std::min(8, (episode - options_.exploring) * 9 / rest));
  }

  Known& known_of(std::size_t layer, const State& state) {
    const auto [at, is_new] = table_[layer].try_emplace(state);
    if (is_new) {
      at->second.moves = decisions_.moves(layer, state);
      // Nothing known is better than anything known, so that each action is tried.
      at->second.values.assign(at->second.moves.size(), 0.0);
    }
    return at->second;
  }

  std::size_t choose(const Known& known, double rate) {
    if (std::uniform_real_distribution<double>(0, 1)(random_) < rate) return std::uniform_int_distribution<std::size_t>(0, known.moves.size() - 1)(random_);
    return static_cast<std::size_t>(std::max_element(known.values.begin(), known.values.end()) - known.values.begin());
  }

  Plan walk(double rate, bool is_learning) {
    Plan plan;
    std::vector<Transition> episode;
    State state = decisions_.start(), next;
    for (std::size_t layer = 0; layer < decisions_.layers(); ++layer) {
      Known& known = known_of(layer, state);
      if (known.moves.empty()) return {{}, std::numeric_limits<double>::infinity()};
      const std::size_t action = choose(known, rate);
      double cost = decisions_.apply(layer, state, known.moves[action], next);
      const bool is_last = layer + 1 == decisions_.layers();
      if (is_last) cost += decisions_.finish(next);
      if (known.moves[action].option >= 0) plan.options.push_back(static_cast<std::size_t>(known.moves[action].option));
      plan.cost += cost;
      std::swap(state, next);
      episode.push_back({&known, action, -cost / scale_, is_last ? nullptr : &known_of(layer + 1, state)});
    }
    if (is_learning) learn_from(episode);
    return plan;
  }

  void learn_from(const std::vector<Transition>& episode) {
    // Backwards, so that what an end costs reaches the beginning at once.
    for (std::size_t i = episode.size(); i-- > 0;) update(episode[i]);
    const std::size_t most = static_cast<std::size_t>(options_.remembered) * episode.size();
    for (const Transition& transition : episode) {
      if (memory_.size() < most) memory_.push_back(transition);
      else if (most > 0) memory_[oldest_++ % most] = transition;
    }
    const std::size_t again = static_cast<std::size_t>(options_.replay) * episode.size();
    for (std::size_t i = 0; i < again && !memory_.empty(); ++i) update(memory_[std::uniform_int_distribution<std::size_t>(0, memory_.size() - 1)(random_)]);
  }

  void update(const Transition& transition) {
    double& value = transition.from->values[transition.action];
    const double ahead = transition.to == nullptr || transition.to->values.empty() ? 0.0 : transition.to->best();
    value += options_.learning_rate * (transition.reward + options_.discount * ahead - value);
  }

  const Decisions& decisions_;
  const LearningOptions& options_;
  std::mt19937_64 random_;
  std::vector<std::unordered_map<State, Known>> table_;
  std::vector<Transition> memory_;
  std::size_t oldest_ = 0;
  double scale_ = 1.0;
};

}  // namespace

double Learned::least_cost() const { return plans.empty() ? std::numeric_limits<double>::infinity() : plans.front().cost; }

Learned learn(const Decisions& decisions, const LearningOptions& options, const std::function<bool(int)>& go_on) { return Learner(decisions, options).run(go_on); }

}  // namespace lne::explore
