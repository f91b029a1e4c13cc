// The order in which a plan is made: layer after layer, knowing in which layouts the values lie that are still needed. Learning and the exact
// optimum walk the same steps and pay the same costs, and the program builder inserts the same conversions.
#pragma once

#include <string>
#include <vector>

#include "space.hpp"

namespace lne::explore {

/// For each value that is still needed: the layouts in which it is there, a bit each; or the option that will make it, with kPending.
using State = std::u16string;

/// What is done at one layer.
struct Move {
  /// runs this option here, or -1
  int option = -1;
  /// leaves the layer to this option, which runs at a later layer, or -1
  int pending = -1;
};

class Decisions {
 public:
  /// @param costs of each candidate, added up over a plan @param allowed which options may be taken; empty means all
  Decisions(const Space& space, std::vector<double> costs, std::vector<bool> allowed = {});

  std::size_t layers() const { return space_.graph.nodes.size(); }
  const Space& space() const { return space_; }

  State start() const;
  std::vector<Move> moves(std::size_t layer, const State& state) const;
  /// @param next the state at the following layer @returns the cost, conversions included
  double apply(std::size_t layer, const State& state, const Move& move, State& next) const;
  /// The cost of bringing the outputs into the caller's layout.
  double finish(const State& state) const;

  /// What the layers from each one on cost at least; one entry more than layers.
  const std::vector<double>& lower_bounds() const { return lower_bounds_; }

  /// What a list of options costs, or infinity where it is no plan.
  double cost_of(const std::vector<std::size_t>& options) const;

  Assignment assignment_of(const std::vector<std::size_t>& options) const;

 private:
  static constexpr char16_t kPending = 0x8000;

  int slot_of(std::size_t layer, ValueId value) const;
  double fetch(State& state, std::size_t slot, ValueId value, Layout layout) const;

  const Space& space_;
  std::vector<double> costs_;
  std::vector<bool> allowed_;
  /// values that are there and still needed when a layer is decided, ascending
  std::vector<std::vector<ValueId>> live_;
  std::vector<double> lower_bounds_;
};

}  // namespace lne::explore
