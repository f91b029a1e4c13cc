// What this machine can do at most, measured: the yardstick of reports.
#pragma once

namespace lne {

struct Peak {
  /// fused multiply-adds on registers alone, two operations each
  double gflops = 0;
  /// reading memory beyond all caches
  double gbytes_per_s = 0;
};

/// Takes about a quarter of a second; the best of several tries on one core.
Peak measure_peak();

}  // namespace lne
