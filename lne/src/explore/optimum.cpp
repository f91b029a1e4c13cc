#include "optimum.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace lne::explore {
namespace {

/// How a state was reached: the step before, and the option that ran, or -1.
struct Trace {
  std::ptrdiff_t before;
  int option;
};

struct Reached {
  double cost;
  std::ptrdiff_t trace;
};

using Front = std::unordered_map<State, Reached>;

/// Keeps the cheapest. @returns whether anything went
bool cut(Front& front, std::size_t most) {
  if (front.size() <= most) return false;
  std::vector<double> costs;
  for (const auto& [state, reached] : front) costs.push_back(reached.cost);
  std::nth_element(costs.begin(), costs.begin() + static_cast<std::ptrdiff_t>(most), costs.end());
  for (auto at = front.begin(); at != front.end();) at = at->second.cost > costs[most] ? front.erase(at) : std::next(at);
  return true;
}

}  // namespace

Optimum find_optimum(const Decisions& decisions, double known, std::size_t most) {
  Optimum optimum;
  std::vector<Trace> traces;
  Front front{{decisions.start(), {0.0, -1}}};
  State next;
  const double limit = known * (1 + 1e-9);
  for (std::size_t layer = 0; layer < decisions.layers(); ++layer) {
    Front following;
    for (const auto& [state, reached] : front) {
      for (const Move& move : decisions.moves(layer, state)) {
        const double cost = reached.cost + decisions.apply(layer, state, move, next);
        if (cost + decisions.lower_bounds()[layer + 1] > limit) continue;
        const auto [at, is_new] = following.try_emplace(next, Reached{cost, -1});
        if (!is_new && cost >= at->second.cost) continue;
        traces.push_back({reached.trace, move.option});
        at->second = {cost, static_cast<std::ptrdiff_t>(traces.size()) - 1};
      }
    }
    optimum.states = std::max(optimum.states, following.size());
    if (cut(following, most)) optimum.is_exact = false;
    front = std::move(following);
  }
  double best = std::numeric_limits<double>::infinity();
  std::ptrdiff_t trace = -1;
  for (const auto& [state, reached] : front) {
    const double cost = reached.cost + decisions.finish(state);
    if (cost >= best) continue;
    best = cost;
    trace = reached.trace;
  }
  optimum.plan.cost = best;
  for (; trace >= 0; trace = traces[static_cast<std::size_t>(trace)].before) {
    const int option = traces[static_cast<std::size_t>(trace)].option;
    if (option >= 0) optimum.plan.options.push_back(static_cast<std::size_t>(option));
  }
  std::reverse(optimum.plan.options.begin(), optimum.plan.options.end());
  return optimum;
}

}  // namespace lne::explore
