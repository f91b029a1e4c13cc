// Rows whose length is no multiple of a vector's: loads and stores of some lanes, sums over lanes, copies.
#pragma once

#include "simd.hpp"

namespace lne::simd {

/// The first `count` floats from p, and `otherwise` in the lanes beyond; all lanes where there are more.
template <class Vec>
static inline Vec load_part(const float* p, int count, float otherwise) {
  using W = Width<Vec>;
  if (count >= W::kLanes) return W::load(p);
  float lanes[W::kLanes];
  for (int i = 0; i < W::kLanes; ++i) lanes[i] = i < count ? p[i] : otherwise;
  return W::load(lanes);
}

/// The first `count` lanes; all where there are fewer.
template <class Vec>
static inline void store_part(float* p, int count, Vec a) {
  using W = Width<Vec>;
  if (count >= W::kLanes) return store(p, a);
  float lanes[W::kLanes];
  store(lanes, a);
  for (int i = 0; i < count; ++i) p[i] = lanes[i];
}

/// Joins all lanes of a vector by halves: sums, maxima.
template <class Vec, class Join>
static inline float join_lanes(Vec a, const Join& join) {
  constexpr int kLanes = Width<Vec>::kLanes;
  float lanes[kLanes];
  store(lanes, a);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lanes[i] = join(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

/// The sum of what `part(i, count)` gives for each vector of a row: in the lanes of a vector for 512 elements, beyond that in double, so that long rows
/// lose nothing.
template <class Vec, class Part>
static inline double sum_of_row(int extent, const Part& part) {
  constexpr int kLanes = Width<Vec>::kLanes, kNear = 512;
  double sum = 0.0;
  for (int first = 0; first < extent; first += kNear) {
    const int end = first + kNear < extent ? first + kNear : extent;
    Vec near = Width<Vec>::set1(0.0f);
    for (int i = first; i < end; i += kLanes) near = add(near, part(i, end - i));
    sum += static_cast<double>(join_lanes(near, [](float a, float b) { return a + b; }));
  }
  return sum;
}

static inline void copy_row(const float* src, float* dst, int count) {
  int i = 0;
  for (; i + 16 <= count; i += 16) store(dst + i, load16(src + i));
  if (i + 8 <= count) {
    store(dst + i, load(src + i));
    i += 8;
  }
  for (; i < count; ++i) dst[i] = src[i];
}

}  // namespace lne::simd
