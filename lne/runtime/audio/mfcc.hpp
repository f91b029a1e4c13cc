// Mel-frequency cepstral coefficients as librosa 0.11 computes them, in one implementation for training data and device. Standard library only.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "exact_math.hpp"
#include "real_fft.hpp"

namespace lne::audio {

enum class PadMode { kConstant, kReflect };

/// Parameters under the names of librosa's `mfcc`, times in samples.
struct MfccParameters {
  std::int32_t rate_hz = 16000;
  std::int32_t clip_samples = 16000;   // shorter clips are filled with zeros at their end, longer ones cut there
  std::int32_t frame_samples = 2048;   // n_fft: a power of two
  std::int32_t stride_samples = 512;   // hop_length
  std::int32_t bands = 40;             // n_mfcc
  std::int32_t mels = 40;              // n_mels
  PadMode pad_mode = PadMode::kConstant;
  bool has_top_db = true;              // without it no value depends on the rest of the clip, as a stream needs
  double top_db = 80.0;
  bool htk = false;
  double low_hz = 0.0;                 // fmin
  double high_hz = 0.0;                // fmax; 0 is half the rate
};

/// Says what is wrong with parameters, or nothing.
inline std::string check_mfcc(const MfccParameters& p) {
  if (p.rate_hz < 1000 || p.rate_hz > 768000) return "sampleRateHz must be 1000 to 768000";
  if (!RealFft::supports(p.frame_samples)) return "a frame of " + std::to_string(p.frame_samples) + " samples is no power of two from 8 to 1048576; choose frameMs so that it is";
  if (p.stride_samples < 1 || p.stride_samples > p.clip_samples) return "the stride must be 1 sample to the clip's length";
  if (p.clip_samples < 1 || p.clip_samples > (1 << 26)) return "the clip must have 1 to 67108864 samples";
  if (p.mels < 1 || p.mels > 1024) return "mels must be 1 to 1024";
  if (p.bands < 1 || p.bands > p.mels) return "bands must be 1 to mels";
  if (static_cast<std::int64_t>(p.mels) * (1 + p.clip_samples / p.stride_samples) > (1 << 26)) return "mels times frames is more than 67108864; choose a longer stride or a shorter clip";
  if (p.pad_mode == PadMode::kReflect && p.clip_samples <= p.frame_samples / 2) return "reflect needs a clip longer than half a frame";
  const double high = p.high_hz > 0 ? p.high_hz : p.rate_hz / 2.0;
  if (!(p.low_hz >= 0 && p.low_hz < high && high <= p.rate_hz / 2.0)) return "the frequency range must lie within 0 and half the rate";
  if (p.has_top_db && !(p.top_db >= 0)) return "topDb must not be negative";
  return {};
}

/// Computes the MFCC of clips. Immutable after construction: threads may share one, each with a workspace of its own.
/// The output is [band][frame] with 1 + clip_samples / stride_samples frames; frame t is centred on sample t * stride_samples.
/// @see S. Davis, P. Mermelstein (1980); M. Slaney, "Auditory Toolbox" (1998) for the mel scale and the filters' areas
class Mfcc {
 public:
  /// @param parameters for which `check_mfcc` has nothing to say
  explicit Mfcc(const MfccParameters& parameters) : p_(parameters), fft_(parameters.frame_samples) {
    make_window();
    make_filters();
    make_dct();
  }

  const MfccParameters& parameters() const { return p_; }
  std::int32_t frames() const { return 1 + p_.clip_samples / p_.stride_samples; }
  std::int32_t bands() const { return p_.bands; }
  std::size_t output_size() const { return static_cast<std::size_t>(p_.bands) * static_cast<std::size_t>(frames()); }

  /// Floats of workspace that `compute` needs.
  std::size_t workspace_size() const {
    return static_cast<std::size_t>(p_.frame_samples + fft_.bins()) * kLanes + fft_.workspace_size() +
           static_cast<std::size_t>(p_.mels) * static_cast<std::size_t>(padded_frames());
  }

  /// @param samples `count` samples in [-1, 1]
  /// @param workspace `workspace_size()` floats
  /// @param output `output_size()` floats, [band][frame]
  void compute(const float* samples, std::int64_t count, float* workspace, float* output) const {
    float* lanes = workspace;
    float* power = lanes + static_cast<std::size_t>(p_.frame_samples) * kLanes;
    float* fft_work = power + static_cast<std::size_t>(fft_.bins()) * kLanes;
    float* decibels = fft_work + fft_.workspace_size();  // [mel][padded frame]
    const std::int64_t usable = std::min<std::int64_t>(count, p_.clip_samples);
    for (std::int32_t first = 0; first < frames(); first += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) load_frame(samples, usable, first + lane, lane, lanes);
      fft_.power(lanes, fft_work, power);
      apply_filters(power, decibels + first);
    }
    const std::size_t values = static_cast<std::size_t>(p_.mels) * static_cast<std::size_t>(padded_frames());
    to_decibels(decibels, values);
    if (p_.has_top_db) limit_range(decibels);
    apply_dct(decibels, output);
  }

 private:
  std::int32_t padded_frames() const { return (frames() + kLanes - 1) / kLanes * kLanes; }

  /// Periodic Hann window.
  void make_window() {
    for (std::int32_t n = 0; n < p_.frame_samples; ++n) window_.push_back(static_cast<float>(0.5 - 0.5 * cos_of_turn(n, p_.frame_samples)));
  }

  double hz_to_mel(double hz) const {
    if (p_.htk) return 2595.0 * natural_log(1.0 + hz / 700.0) / kLn10;
    return hz < 1000.0 ? hz * 3.0 / 200.0 : 15.0 + natural_log(hz / 1000.0) / kSlaneyStep;
  }

  double mel_to_hz(double mel) const {
    if (p_.htk) return 700.0 * (natural_exp(mel / 2595.0 * kLn10) - 1.0);
    return mel < 15.0 ? mel * 200.0 / 3.0 : 1000.0 * natural_exp(kSlaneyStep * (mel - 15.0));
  }

  /// Triangles of equal area over the mel scale, kept as their non-zero stretch.
  void make_filters() {
    const double high = p_.high_hz > 0 ? p_.high_hz : p_.rate_hz / 2.0;
    const double low_mel = hz_to_mel(p_.low_hz);
    const double step = (hz_to_mel(high) - low_mel) / (p_.mels + 1);
    for (std::int32_t mel = 0; mel < p_.mels; ++mel) {
      const double left = mel_to_hz(low_mel + step * mel);
      const double centre = mel_to_hz(low_mel + step * (mel + 1));
      const double right = mel_to_hz(low_mel + step * (mel + 2));
      Filter filter{0, static_cast<std::int32_t>(weights_.size()), 0};
      for (std::int32_t bin = 0; bin < fft_.bins(); ++bin) {
        const double hz = static_cast<double>(bin) * p_.rate_hz / p_.frame_samples;
        const double weight = std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
        if (weight <= 0.0) continue;
        if (filter.count == 0) filter.first_bin = bin;
        weights_.push_back(static_cast<float>(weight * 2.0 / (right - left)));
        ++filter.count;
      }
      filters_.push_back(filter);
    }
  }

  /// Orthonormal DCT-II, its first `bands` rows.
  void make_dct() {
    for (std::int32_t band = 0; band < p_.bands; ++band) {
      const double scale = std::sqrt((band == 0 ? 1.0 : 2.0) / p_.mels);
      for (std::int32_t mel = 0; mel < p_.mels; ++mel) {
        dct_.push_back(static_cast<float>(scale * cos_of_turn(static_cast<std::int64_t>(band) * (2 * mel + 1), 4 * static_cast<std::int64_t>(p_.mels))));
      }
    }
  }

  /// The sample at a position of the centred signal: beyond the clip it is zero or mirrored, and the clip's missing end is zero.
  float sample_at(const float* samples, std::int64_t usable, std::int64_t at) const {
    if (p_.pad_mode == PadMode::kReflect) {
      const std::int64_t last = p_.clip_samples - 1;
      if (at < 0) at = -at;
      if (at > last) at = 2 * last - at;
    }
    return at >= 0 && at < usable ? samples[at] : 0.0f;
  }

  void load_frame(const float* samples, std::int64_t usable, std::int32_t frame, int lane, float* lanes) const {
    const std::int64_t start = static_cast<std::int64_t>(frame) * p_.stride_samples - p_.frame_samples / 2;
    const bool is_inside = start >= 0 && start + p_.frame_samples <= usable;
    for (std::int32_t n = 0; n < p_.frame_samples; ++n) {
      const float sample = frame >= frames() ? 0.0f : is_inside ? samples[start + n] : sample_at(samples, usable, start + n);
      lanes[n * kLanes + lane] = sample * window_[static_cast<std::size_t>(n)];
    }
  }

  /// @param energies column of kLanes frames in [mel][padded frame]
  void apply_filters(const float* power, float* energies) const {
    for (std::size_t mel = 0; mel < filters_.size(); ++mel) {
      const Filter& filter = filters_[mel];
      const float* weights = weights_.data() + filter.first_weight;
      const float* bins = power + filter.first_bin * kLanes;
      float sums[kLanes] = {};
      for (std::int32_t k = 0; k < filter.count; ++k) {
        for (int lane = 0; lane < kLanes; ++lane) sums[lane] += weights[k] * bins[k * kLanes + lane];
      }
      for (int lane = 0; lane < kLanes; ++lane) energies[mel * static_cast<std::size_t>(padded_frames()) + static_cast<std::size_t>(lane)] = sums[lane];
    }
  }

  /// 10 log10(max(1e-10, x)).
  static void to_decibels(float* values, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const double x = std::max(1e-10, static_cast<double>(values[i]));
      values[i] = static_cast<float>(10.0 / kLn10 * natural_log(x));
    }
  }

  /// Lifts what lies more than top_db below the clip's loudest value.
  void limit_range(float* decibels) const {
    float loudest = -1e30f;
    for (std::int32_t mel = 0; mel < p_.mels; ++mel) {
      for (std::int32_t frame = 0; frame < frames(); ++frame) loudest = std::max(loudest, decibels[mel * padded_frames() + frame]);
    }
    const float floor = loudest - static_cast<float>(p_.top_db);
    const std::int32_t count = p_.mels * padded_frames();
    for (std::int32_t i = 0; i < count; ++i) decibels[i] = std::max(decibels[i], floor);
  }

  void apply_dct(const float* decibels, float* output) const {
    for (std::int32_t band = 0; band < p_.bands; ++band) {
      const float* row = dct_.data() + static_cast<std::size_t>(band) * static_cast<std::size_t>(p_.mels);
      for (std::int32_t first = 0; first < frames(); first += kLanes) {
        float sums[kLanes] = {};
        for (std::int32_t mel = 0; mel < p_.mels; ++mel) {
          for (int lane = 0; lane < kLanes; ++lane) sums[lane] += row[mel] * decibels[mel * padded_frames() + first + lane];
        }
        const int used = std::min(kLanes, static_cast<int>(frames() - first));
        for (int lane = 0; lane < used; ++lane) output[band * frames() + first + lane] = sums[lane];
      }
    }
  }

  /// One triangle: the bins from first_bin on, and its weights.
  struct Filter {
    std::int32_t first_bin;
    std::int32_t first_weight;
    std::int32_t count;
  };

  /// ln(6.4) / 27, the step of the logarithmic part of Slaney's scale.
  static constexpr double kSlaneyStep = 0.06875177742094912;

  MfccParameters p_;
  RealFft fft_;
  std::vector<float> window_;
  std::vector<Filter> filters_;
  std::vector<float> weights_;
  std::vector<float> dct_;
};

}  // namespace lne::audio
