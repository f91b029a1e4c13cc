#include "runtime/audio/real_fft.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

namespace lne::audio {
namespace {

/// Numbers that differ, in [-1, 1).
float sample(std::size_t i) { return static_cast<float>(static_cast<std::int32_t>(static_cast<std::uint32_t>(i) * 2654435761u) / 2147483648.0); }

/// Power by the definition, of the frame in one lane.
std::vector<double> power_by_definition(const std::vector<float>& frames, std::size_t size, int lane) {
  std::vector<double> power;
  for (std::size_t k = 0; k <= size / 2; ++k) {
    std::complex<double> sum = 0;
    for (std::size_t n = 0; n < size; ++n) sum += std::polar(1.0, -2.0 * kPi * static_cast<double>(k * n % size) / static_cast<double>(size)) * static_cast<double>(frames[n * kLanes + static_cast<std::size_t>(lane)]);
    power.push_back(std::norm(sum));
  }
  return power;
}

std::vector<float> power_of(const RealFft& fft, const std::vector<float>& frames) {
  std::vector<float> work(fft.workspace_size());
  std::vector<float> power(static_cast<std::size_t>(fft.bins()) * kLanes);
  const auto pair = [&](std::int32_t n) {
    const float* p = frames.data() + static_cast<std::size_t>(n) * 2 * kLanes;
    return ComplexLanes{load(p), load(p + kLanes)};
  };
  fft.power(pair, work.data(), power.data());
  return power;
}

class RealFftOfSize : public testing::TestWithParam<std::int32_t> {};

TEST_P(RealFftOfSize, GivesFourTimesThePowerInEachLane) {
  const std::size_t size = static_cast<std::size_t>(GetParam());
  std::vector<float> frames(size * kLanes);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = sample(i);
  const std::vector<float> power = power_of(RealFft(GetParam()), frames);
  for (int lane = 0; lane < kLanes; lane += 5) {
    const std::vector<double> wanted = power_by_definition(frames, size, lane);
    for (std::size_t k = 0; k < wanted.size(); ++k) {
      EXPECT_NEAR(power[k * kLanes + static_cast<std::size_t>(lane)] / 4.0, wanted[k], 2e-6 * static_cast<double>(size) * std::sqrt(static_cast<double>(size)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(EverySize, RealFftOfSize, testing::Values(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096));

TEST(RealFft, FindsATone) {
  const std::int32_t size = 32768, bin = 1234;
  std::vector<float> frames(static_cast<std::size_t>(size) * kLanes);
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<float>(cos_of_turn(static_cast<std::int64_t>(i / kLanes) * bin, size));
  const RealFft fft(size);
  const std::vector<float> power = power_of(fft, frames);
  const float wanted = static_cast<float>(size) * static_cast<float>(size);
  for (std::int32_t k = 0; k < fft.bins(); ++k) {
    const float got = power[static_cast<std::size_t>(k) * kLanes + 3];
    if (k == bin) {
      EXPECT_NEAR(got / wanted, 1.0f, 1e-5f);
    } else {
      EXPECT_LT(got / wanted, 1e-10f);
    }
  }
}

TEST(RealFft, SupportsPowersOfTwoWithinBounds) {
  for (const std::int32_t good : {8, 2048, 32768}) EXPECT_TRUE(RealFft::supports(good)) << good;
  for (const std::int32_t bad : {-8, 0, 4, 12, 2047, 65536}) EXPECT_FALSE(RealFft::supports(bad)) << bad;
}

TEST(Lanes, LogarithmIsGoodToSevenDigits) {
  for (float x = 1e-30f; x < 1e30f; x *= 1.37f) {
    float values[kLanes];
    store(values, natural_log(all(x)));
    EXPECT_NEAR(values[0], std::log(static_cast<double>(x)), 2e-7 * std::max(1.0, std::abs(std::log(static_cast<double>(x))))) << x;
    for (const float value : values) EXPECT_EQ(value, values[0]);
  }
}

TEST(Lanes, BlocksAreTurned) {
  float src[kBlock * 11], dst[kBlock * 13];
  for (std::size_t i = 0; i < kBlock * 11; ++i) src[i] = static_cast<float>(i);
  transpose_block(src, 11, dst, 13);
  for (std::size_t r = 0; r < kBlock; ++r) {
    for (std::size_t c = 0; c < kBlock; ++c) EXPECT_EQ(dst[r * 13 + c], src[c * 11 + r]);
  }
}

TEST(ExactMath, EqualsTheLibraryToFifteenDigits) {
  for (std::int64_t k = -50; k < 50; ++k) {
    EXPECT_NEAR(cos_of_turn(k, 37), std::cos(2 * kPi * static_cast<double>(k) / 37), 3e-15);
    EXPECT_NEAR(sin_of_turn(k, 37), std::sin(2 * kPi * static_cast<double>(k) / 37), 3e-15);
    EXPECT_NEAR(sin_pi(static_cast<double>(k) / 7), std::sin(kPi * static_cast<double>(k) / 7), 1e-14);
    EXPECT_NEAR(natural_exp(static_cast<double>(k) / 3) / std::exp(static_cast<double>(k) / 3), 1.0, 1e-14);
  }
  for (double x = 1e-9; x < 1e9; x *= 3.7) EXPECT_NEAR(natural_log(x), std::log(x), 1e-14 * std::max(1.0, std::abs(std::log(x))));
}

}  // namespace
}  // namespace lne::audio
