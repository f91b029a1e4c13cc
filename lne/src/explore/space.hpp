// What an exploration chooses from: for each layer the primitives with their variants, and what each way costs.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "../plan/program.hpp"

namespace lne::explore {

/// Code that is compiled and timed: a kernel with its shape. Layers of equal shape share it.
struct Candidate {
  /// kernel, shape and kernel text: what decides the time on a machine
  std::string key;
  std::string function;
  std::string shape_type;
  std::string shape_value;
  const Primitive* primitive = nullptr;
  /// candidates of one group are compiled together
  std::string group;
  std::int64_t weights_floats = 0;
  std::int64_t scratch_floats = 0;
  std::int64_t dst_floats = 0;
  /// measured, or estimated where `is_estimate`
  double time_us = 0;
  bool is_estimate = true;
  std::vector<double> samples_us;
};

/// One way to compute a layer and those that its primitive covers.
struct Option {
  Choice choice;
  Chain chain;
  std::vector<Read> reads;
  ValueId result = -1;
  std::size_t candidate = 0;
};

/// A conversion of one value.
struct Conversion {
  ValueId value;
  Layout from, to;
};

inline bool operator<(const Conversion& a, const Conversion& b) { return std::tie(a.value, a.from, a.to) < std::tie(b.value, b.from, b.to); }

/// The network with all ways to compute it.
struct Space {
  Graph graph;
  std::vector<Candidate> candidates;
  std::vector<Option> options;
  /// options of which a node is the first
  std::vector<std::vector<std::size_t>> starting;
  std::map<Conversion, std::size_t> conversions;

  /// @returns the option's number for a choice of a node, or -1
  int find(std::size_t node, const Choice& choice) const;
};

struct SpaceOptions {
  PlanOptions plan;
  /// variants of each primitive that are looked at, in the order in which it offers them, and how many of them are compiled and timed
  int looked_at = 16;
  int kept = 3;
};

/// Milliseconds of a kernel as it stands in this process, by which variants are told apart before any is compiled for its shape. Less is better.
using Screen = std::function<double(const Candidate&, const Lowered&, const std::vector<std::int64_t>& source_floats)>;

/// @param graph after `prepare` @param screen null keeps the first variants
/// @returns LNE_PLAN_* where a layer is left without any option
Result<Space> make_space(Graph graph, const SpaceOptions& options, const Screen& screen);

/// The name under which measurements of a kernel with its shape are kept.
std::string key_of(const Primitive& primitive, const Lowered& lowered);

}  // namespace lne::explore
