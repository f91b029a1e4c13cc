#include "objective.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "optimum.hpp"

namespace lne::explore {
namespace {

constexpr double kNone = std::numeric_limits<double>::infinity();

Optimum optimum_of(const Space& space, std::vector<double> costs) { return find_optimum(Decisions(space, std::move(costs)), kNone); }

/// Bytes that a choice adds: packed weights and scratch; for a conversion its result.
std::vector<double> bytes_of(const Space& space) {
  std::vector<double> costs;
  for (const Candidate& candidate : space.candidates) costs.push_back(4.0 * static_cast<double>(candidate.weights_floats + candidate.scratch_floats + (candidate.primitive->op == "convert" ? candidate.dst_floats : 0)));
  return costs;
}

/// Time and memory by their weight, each as a share of the least that is possible.
std::vector<double> mixed(const Space& space, double memory_weight) {
  std::vector<double> time = times_of(space);
  if (memory_weight <= 0) return time;
  const std::vector<double> memory = bytes_of(space);
  const double least_time = optimum_of(space, time).plan.cost;
  const double least_memory = std::max(1.0, optimum_of(space, memory).plan.cost);
  for (std::size_t i = 0; i < time.size(); ++i) time[i] = (1 - memory_weight) * time[i] + memory_weight * memory[i] / least_memory * least_time;
  return time;
}

/// Costs with a price on each byte of weights: the least price at which the cheapest plan keeps to the limit.
Result<std::vector<double>> with_price(const Space& space, const std::vector<double>& costs, double most) {
  const auto priced = [&](double price) {
    std::vector<double> with = costs;
    for (std::size_t i = 0; i < with.size(); ++i) with[i] += price * 4.0 * static_cast<double>(space.candidates[i].weights_floats);
    return with;
  };
  const auto fits = [&](double price) { return static_cast<double>(weights_of(space, optimum_of(space, priced(price)).plan.options)) <= most; };
  if (fits(0)) return costs;
  double low = 0, high = 1e-6;
  while (!fits(high)) {
    low = high;
    high *= 4;
    if (high > 1e6) return Error{"LNE_EXPLORE_BUDGET", "no plan packs the weights into " + std::to_string(static_cast<long long>(most)) + " bytes; give a larger weight budget"};
  }
  for (int i = 0; i < 16; ++i) (fits((low + high) / 2) ? high : low) = (low + high) / 2;
  return priced(high);
}

}  // namespace

double Objective::most_weights(const Graph& graph) const {
  if (weight_budget <= 0) return kNone;
  std::int64_t floats = 0;
  for (const Value& value : graph.values) floats += static_cast<std::int64_t>(value.floats.size());
  return weight_budget * 4.0 * static_cast<double>(floats);
}

std::vector<double> times_of(const Space& space) {
  std::vector<double> costs;
  for (const Candidate& candidate : space.candidates) costs.push_back(candidate.time_us);
  return costs;
}

std::int64_t weights_of(const Space& space, const std::vector<std::size_t>& options) {
  std::int64_t floats = 0;
  for (const std::size_t option : options) floats += space.candidates[space.options[option].candidate].weights_floats;
  return 4 * floats;
}

Result<std::vector<double>> costs_of(const Space& space, const Objective& objective) {
  std::vector<double> costs = mixed(space, objective.memory_weight);
  if (objective.weight_budget <= 0) return costs;
  return with_price(space, costs, objective.most_weights(space.graph));
}

}  // namespace lne::explore
