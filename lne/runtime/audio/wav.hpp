// Reads WAV files from untrusted bytes into mono float samples. Standard library only; nothing is trusted that a header says.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace lne::audio {

/// Samples of one channel in [-1, 1) (integer formats) or as they are (float formats), and the rate in hertz.
struct Recording {
  std::vector<float> samples;
  std::int32_t rate_hz = 0;
  std::int32_t channels = 0;
};

/// What went wrong, as a stable code and a sentence; an empty code means that all is well.
struct AudioError {
  std::string code;
  std::string message;
  explicit operator bool() const { return !code.empty(); }
};

/// Limits that keep a lying header from costing memory or time.
inline constexpr std::int32_t kMaxRateHz = 768000;
inline constexpr std::int32_t kMaxChannels = 64;

namespace detail {

inline std::uint32_t read_u32(const std::uint8_t* p) {
  return static_cast<std::uint32_t>(p[0]) | static_cast<std::uint32_t>(p[1]) << 8 | static_cast<std::uint32_t>(p[2]) << 16 |
         static_cast<std::uint32_t>(p[3]) << 24;
}

inline std::uint16_t read_u16(const std::uint8_t* p) {
  return static_cast<std::uint16_t>(p[0] | p[1] << 8);
}

inline bool has_tag(const std::uint8_t* p, const char* tag) { return std::memcmp(p, tag, 4) == 0; }

/// The `fmt ` chunk: what a sample looks like.
struct WavFormat {
  int tag = 0;  // 1 integer, 3 float
  std::int32_t channels = 0;
  std::int32_t rate_hz = 0;
  std::int32_t block_bytes = 0;
  int bits = 0;
};

inline constexpr int kTagInteger = 1;
inline constexpr int kTagFloat = 3;
inline constexpr int kTagExtensible = 0xFFFE;

inline AudioError parse_format(const std::uint8_t* p, std::size_t size, WavFormat& format) {
  if (size < 16) return {"WAV_FORMAT_SHORT", "the fmt chunk has fewer than 16 bytes"};
  format.tag = read_u16(p);
  format.channels = read_u16(p + 2);
  const std::uint32_t rate = read_u32(p + 4);
  format.block_bytes = read_u16(p + 12);
  format.bits = read_u16(p + 14);
  if (format.tag == kTagExtensible && size >= 26) format.tag = read_u16(p + 24);
  if (format.channels < 1 || format.channels > kMaxChannels) {
    return {"WAV_CHANNELS", "the header says " + std::to_string(format.channels) + " channels; 1 to " + std::to_string(kMaxChannels) + " are read"};
  }
  if (rate < 1 || rate > static_cast<std::uint32_t>(kMaxRateHz)) {
    return {"WAV_RATE", "the header says " + std::to_string(rate) + " Hz; 1 to " + std::to_string(kMaxRateHz) + " are read"};
  }
  format.rate_hz = static_cast<std::int32_t>(rate);
  const bool is_integer = format.tag == kTagInteger && (format.bits == 8 || format.bits == 16 || format.bits == 24 || format.bits == 32);
  const bool is_float = format.tag == kTagFloat && (format.bits == 32 || format.bits == 64);
  if (!is_integer && !is_float) {
    return {"WAV_FORMAT", "format " + std::to_string(format.tag) + " with " + std::to_string(format.bits) +
                              " bits is not read; save it as PCM (8, 16, 24, 32 bits) or float (32, 64 bits)"};
  }
  if (format.block_bytes != format.channels * (format.bits / 8)) {
    return {"WAV_BLOCK", "the header's block size " + std::to_string(format.block_bytes) + " does not fit its channels and bits"};
  }
  return {};
}

inline float read_sample(const std::uint8_t* p, const WavFormat& format) {
  if (format.tag == kTagFloat) {
    if (format.bits == 32) {
      float value;
      std::memcpy(&value, p, 4);
      return value;
    }
    double value;
    std::memcpy(&value, p, 8);
    return static_cast<float>(value);
  }
  switch (format.bits) {
    case 8: return static_cast<float>(static_cast<int>(p[0]) - 128) / 128.0f;
    case 16: return static_cast<float>(static_cast<std::int16_t>(read_u16(p))) / 32768.0f;
    case 24: {
      const std::uint32_t raw = static_cast<std::uint32_t>(p[0]) << 8 | static_cast<std::uint32_t>(p[1]) << 16 | static_cast<std::uint32_t>(p[2]) << 24;
      return static_cast<float>(static_cast<std::int32_t>(raw) >> 8) / 8388608.0f;
    }
    default: return static_cast<float>(static_cast<double>(static_cast<std::int32_t>(read_u32(p))) / 2147483648.0);
  }
}

/// Decodes whole frames and mixes the channels down to their mean.
inline AudioError decode_frames(const std::uint8_t* data, std::size_t size, const WavFormat& format, Recording& recording) {
  const std::size_t frames = size / static_cast<std::size_t>(format.block_bytes);
  if (frames == 0) return {"WAV_EMPTY", "the recording holds no samples"};
  const std::size_t sample_bytes = static_cast<std::size_t>(format.bits / 8);
  recording.samples.resize(frames);
  for (std::size_t frame = 0; frame < frames; ++frame) {
    float sum = 0.0f;
    for (std::int32_t channel = 0; channel < format.channels; ++channel) {
      const std::uint8_t* p = data + frame * static_cast<std::size_t>(format.block_bytes) + static_cast<std::size_t>(channel) * sample_bytes;
      const float value = read_sample(p, format);
      if (!std::isfinite(value)) {
        return {"WAV_NOT_FINITE", "sample " + std::to_string(frame) + " of channel " + std::to_string(channel) + " is not a finite number"};
      }
      sum += value;
    }
    recording.samples[frame] = format.channels == 1 ? sum : sum / static_cast<float>(format.channels);
  }
  return {};
}

}  // namespace detail

/// Reads a WAV file: PCM of 8, 16, 24 or 32 bits, float of 32 or 64 bits, any rate, several channels mixed down to their mean.
/// A data chunk that claims more than the file holds (recorders that were cut off leave such) is read as far as it goes.
/// @param bytes the whole file, `size` bytes
/// @param recording receives the samples; unspecified after an error
inline AudioError read_wav(const std::uint8_t* bytes, std::size_t size, Recording& recording) {
  using namespace detail;
  if (size < 12) return {"WAV_SHORT", "the file has " + std::to_string(size) + " bytes; a WAV header needs 12"};
  if (has_tag(bytes, "RIFX") || has_tag(bytes, "RF64")) return {"WAV_VARIANT", "RIFX and RF64 files are not read; save it as plain WAV"};
  if (!has_tag(bytes, "RIFF") || !has_tag(bytes + 8, "WAVE")) return {"WAV_MAGIC", "the file is no WAV: RIFF and WAVE are missing at its start"};
  WavFormat format;
  bool has_format = false;
  std::size_t at = 12;
  while (size - at >= 8) {
    const std::uint8_t* chunk = bytes + at;
    const std::size_t claimed = read_u32(chunk + 4);
    const std::size_t available = size - at - 8;
    const std::size_t length = claimed < available ? claimed : available;
    if (has_tag(chunk, "fmt ")) {
      if (AudioError error = parse_format(chunk + 8, length, format)) return error;
      has_format = true;
    } else if (has_tag(chunk, "data")) {
      if (!has_format) return {"WAV_NO_FORMAT", "the data chunk comes before any fmt chunk"};
      recording.rate_hz = format.rate_hz;
      recording.channels = format.channels;
      return decode_frames(chunk + 8, length, format, recording);
    }
    const std::size_t padded = length + (length & 1u);
    if (padded > available) break;
    at += 8 + padded;
  }
  return {"WAV_NO_DATA", has_format ? "the file has no data chunk" : "the file has no fmt chunk"};
}

}  // namespace lne::audio
