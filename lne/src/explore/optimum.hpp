// The cheapest plan over measured costs, by dynamic programming over the layouts of the values that are still needed.
#pragma once

#include "decisions.hpp"

namespace lne::explore {

struct Plan {
  std::vector<std::size_t> options;
  double cost = 0;
};

struct Optimum {
  Plan plan;
  /// false where there were more states than are kept, so that only a good plan was found
  bool is_exact = true;
  /// the most states at any layer
  std::size_t states = 0;
};

/// Exact: two ways to the same state differ in their past only, so the cheaper one stays. States that can't stay below a known plan are dropped.
/// @param known the cost of some plan, or infinity @param most states that are kept at a layer
Optimum find_optimum(const Decisions& decisions, double known, std::size_t most = 200000);

}  // namespace lne::explore
