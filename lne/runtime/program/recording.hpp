// From a WAV file to samples, exactly as the training data were made: resampled, and rounded to 16 bits.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "../audio/resample.hpp"
#include "../audio/wav.hpp"

namespace lne::program {

/// @param samples receives all of the recording, one channel, in [-1, 1) @returns what is wrong with the file, or an empty string
inline std::string read_recording(const std::vector<std::uint8_t>& wav, std::int32_t rate_hz, std::vector<float>& samples) {
  audio::Recording recording;
  if (audio::AudioError error = audio::read_wav(wav.data(), wav.size(), recording)) return error.message;
  samples = std::move(recording.samples);
  if (recording.rate_hz != rate_hz) samples = audio::Resampler(recording.rate_hz, rate_hz).convert(samples);
  // Training data are kept as 16-bit integers; the device rounds the same way.
  for (float& sample : samples) {
    const float scaled = std::nearbyint(sample * 32768.0f);
    sample = (scaled > 32767.0f ? 32767.0f : scaled < -32768.0f ? -32768.0f : scaled) / 32768.0f;
  }
  return {};
}

}  // namespace lne::program
