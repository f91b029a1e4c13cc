#include "runtime/audio/mfcc.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <random>
#include <vector>

namespace lne::audio {
namespace {

std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> samples;
  for (std::size_t i = 0; i < count; ++i) samples.push_back(static_cast<float>(static_cast<std::int32_t>(random())) / 2147483648.0f * 0.3f);
  return samples;
}

double hz_of_mel(const MfccParameters& p, double mel) {
  if (p.htk) return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
  return mel < 15 ? mel * 200.0 / 3.0 : 1000.0 * std::exp((mel - 15.0) * std::log(6.4) / 27.0);
}

double mel_of_hz(const MfccParameters& p, double hz) {
  if (p.htk) return 2595.0 * std::log10(1.0 + hz / 700.0);
  return hz < 1000 ? hz * 3.0 / 200.0 : 15.0 + std::log(hz / 1000.0) * 27.0 / std::log(6.4);
}

/// The same by the definitions, slowly and in double precision.
class SlowMfcc {
 public:
  explicit SlowMfcc(const MfccParameters& parameters) : p_(parameters) {}

  std::vector<double> of(std::vector<float> clip) const {
    clip.resize(static_cast<std::size_t>(p_.clip_samples), 0.0f);
    const int frames = 1 + p_.clip_samples / p_.stride_samples;
    std::vector<std::vector<double>> decibels;
    double loudest = -1e300;
    for (int frame = 0; frame < frames; ++frame) {
      decibels.push_back(mel_decibels(clip, frame));
      for (const double value : decibels.back()) loudest = std::max(loudest, value);
    }
    std::vector<double> features;
    for (int band = 0; band < p_.bands; ++band) {
      for (int frame = 0; frame < frames; ++frame) {
        double sum = 0;
        for (int mel = 0; mel < p_.mels; ++mel) {
          const double value = decibels[static_cast<std::size_t>(frame)][static_cast<std::size_t>(mel)];
          sum += (p_.has_top_db ? std::max(value, loudest - p_.top_db) : value) * std::cos(kPi * band * (2 * mel + 1) / (2.0 * p_.mels));
        }
        features.push_back(sum * std::sqrt((band == 0 ? 1.0 : 2.0) / p_.mels));
      }
    }
    return features;
  }

 private:
  double at(const std::vector<float>& clip, long position) const {
    const long size = static_cast<long>(clip.size());
    if (p_.pad_mode == PadMode::kReflect) {
      if (position < 0) position = -position;
      if (position >= size) position = 2 * (size - 1) - position;
    }
    return position < 0 || position >= size ? 0.0 : static_cast<double>(clip[static_cast<std::size_t>(position)]);
  }

  std::vector<double> mel_decibels(const std::vector<float>& clip, int frame) const {
    const int size = p_.frame_samples;
    std::vector<double> power;
    for (int k = 0; k <= size / 2; ++k) {
      std::complex<double> sum = 0;
      for (int n = 0; n < size; ++n) {
        const double window = 0.5 - 0.5 * std::cos(2 * kPi * n / size);
        sum += std::polar(window * at(clip, static_cast<long>(frame) * p_.stride_samples + n - size / 2), -2 * kPi * static_cast<double>(static_cast<long>(k) * n % size) / size);
      }
      power.push_back(std::norm(sum));
    }
    const double top = mel_of_hz(p_, p_.rate_hz / 2.0);
    std::vector<double> values;
    for (int mel = 0; mel < p_.mels; ++mel) {
      const auto edge = [&](int i) { return hz_of_mel(p_, top * (mel + i) / (p_.mels + 1)); };
      double energy = 0;
      for (int k = 0; k <= size / 2; ++k) {
        const double hz = static_cast<double>(k) * p_.rate_hz / size;
        const double weight = std::min((hz - edge(0)) / (edge(1) - edge(0)), (edge(2) - hz) / (edge(2) - edge(1)));
        energy += std::max(0.0, weight) * 2.0 / (edge(2) - edge(0)) * power[static_cast<std::size_t>(k)];
      }
      values.push_back(10.0 * std::log10(std::max(1e-10, energy)));
    }
    return values;
  }

  MfccParameters p_;
};

std::vector<float> compute(const Mfcc& mfcc, const std::vector<float>& samples) {
  constexpr float kMark = 12345.0f;
  std::vector<float> workspace(mfcc.workspace_size() + 1, kMark), output(mfcc.output_size() + 1, kMark);
  mfcc.compute(samples.data(), static_cast<std::int64_t>(samples.size()), workspace.data(), output.data());
  EXPECT_EQ(workspace.back(), kMark) << "the workspace was overrun";
  EXPECT_EQ(output.back(), kMark) << "the output was overrun";
  output.pop_back();
  return output;
}

void expect_near(const std::vector<float>& got, const std::vector<double>& wanted) {
  ASSERT_EQ(got.size(), wanted.size());
  double largest = 0, error = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    largest = std::max(largest, std::abs(wanted[i]));
    error = std::max(error, std::abs(wanted[i] - static_cast<double>(got[i])));
  }
  EXPECT_LE(error, 1e-4 * largest);
}

/// Parameters of all kinds, small enough for the slow way.
MfccParameters any_parameters(std::mt19937& random) {
  const auto among = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  MfccParameters p;
  p.rate_hz = among(0, 1) ? 16000 : 11025;
  p.frame_samples = 8 << among(0, 5);
  p.clip_samples = among(p.frame_samples, 700);
  p.stride_samples = among(1, std::min(p.clip_samples, 2 * p.frame_samples));
  p.mels = among(1, 24);
  p.bands = among(1, p.mels);
  p.pad_mode = among(0, 1) ? PadMode::kReflect : PadMode::kConstant;
  p.htk = among(0, 1) == 1;
  p.has_top_db = among(0, 1) == 1;
  p.top_db = among(0, 1) ? 80.0 : 20.0;
  return p;
}

TEST(Mfcc, EqualsTheDefinitionForAnyParameters) {
  std::mt19937 random(7);
  for (int round = 0; round < 60; ++round) {
    const MfccParameters p = any_parameters(random);
    ASSERT_EQ(check_mfcc(p), "");
    const std::vector<float> clip = noise(static_cast<std::size_t>(std::uniform_int_distribution<int>(0, p.clip_samples + 50)(random)), random());
    SCOPED_TRACE("frame " + std::to_string(p.frame_samples) + ", stride " + std::to_string(p.stride_samples) + ", clip " + std::to_string(p.clip_samples) + ", mels " + std::to_string(p.mels));
    std::vector<float> cut = clip;
    if (cut.size() > static_cast<std::size_t>(p.clip_samples)) cut.resize(static_cast<std::size_t>(p.clip_samples));
    expect_near(compute(Mfcc(p), clip), SlowMfcc(p).of(cut));
  }
}

TEST(Mfcc, HasTheShapeOfThePaper) {
  const Mfcc mfcc{MfccParameters()};
  EXPECT_EQ(mfcc.bands(), 40);
  EXPECT_EQ(mfcc.frames(), 32);
}

TEST(Mfcc, WithoutTopDbAFrameDependsOnItsOwnSamplesOnly) {
  MfccParameters p;
  p.has_top_db = false;
  std::vector<float> clip = noise(16000, 1);
  const std::vector<float> before = compute(Mfcc(p), clip);
  for (std::size_t i = 12000; i < 16000; ++i) clip[i] *= 3.0f;
  const std::vector<float> after = compute(Mfcc(p), clip);
  for (std::size_t band = 0; band < 40; ++band) {
    for (std::size_t frame = 0; frame < 32; ++frame) {
      const bool is_touched = frame * 512 + 1024 > 12000;
      if (!is_touched) {
        EXPECT_EQ(before[band * 32 + frame], after[band * 32 + frame]);
      }
    }
  }
  EXPECT_NE(before[31], after[31]);
}

TEST(Mfcc, RefusesWhatItCanNotCompute) {
  const auto with = [](auto change) {
    MfccParameters p;
    change(p);
    return check_mfcc(p);
  };
  EXPECT_EQ(with([](MfccParameters&) {}), "");
  EXPECT_NE(with([](MfccParameters& p) { p.rate_hz = 999; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.frame_samples = 2000; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.frame_samples = 65536; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.stride_samples = 0; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.clip_samples = 0; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.bands = 41; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.mels = 0; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.top_db = -1; }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.top_db = std::nan(""); }), "");
  EXPECT_NE(with([](MfccParameters& p) { p.high_hz = 9000; }), "");
  EXPECT_NE(with([](MfccParameters& p) {
    p.pad_mode = PadMode::kReflect;
    p.clip_samples = 1024;
  }), "");
  EXPECT_NE(with([](MfccParameters& p) {
    p.clip_samples = 1 << 26;
    p.stride_samples = 1;
  }), "");
}

}  // namespace
}  // namespace lne::audio
