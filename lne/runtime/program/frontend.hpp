// From a WAV file to the network's input, exactly as the training data were made: resample, cut or fill, MFCC, normalize.
#pragma once

#include <string>
#include <vector>

#include "../audio/mfcc.hpp"
#include "../audio/resample.hpp"
#include "../audio/wav.hpp"

namespace lne::program {

/// Mean and standard deviation per band, subtracted and divided by; empty for none.
struct Normalization {
  std::vector<float> mean;
  std::vector<float> deviation;
};

class AudioFrontend {
 public:
  AudioFrontend(const audio::MfccParameters& parameters, Normalization normalization) : mfcc_(parameters), normalization_(std::move(normalization)), work_(mfcc_.workspace_size()) {}

  std::size_t output_size() const { return mfcc_.output_size(); }

  /// @param features receives [band][frame] @returns what is wrong with the file, or an empty string
  std::string features_of(const std::vector<std::uint8_t>& wav, float* features) {
    audio::Recording recording;
    if (audio::AudioError error = audio::read_wav(wav.data(), wav.size(), recording)) return error.message;
    std::vector<float> samples = std::move(recording.samples);
    if (recording.rate_hz != mfcc_.parameters().rate_hz) samples = audio::Resampler(recording.rate_hz, mfcc_.parameters().rate_hz).convert(samples);
    quantize(samples);
    mfcc_.compute(samples.data(), static_cast<std::int64_t>(samples.size()), work_.data(), features);
    normalize(features);
    return {};
  }

 private:
  /// Training data are kept as 16-bit integers; the device rounds the same way.
  static void quantize(std::vector<float>& samples) {
    for (float& sample : samples) {
      const float scaled = std::nearbyint(sample * 32768.0f);
      sample = (scaled > 32767.0f ? 32767.0f : scaled < -32768.0f ? -32768.0f : scaled) / 32768.0f;
    }
  }

  void normalize(float* features) const {
    const std::size_t frames = static_cast<std::size_t>(mfcc_.frames());
    for (std::size_t band = 0; band < normalization_.mean.size(); ++band) {
      for (std::size_t frame = 0; frame < frames; ++frame) {
        float& value = features[band * frames + frame];
        value = (value - normalization_.mean[band]) / normalization_.deviation[band];
      }
    }
  }

  audio::Mfcc mfcc_;
  Normalization normalization_;
  std::vector<float> work_;
};

}  // namespace lne::program
