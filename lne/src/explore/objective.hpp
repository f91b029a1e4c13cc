// What an exploration looks for: little time, little memory, or both, with packed weights in a budget.
#pragma once

#include <cstdint>
#include <vector>

#include "../base/result.hpp"
#include "space.hpp"

namespace lne::explore {

struct Objective {
  /// 0 for time alone, 1 for memory alone, between them for a mix of both
  double memory_weight = 0;
  /// packed weights take at most this many times the network's; 0 sets no limit
  double weight_budget = 0;

  /// Bytes that packed weights may take; infinity without a limit.
  double most_weights(const Graph& graph) const;
};

/// Microseconds of each candidate.
std::vector<double> times_of(const Space& space);

/// Bytes of the packed weights of a plan.
std::int64_t weights_of(const Space& space, const std::vector<std::size_t>& options);

/// What each candidate costs, so that the plan of the least sum is the one to look for.
/// @returns LNE_EXPLORE_BUDGET where no plan keeps to the budget
Result<std::vector<double>> costs_of(const Space& space, const Objective& objective);

}  // namespace lne::explore
