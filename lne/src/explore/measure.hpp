// Times candidates where they will run: in whole passes over the network, with the arena, the weights and the conversions of a generated program.
// Every pass takes other candidates for the layers, so that all are interleaved and each finds the caches as its neighbours leave them.
#pragma once

#include <functional>

#include "measurements.hpp"
#include "device.hpp"
#include "space.hpp"

namespace lne::explore {

struct MeasureOptions {
  std::uint64_t seed = 1;
  /// seconds that measuring may take at most; what is not measured often enough by then counts as it is
  double budget_s = 150;
  /// added to the keys of measurements: how much memory the network goes through, since that decides what is in which cache
  std::string context;
  /// @returns whether to go on
  std::function<bool(double done, double all)> on_progress;
};

struct MeasureReport {
  int passes = 0;
  double seconds = 0;
  /// candidates that earlier explorations had measured, and that this one did
  int known = 0;
  int measured = 0;
};

/// Fills in the times of all candidates of a space.
/// @returns LNE_CANCELLED, LNE_FILE
Result<MeasureReport> measure(Space& space, Device& device, Measurements& measurements, const MeasureOptions& options);

}  // namespace lne::explore
