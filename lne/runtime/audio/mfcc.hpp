// Mel-frequency cepstral coefficients as librosa 0.11 computes them, in one implementation for training data and device. Standard library only.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "exact_math.hpp"
#include "lanes.hpp"
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
  if (!RealFft::supports(p.frame_samples)) return "a frame of " + std::to_string(p.frame_samples) + " samples is no power of two from 8 to 32768; choose frameMs so that it is";
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
  std::size_t workspace_size() const { return signal_size() + turned_size() + fft_.workspace_size() + power_size() + decibels_size() + kAlignment; }

  /// @param samples `count` samples in [-1, 1]
  /// @param workspace `workspace_size()` floats
  /// @param output `output_size()` floats, [band][frame]
  void compute(const float* samples, std::int64_t count, float* workspace, float* output) const {
    float* signal = aligned(workspace);
    float* turned = signal + signal_size();
    float* fft_work = turned + turned_size();
    float* power = fft_work + fft_.workspace_size();
    float* decibels = power + power_size();  // [mel][padded frame]
    pad(samples, std::min<std::int64_t>(count, p_.clip_samples), signal);
    turn(signal, turned);
    for (std::size_t first = 0; first < padded_frames(); first += kLanes) {
      const float* column = turned + first;
      fft_.power([&](std::int32_t n) LNE_AUDIO_INLINE_LAMBDA { return pair_at(column, static_cast<std::size_t>(n)); }, fft_work, power);
      apply_filters(power, decibels + first);
    }
    to_decibels(decibels);
    if (p_.has_top_db) limit_range(decibels);
    apply_dct(decibels, output);
  }

 private:
  /// One triangle: the bins from first_bin on, and its weights.
  struct Filter {
    std::int32_t first_bin;
    std::int32_t first_weight;
    std::int32_t count;
  };

  /// Floats; the parts of the workspace are multiples of a cache line.
  static constexpr std::size_t kAlignment = 16;
  static std::size_t rounded(std::size_t floats) { return (floats + kAlignment - 1) / kAlignment * kAlignment; }
  static float* aligned(float* p) { return reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(p) + 4 * kAlignment - 1) / (4 * kAlignment) * (4 * kAlignment)); }

  std::size_t padded_frames() const { return (static_cast<std::size_t>(frames()) + kLanes - 1) / kLanes * kLanes; }
  /// Strides that begin within a frame; those after the first belong to later frames as well.
  std::size_t strides_per_frame() const { return static_cast<std::size_t>((p_.frame_samples + p_.stride_samples - 1) / p_.stride_samples); }
  /// Columns of the turned signal: all strides of all frames.
  std::size_t columns() const { return (padded_frames() + strides_per_frame() + kBlock - 1) / kBlock * kBlock; }
  /// Rows of the turned signal: samples of a stride that belong to a frame, and the next one, so that pairs of samples never part.
  std::size_t rows() const { return static_cast<std::size_t>(std::min(p_.stride_samples, p_.frame_samples)) + 1; }
  std::size_t signal_size() const { return rounded((columns() - 1) * static_cast<std::size_t>(p_.stride_samples) + rows()); }
  std::size_t turned_size() const { return rounded(rows() * columns()); }
  std::size_t power_size() const { return rounded(static_cast<std::size_t>(fft_.bins()) * kLanes); }
  std::size_t decibels_size() const { return rounded(static_cast<std::size_t>(p_.mels) * padded_frames()); }

  /// Periodic Hann window, halved as the transform wants it, and where each pair of samples lies in the turned signal.
  void make_window() {
    for (std::int32_t n = 0; n < p_.frame_samples; ++n) {
      window_.push_back(static_cast<float>(0.5 - 0.5 * cos_of_turn(n, p_.frame_samples)) * 0.5f);
      if (n % 2 == 0) places_.push_back(static_cast<std::uint32_t>(static_cast<std::size_t>(n % p_.stride_samples) * columns() + static_cast<std::size_t>(n / p_.stride_samples)));
    }
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
      pad_filter(filter);
      filters_.push_back(filter);
    }
  }

  /// Fills a filter with zeros to a multiple of four weights, at its start where the bins end.
  void pad_filter(Filter& filter) {
    const std::int32_t missing = (4 - filter.count % 4) % 4;
    const bool has_room = filter.first_bin + filter.count + missing <= fft_.bins();
    const auto start = weights_.begin() + filter.first_weight;
    weights_.insert(has_room ? weights_.end() : start, static_cast<std::size_t>(missing), 0.0f);
    if (!has_room) filter.first_bin -= missing;
    filter.count += missing;
  }

  /// Orthonormal DCT-II, its first `bands` rows.
  void make_dct() {
    for (std::int32_t band = 0; band < p_.bands; ++band) {
      const double scale = std::sqrt((band == 0 ? 1.0 : 2.0) / p_.mels);
      for (std::int32_t mel = 0; mel < p_.mels; ++mel) {
        dct_.push_back(static_cast<float>(scale * cos_of_turn(static_cast<std::int64_t>(band) * (2 * mel + 1), 4 * static_cast<std::int64_t>(p_.mels))));
      }
    }
    dct_.resize(static_cast<std::size_t>((p_.bands + 3) / 4 * 4) * static_cast<std::size_t>(p_.mels), 0.0f);
  }

  static float sample_at(const float* samples, std::int64_t usable, std::int64_t at) { return at < usable ? samples[at] : 0.0f; }

  /// The centred signal, as long as all columns need it.
  void pad(const float* samples, std::int64_t usable, float* signal) const {
    const std::int64_t before = p_.frame_samples / 2, size = static_cast<std::int64_t>(signal_size());
    const std::int64_t from = std::min(before, size), to = std::min(before + usable, size);
    std::fill_n(signal, from, 0.0f);
    std::copy_n(samples, to - from, signal + from);
    std::fill_n(signal + to, size - to, 0.0f);
    if (p_.pad_mode == PadMode::kConstant) return;
    // The clip's missing end is zero, and belongs to it.
    const std::int64_t last = p_.clip_samples - 1;
    for (std::int64_t i = 1; i <= before; ++i) {
      signal[before - i] = sample_at(samples, usable, i);
      if (before + last + i < size) signal[before + last + i] = sample_at(samples, usable, last - i);
    }
  }

  /// turned[row][column] = signal[column * stride + row]: a sample of several frames is then a load, wherever in the frames it lies.
  void turn(const float* signal, float* turned) const {
    const std::size_t stride = static_cast<std::size_t>(p_.stride_samples), whole = rows() / kBlock * kBlock, pitch = columns();
    for (std::size_t column = 0; column < pitch; column += kBlock) {
      const float* from = signal + column * stride;
      float* to = turned + column;
      for (std::size_t row = 0; row < whole; row += kBlock) transpose_block(from + row, stride, to + row * pitch, pitch);
      for (std::size_t row = whole; row < rows(); ++row) {
        for (std::size_t i = 0; i < kBlock; ++i) to[row * pitch + i] = from[i * stride + row];
      }
    }
  }

  /// The n-th pair of samples of several frames, windowed. @param column where the first of the frames begins in the turned signal
  LNE_AUDIO_INLINE ComplexLanes pair_at(const float* column, std::size_t n) const {
    const float* p = column + places_[n];
    return {window_[2 * n] * load(p), window_[2 * n + 1] * load(p + columns())};
  }


  /// Four sums at a time, since each addition waits for the one before it.
  /// @param energies column of kLanes frames in [mel][padded frame]
  void apply_filters(const float* power, float* energies) const {
    const std::size_t pitch = padded_frames();
    for (std::size_t mel = 0; mel < filters_.size(); ++mel) {
      const Filter& filter = filters_[mel];
      const float* weights = weights_.data() + filter.first_weight;
      const float* bins = power + static_cast<std::size_t>(filter.first_bin) * kLanes;
      Lanes sums[4] = {all(0.0f), all(0.0f), all(0.0f), all(0.0f)};
      // Each filter's weights are filled with zeros to a multiple of four, and those bins exist.
      for (std::int32_t k = 0; k < filter.count; k += 4) {
        for (int i = 0; i < 4; ++i) sums[i] = sums[i] + weights[k + i] * load(bins + (k + i) * kLanes);
      }
      store(energies + mel * pitch, (sums[0] + sums[1]) + (sums[2] + sums[3]));
    }
  }

  /// 10 log10(max(1e-10, x)).
  void to_decibels(float* values) const {
    const std::size_t count = static_cast<std::size_t>(p_.mels) * padded_frames();
    for (std::size_t i = 0; i < count; i += kLanes) store(values + i, static_cast<float>(10.0 / kLn10) * natural_log(larger(load(values + i), all(1e-10f))));
  }

  /// Lifts what lies more than top_db below the clip's loudest value.
  void limit_range(float* decibels) const {
    const std::size_t pitch = padded_frames(), used = static_cast<std::size_t>(frames());
    float loudest = -1e30f;
    for (std::size_t mel = 0; mel < static_cast<std::size_t>(p_.mels); ++mel) {
      const float* row = decibels + mel * pitch;
      Lanes largest = all(-1e30f);
      for (std::size_t frame = 0; frame + kLanes <= used; frame += kLanes) largest = larger(load(row + frame), largest);
      for (std::size_t frame = used / kLanes * kLanes; frame < used; ++frame) loudest = std::max(loudest, row[frame]);
      float values[kLanes];
      store(values, largest);
      for (const float value : values) loudest = std::max(loudest, value);
    }
    const Lanes floor = all(loudest - static_cast<float>(p_.top_db));
    const std::size_t count = static_cast<std::size_t>(p_.mels) * pitch;
    for (std::size_t i = 0; i < count; i += kLanes) store(decibels + i, larger(load(decibels + i), floor));
  }

  /// Four bands at a time share each load, and two columns of frames each weight.
  void apply_dct(const float* decibels, float* output) const {
    const std::size_t used = static_cast<std::size_t>(frames());
    for (std::size_t first = 0; first < used; first += 2 * kLanes) {
      const bool is_single = first + kLanes >= used;
      for (std::size_t band = 0; band < static_cast<std::size_t>(p_.bands); band += 4) {
        if (is_single) dct_block<1>(decibels + first, band, output + first, used - first);
        else dct_block<2>(decibels + first, band, output + first, used - first);
      }
    }
  }

  template <int Columns>
  void dct_block(const float* decibels, std::size_t band, float* output, std::size_t left) const {
    const std::size_t pitch = padded_frames(), mels = static_cast<std::size_t>(p_.mels), used = static_cast<std::size_t>(frames());
    const float* rows = dct_.data() + band * mels;  // filled with zeros to a multiple of four bands
    Lanes sums[4][Columns];
    for (auto& row : sums) {
      for (Lanes& sum : row) sum = all(0.0f);
    }
    for (std::size_t mel = 0; mel < mels; ++mel) {
      for (int column = 0; column < Columns; ++column) {
        const Lanes x = load(decibels + mel * pitch + static_cast<std::size_t>(column) * kLanes);
        for (std::size_t i = 0; i < 4; ++i) sums[i][column] = sums[i][column] + rows[i * mels + mel] * x;
      }
    }
    for (std::size_t i = 0; i < 4 && band + i < static_cast<std::size_t>(p_.bands); ++i) {
      float values[Columns * kLanes];
      for (int column = 0; column < Columns; ++column) store(values + column * kLanes, sums[i][column]);
      std::copy_n(values, std::min<std::size_t>(Columns * kLanes, left), output + (band + i) * used);
    }
  }

  /// ln(6.4) / 27, the step of the logarithmic part of Slaney's scale.
  static constexpr double kSlaneyStep = 0.06875177742094912;

  MfccParameters p_;
  RealFft fft_;
  std::vector<float> window_;
  std::vector<std::uint32_t> places_;
  std::vector<Filter> filters_;
  std::vector<float> weights_;
  std::vector<float> dct_;
};

}  // namespace lne::audio
