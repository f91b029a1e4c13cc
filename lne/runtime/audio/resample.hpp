// Changes the rate of a recording with a band-limited polyphase filter. Standard library only.
#pragma once

#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "exact_math.hpp"

namespace lne::audio {

/// Converts between two fixed rates by a windowed sinc (Kaiser window, stop band below -90 dB) split into its phases.
/// The output has ceil(n * to / from) samples; sample k lies at the time k / to. Equal rates copy.
/// @see J. O. Smith, "Digital Audio Resampling", band-limited interpolation; J. F. Kaiser (1974) for the window
class Resampler {
 public:
  /// Lowest rate that callers should accept from outside; below it, the filter for a high other rate grows without bound.
  static constexpr std::int32_t kMinRateHz = 1000;

  /// @param from_hz, to_hz both positive
  Resampler(std::int32_t from_hz, std::int32_t to_hz) {
    const std::int32_t common = std::gcd(from_hz, to_hz);
    up_ = to_hz / common;
    down_ = from_hz / common;
    if (up_ == down_) return;
    // The pass band ends at 0.95 of the lower Nyquist frequency, so the transition is centred between that and the Nyquist frequency.
    const double narrow = up_ < down_ ? static_cast<double>(up_) / down_ : 1.0;
    cutoff_ = narrow * 0.5 * (1.0 + kPassBand) * 0.5;
    const double transition = narrow * 0.5 * (1.0 - kPassBand);
    half_ = static_cast<std::int32_t>(std::ceil((kStopBandDb - 7.95) / (2.285 * 2.0 * kPi * transition) * 0.5)) + 1;
    taps_ = 2 * half_;
    // Odd pairs of rates have very many phases: those lie between the stored ones, on a straight line (error below -110 dB).
    phases_ = up_ <= kMostPhases ? up_ : kMostPhases;
    table_.resize((static_cast<std::size_t>(phases_) + 1) * static_cast<std::size_t>(taps_));
    for (std::int32_t phase = 0; phase <= phases_; ++phase) fill_phase(static_cast<double>(phase) / phases_, &table_[static_cast<std::size_t>(phase) * static_cast<std::size_t>(taps_)]);
  }

  std::size_t output_size(std::size_t input_size) const {
    return static_cast<std::size_t>((static_cast<std::uint64_t>(input_size) * static_cast<std::uint64_t>(up_) + static_cast<std::uint64_t>(down_) - 1) /
                                    static_cast<std::uint64_t>(down_));
  }

  std::vector<float> convert(const std::vector<float>& input) const {
    if (up_ == down_) return input;
    std::vector<float> output(output_size(input.size()));
    std::vector<double> scratch(static_cast<std::size_t>(taps_));
    const std::int64_t size = static_cast<std::int64_t>(input.size());
    for (std::size_t k = 0; k < output.size(); ++k) {
      const std::int64_t position = static_cast<std::int64_t>(k) * down_;
      const std::int64_t whole = position / up_;
      const double* weights = phase_weights(position % up_, scratch);
      const std::int64_t start = whole - half_ + 1;
      const std::int64_t first = start < 0 ? -start : 0, last = start + taps_ > size ? size - start : taps_;
      double sum = 0.0;
      for (std::int64_t tap = first; tap < last; ++tap) sum += weights[tap] * static_cast<double>(input[static_cast<std::size_t>(start + tap)]);
      output[k] = static_cast<float>(sum);
    }
    return output;
  }

 private:
  static constexpr double kPassBand = 0.95;
  static constexpr double kStopBandDb = 96.0;
  static constexpr std::int32_t kMostPhases = 1024;

  const double* phase_weights(std::int64_t phase, std::vector<double>& scratch) const {
    const std::int64_t scaled = phase * phases_, below = scaled / up_;
    const double* weights = &table_[static_cast<std::size_t>(below) * static_cast<std::size_t>(taps_)];
    const double part = static_cast<double>(scaled % up_) / up_;
    if (part == 0.0) return weights;
    for (std::int32_t tap = 0; tap < taps_; ++tap) scratch[static_cast<std::size_t>(tap)] = weights[tap] + part * (weights[tap + taps_] - weights[tap]);
    return scratch.data();
  }

  /// Weights for an output that lies `offset` (0 to 1) after an input sample, scaled so that they sum to one.
  void fill_phase(double offset, double* weights) const {
    double sum = 0.0;
    for (std::int32_t tap = 0; tap < taps_; ++tap) {
      const double t = static_cast<double>(tap - half_ + 1) - offset;
      weights[tap] = sinc(2.0 * cutoff_ * t) * kaiser(t / half_);
      sum += weights[tap];
    }
    for (std::int32_t tap = 0; tap < taps_; ++tap) weights[tap] /= sum;
  }

  static double sinc(double x) { return x == 0.0 ? 1.0 : sin_pi(x) / (kPi * x); }

  static double kaiser(double x) {
    static const double beta = 0.1102 * (kStopBandDb - 8.7);
    return std::abs(x) > 1.0 ? 0.0 : bessel_i0(beta * std::sqrt(1.0 - x * x)) / bessel_i0(beta);
  }

  static double bessel_i0(double x) {
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; k < 64; ++k) {
      term *= (x / (2.0 * k)) * (x / (2.0 * k));
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return sum;
  }

  std::int32_t up_ = 1;
  std::int32_t down_ = 1;
  std::int32_t half_ = 0;
  std::int32_t taps_ = 0;
  std::int32_t phases_ = 0;
  double cutoff_ = 0.5;
  std::vector<double> table_;
};

}  // namespace lne::audio
