// From a WAV file to the network's input, exactly as the training data were made: resample, cut or fill, MFCC, normalize.
#pragma once

#include <string>
#include <vector>

#include "../audio/mfcc.hpp"
#include "recording.hpp"

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
    std::vector<float> samples;
    if (std::string problem = read_recording(wav, mfcc_.parameters().rate_hz, samples); !problem.empty()) return problem;
    mfcc_.compute(samples.data(), static_cast<std::int64_t>(samples.size()), work_.data(), features);
    normalize(features);
    return {};
  }

 private:
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
