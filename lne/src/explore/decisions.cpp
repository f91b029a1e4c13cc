#include "decisions.hpp"

#include <algorithm>
#include <limits>

namespace lne::explore {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// The last layer at which each value is read; the number of layers for outputs, -1 for values that nobody reads.
std::vector<std::ptrdiff_t> last_needs(const Space& space) {
  std::vector<std::ptrdiff_t> needs(space.graph.values.size(), -1);
  const auto need = [&](ValueId value, std::size_t layer) {
    std::ptrdiff_t& last = needs[static_cast<std::size_t>(value)];
    last = std::max(last, static_cast<std::ptrdiff_t>(layer));
  };
  for (std::size_t i = 0; i < space.graph.nodes.size(); ++i) {
    for (const ValueId input : space.graph.nodes[i].inputs) {
      if (input >= 0) need(input, i);
    }
  }
  // What a chain reads is needed until its last layer, where it runs.
  for (const Option& option : space.options) {
    for (const Read& read : option.reads) need(read.value, option.chain.nodes.back());
  }
  for (const ValueId output : space.graph.outputs) need(output, space.graph.nodes.size());
  return needs;
}

}  // namespace

Decisions::Decisions(const Space& space, std::vector<double> costs, std::vector<bool> allowed) : space_(space), costs_(std::move(costs)), allowed_(std::move(allowed)) {
  if (allowed_.empty()) allowed_.assign(space.options.size(), true);
  const std::vector<std::ptrdiff_t> needs = last_needs(space);
  const auto is_needed = [&](ValueId value, std::size_t layer) { return !space.graph.value(value).is_constant && needs[static_cast<std::size_t>(value)] >= static_cast<std::ptrdiff_t>(layer); };
  std::vector<ValueId> made = space.graph.inputs;
  for (std::size_t i = 0; i <= layers(); ++i) {
    std::vector<ValueId> live;
    for (const ValueId value : made) {
      if (is_needed(value, i)) live.push_back(value);
    }
    std::sort(live.begin(), live.end());
    live.erase(std::unique(live.begin(), live.end()), live.end());
    live_.push_back(std::move(live));
    if (i < layers()) made.push_back(space.graph.nodes[i].outputs[0]);
  }
  // A chain's cost is shared among its layers, so that no sum over layers exceeds what any plan pays.
  std::vector<double> least(layers(), kNever);
  for (std::size_t i = 0; i < space.options.size(); ++i) {
    if (!allowed_[i]) continue;
    const Option& option = space.options[i];
    for (const std::size_t node : option.chain.nodes) least[node] = std::min(least[node], costs_[option.candidate] / static_cast<double>(option.chain.nodes.size()));
  }
  lower_bounds_.assign(layers() + 1, 0.0);
  for (std::size_t i = layers(); i-- > 0;) lower_bounds_[i] = lower_bounds_[i + 1] + (least[i] == kNever ? 0.0 : least[i]);
}

int Decisions::slot_of(std::size_t layer, ValueId value) const {
  const std::vector<ValueId>& live = live_[layer];
  const auto found = std::lower_bound(live.begin(), live.end(), value);
  return found != live.end() && *found == value ? static_cast<int>(found - live.begin()) : -1;
}

State Decisions::start() const { return State(live_[0].size(), char16_t{1} << static_cast<int>(Layout::kPlain)); }

std::vector<Move> Decisions::moves(std::size_t layer, const State& state) const {
  const Node& node = space_.graph.nodes[layer];
  if (is_view(node)) return {{-1, -1}};
  const int source = slot_of(layer, node.inputs[0]);
  if (source >= 0 && (state[static_cast<std::size_t>(source)] & kPending)) {
    const int option = state[static_cast<std::size_t>(source)] & ~kPending;
    const bool is_last = space_.options[static_cast<std::size_t>(option)].chain.nodes.back() == layer;
    return {is_last ? Move{option, -1} : Move{-1, option}};
  }
  std::vector<Move> found;
  for (const std::size_t option : space_.starting[layer]) {
    if (!allowed_[option]) continue;
    if (space_.options[option].chain.nodes.size() > 1) found.push_back({-1, static_cast<int>(option)});
    else found.push_back({static_cast<int>(option), -1});
  }
  return found;
}

/// Brings a value into a layout, as the program builder does: from the first layout in which it is there.
double Decisions::fetch(State& state, std::size_t slot, ValueId value, Layout layout) const {
  char16_t& there = state[slot];
  const char16_t wanted = static_cast<char16_t>(1u << static_cast<int>(layout));
  if (there & wanted) return 0.0;
  for (int other = 0; other < kLayouts; ++other) {
    if (!(there & (1u << other))) continue;
    const Layout from = static_cast<Layout>(other);
    if (is_same_order(space_.graph.value(value).shape, from, layout)) {
      there |= wanted;
      return 0.0;
    }
    const auto conversion = space_.conversions.find({value, from, layout});
    if (conversion == space_.conversions.end()) continue;
    there |= wanted;
    return costs_[conversion->second];
  }
  return kNever;
}

double Decisions::apply(std::size_t layer, const State& state, const Move& move, State& next) const {
  const Node& node = space_.graph.nodes[layer];
  State now = state;
  double cost = 0.0;
  char16_t result = 0;
  if (is_view(node)) {
    if (!space_.graph.value(node.inputs[0]).is_constant) cost += fetch(now, static_cast<std::size_t>(slot_of(layer, node.inputs[0])), node.inputs[0], Layout::kPlain);
    result = 1u << static_cast<int>(Layout::kPlain);
  } else if (move.option < 0) {
    result = static_cast<char16_t>(kPending | move.pending);
  } else {
    const Option& option = space_.options[static_cast<std::size_t>(move.option)];
    for (const Read& read : option.reads) cost += fetch(now, static_cast<std::size_t>(slot_of(layer, read.value)), read.value, read.layout);
    cost += costs_[option.candidate];
    result = static_cast<char16_t>(1u << static_cast<int>(option.choice.primitive->dst_layout));
  }
  next.clear();
  std::size_t from = 0;
  for (const ValueId value : live_[layer + 1]) {
    while (from < live_[layer].size() && live_[layer][from] < value) ++from;
    next.push_back(from < live_[layer].size() && live_[layer][from] == value ? now[from] : result);
  }
  return cost;
}

double Decisions::finish(const State& state) const {
  State now = state;
  double cost = 0.0;
  for (const ValueId output : space_.graph.outputs) {
    const int slot = slot_of(layers(), output);
    if (slot >= 0) cost += fetch(now, static_cast<std::size_t>(slot), output, Layout::kPlain);
  }
  return cost;
}

double Decisions::cost_of(const std::vector<std::size_t>& options) const {
  std::vector<int> by_head(layers(), -1);
  for (const std::size_t option : options) by_head[space_.options[option].chain.nodes[0]] = static_cast<int>(option);
  State state = start(), next;
  double cost = 0.0;
  for (std::size_t i = 0; i < layers(); ++i) {
    Move taken;
    bool is_found = false;
    for (const Move& move : moves(i, state)) {
      const int option = move.option >= 0 ? move.option : move.pending;
      if (option >= 0 && space_.options[static_cast<std::size_t>(option)].chain.nodes[0] == i && by_head[i] != option) continue;
      taken = move;
      is_found = true;
      break;
    }
    if (!is_found) return kNever;
    cost += apply(i, state, taken, next);
    std::swap(state, next);
  }
  return cost + finish(state);
}

Assignment Decisions::assignment_of(const std::vector<std::size_t>& options) const {
  Assignment assignment(layers());
  for (const std::size_t option : options) assignment[space_.options[option].chain.nodes[0]] = space_.options[option].choice;
  return assignment;
}

}  // namespace lne::explore
