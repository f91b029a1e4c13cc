#include "runtime/audio/resample.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace lne::audio {
namespace {

std::vector<float> tone(std::size_t count, double hz, double rate_hz) {
  std::vector<float> samples;
  for (std::size_t n = 0; n < count; ++n) samples.push_back(static_cast<float>(0.5 * std::sin(2 * kPi * hz * static_cast<double>(n) / rate_hz)));
  return samples;
}

TEST(Resampler, KeepsATone) {
  for (const int from : {8000, 11025, 22050, 44100, 48000, 96000, 15999, 44099, 44056}) {
    const std::vector<float> got = Resampler(from, 16000).convert(tone(static_cast<std::size_t>(from / 4), 1000, from));
    ASSERT_EQ(got.size(), static_cast<std::size_t>(std::ceil(from / 4 * 16000.0 / from))) << from;
    const std::vector<float> wanted = tone(got.size(), 1000, 16000);
    for (std::size_t i = 500; i + 500 < got.size(); ++i) ASSERT_NEAR(got[i], wanted[i], 1e-4) << from << " at " << i;
  }
}

TEST(Resampler, StopsWhatTheLowerRateCanNotHold) {
  const std::vector<float> got = Resampler(48000, 16000).convert(tone(24000, 9000, 48000));
  for (std::size_t i = 500; i + 500 < got.size(); ++i) ASSERT_NEAR(got[i], 0.0f, 1e-4f);
}

TEST(Resampler, CopiesAtEqualRates) {
  const std::vector<float> samples = tone(100, 440, 16000);
  EXPECT_EQ(Resampler(16000, 16000).convert(samples), samples);
}

TEST(Resampler, TakesAnEmptyRecording) { EXPECT_TRUE(Resampler(48000, 16000).convert({}).empty()); }

}  // namespace
}  // namespace lne::audio
