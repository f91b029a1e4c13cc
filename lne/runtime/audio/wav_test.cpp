#include "runtime/audio/wav.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace lne::audio {
namespace {

void append(std::vector<std::uint8_t>& bytes, const std::string& tag) { bytes.insert(bytes.end(), tag.begin(), tag.end()); }
void append(std::vector<std::uint8_t>& bytes, std::uint32_t value, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<std::uint8_t>(value >> 8 * i));
}

/// A file of 16-bit samples.
std::vector<std::uint8_t> wav(const std::vector<std::int16_t>& samples, std::uint32_t channels) {
  const std::uint32_t size = static_cast<std::uint32_t>(2 * samples.size());
  std::vector<std::uint8_t> bytes;
  append(bytes, "RIFF");
  append(bytes, 36 + size, 4);
  append(bytes, "WAVEfmt ");
  append(bytes, 16, 4);
  append(bytes, 1, 2);
  append(bytes, channels, 2);
  append(bytes, 16000, 4);
  append(bytes, 32000 * channels, 4);
  append(bytes, 2 * channels, 2);
  append(bytes, 16, 2);
  append(bytes, "data");
  append(bytes, size, 4);
  for (const std::int16_t sample : samples) append(bytes, static_cast<std::uint16_t>(sample), 2);
  return bytes;
}

TEST(Wav, ReadsSamplesAndMixesChannels) {
  const std::vector<std::uint8_t> bytes = wav({16384, -16384, -32768, 0}, 2);
  Recording recording;
  ASSERT_FALSE(read_wav(bytes.data(), bytes.size(), recording));
  EXPECT_EQ(recording.samples, (std::vector<float>{0.0f, -0.5f}));
  EXPECT_EQ(recording.rate_hz, 16000);
  EXPECT_EQ(recording.channels, 2);
}

TEST(Wav, AnswersAnyBytesWithARecordingOrACode) {
  const std::vector<std::uint8_t> good = wav({1, 2, 3, 4, 5, 6}, 1);
  std::mt19937 random(3);
  int refused = 0;
  for (int round = 0; round < 100000; ++round) {
    std::vector<std::uint8_t> bytes = good;
    for (int edit = 0; edit < 4; ++edit) bytes[random() % bytes.size()] = static_cast<std::uint8_t>(random() % 3 == 0 ? 255 : random());
    if (random() % 3 == 0) bytes.resize(random() % bytes.size());
    bytes.shrink_to_fit();  // so that the sanitizer sees a read behind the end
    Recording recording;
    const AudioError error = read_wav(bytes.data(), bytes.size(), recording);
    if (error) {
      ++refused;
    } else {
      EXPECT_LE(recording.samples.size(), bytes.size());
    }
  }
  EXPECT_GT(refused, 10000);
}

}  // namespace
}  // namespace lne::audio
