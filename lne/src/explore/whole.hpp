// Whole programs, generated and built for the machine that is explored, timed in turn.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../base/result.hpp"
#include "../graph/graph.hpp"
#include "../toolchain/home.hpp"
#include "device.hpp"

namespace lne::explore {

struct TimedProgram {
  /// what it stands for: optimum, learned, rank, or the plugin's name
  std::vector<std::string> names;
  /// text of its plan file
  std::string plan;
  double predicted_us = 0;
  std::int64_t weights_bytes = 0;
  std::string path;
  /// while it is timed
  std::shared_ptr<const FolderLock> hold;
  /// the least processor time of one run in each round
  std::vector<double> rounds_us;

  /// the median of the rounds
  double measured_us() const;
  double least_us() const;
};

using WholeProgress = std::function<bool(double done, double all, const std::string& what)>;

/// Generates and compiles each program that is not kept from before, and holds them all.
/// @returns LNE_BUILD, LNE_CANCELLED
Result<bool> build_programs(std::string_view model, const std::string& file, std::vector<TimedProgram>& programs, const WholeProgress& on_progress);

/// Runs built programs in turn for some rounds, each round for about a tenth of a second.
/// @returns LNE_RUN, LNE_AGENT, LNE_CANCELLED
Result<bool> time_programs(const Graph& graph, Device& device, std::vector<TimedProgram>& programs, int rounds, const WholeProgress& on_progress);

}  // namespace lne::explore
