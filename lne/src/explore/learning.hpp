// QS-DNN: Q-learning over the layers of a network, with primitives as actions and their time, conversions included, as the negative reward.
// Method: M. de Prado, N. Pazos, L. Benini, "Learning to infer: RL-based search for DNN primitive selection on heterogeneous embedded systems",
// DATE 2019; there called QS-DNN: some hundred episodes that only explore, then more and more exploitation, and experience replay.
#pragma once

#include <functional>

#include "optimum.hpp"

namespace lne::explore {

struct LearningOptions {
  int episodes = 1000;
  /// of these, the first that choose at random; over the rest the share of random choices falls in nine steps from 0.9 to 0.1
  int exploring = 500;
  /// The reward of a choice is a time measured beforehand, always the same: what is new may count much, and what comes last as much as what comes
  /// first. Rewards that are measured anew in each episode would ask for smaller ones (docs/decisions/20261126-learning-from-kept-times.md).
  double learning_rate = 0.5;
  double discount = 1;
  /// for each step of an episode, steps of earlier ones that are learned again; and how many episodes are remembered
  int replay = 16;
  int remembered = 128;
  std::uint64_t seed = 1;
  /// different plans that are kept, the cheapest
  std::size_t kept = 3;
};

struct Learned {
  /// the best plans of all episodes and of the greedy walk at the end, different ones, the cheapest first; empty where no walk reached the end
  std::vector<Plan> plans;
  /// the greedy walk's own cost
  double greedy_cost = 0;
  /// cost of each episode
  std::vector<double> curve;

  double least_cost() const;
};

/// @param go_on asked after each episode; ends the search where it says no
Learned learn(const Decisions& decisions, const LearningOptions& options, const std::function<bool(int episode)>& go_on);

}  // namespace lne::explore
