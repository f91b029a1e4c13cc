#include "peak.hpp"

#include <time.h>

#include <algorithm>
#include <memory>

#include "../../simd/simd.hpp"

namespace lne {
namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Twelve independent chains hide the latency of a multiply-add on two units.
float multiply_adds(int rounds) {
  using namespace simd;
  Vec8 sums[12];
  for (auto& sum : sums) sum = set1(0.5f);
  const Vec8 factor = set1(0.999f), addend = set1(0.001f);
  for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 12
    for (int k = 0; k < 12; ++k) sums[k] = multiply_add(sums[k], factor, addend);
  }
  float lanes[8], total = 0;
  for (const Vec8& sum : sums) {
    store(lanes, sum);
    for (const float lane : lanes) total += lane;
  }
  return total;
}

float read_all(const float* data, std::size_t count) {
  using namespace simd;
  Vec8 sums[4] = {set1(0), set1(0), set1(0), set1(0)};
  for (std::size_t i = 0; i + 32 <= count; i += 32) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) sums[k] = add(sums[k], load(data + i + 8 * k));
  }
  float lanes[8], total = 0;
  for (const Vec8& sum : sums) {
    store(lanes, sum);
    for (const float lane : lanes) total += lane;
  }
  return total;
}

}  // namespace

Peak measure_peak() {
  constexpr int kRounds = 400000;
  constexpr std::size_t kFloats = std::size_t{24} << 20;
  Peak peak;
  volatile float sink = 0;  // what nobody reads would not be computed
  for (int i = 0; i < 8; ++i) {
    const double before = cpu_seconds();
    sink = sink + multiply_adds(kRounds);
    peak.gflops = std::max(peak.gflops, 2e-9 * 12 * 8 * kRounds / (cpu_seconds() - before));
  }
  const std::unique_ptr<float[]> data(new float[kFloats]);
  std::fill(data.get(), data.get() + kFloats, 1.0f);
  for (int i = 0; i < 4; ++i) {
    const double before = cpu_seconds();
    sink = sink + read_all(data.get(), kFloats);
    peak.gbytes_per_s = std::max(peak.gbytes_per_s, 4e-9 * static_cast<double>(kFloats) / (cpu_seconds() - before));
  }
  return peak;
}

}  // namespace lne
