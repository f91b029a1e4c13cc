// Eight floats as one value: AVX, NEON, or plain C++. The home of intrinsics; kernels are written once over this.
// Multiply-add is fused where the target has it (AVX2+FMA, NEON) and two roundings elsewhere, fixed at compile time.
#pragma once

#include <cstdint>

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace lne::simd {

#if defined(__AVX2__) && defined(__FMA__)

struct Vec8 {
  __m256 v;
};
static inline Vec8 load(const float* p) { return {_mm256_loadu_ps(p)}; }
static inline void store(float* p, Vec8 a) { _mm256_storeu_ps(p, a.v); }
static inline Vec8 set1(float x) { return {_mm256_set1_ps(x)}; }
static inline Vec8 add(Vec8 a, Vec8 b) { return {_mm256_add_ps(a.v, b.v)}; }
static inline Vec8 mul(Vec8 a, Vec8 b) { return {_mm256_mul_ps(a.v, b.v)}; }
static inline Vec8 max(Vec8 a, Vec8 b) { return {_mm256_max_ps(a.v, b.v)}; }
static inline Vec8 min(Vec8 a, Vec8 b) { return {_mm256_min_ps(a.v, b.v)}; }
/// a * b + c
static inline Vec8 multiply_add(Vec8 a, Vec8 b, Vec8 c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }

#elif defined(__ARM_NEON) && defined(__aarch64__)

struct Vec8 {
  float32x4_t low, high;
};
static inline Vec8 load(const float* p) { return {vld1q_f32(p), vld1q_f32(p + 4)}; }
static inline void store(float* p, Vec8 a) {
  vst1q_f32(p, a.low);
  vst1q_f32(p + 4, a.high);
}
static inline Vec8 set1(float x) { return {vdupq_n_f32(x), vdupq_n_f32(x)}; }
static inline Vec8 add(Vec8 a, Vec8 b) { return {vaddq_f32(a.low, b.low), vaddq_f32(a.high, b.high)}; }
static inline Vec8 mul(Vec8 a, Vec8 b) { return {vmulq_f32(a.low, b.low), vmulq_f32(a.high, b.high)}; }
static inline Vec8 max(Vec8 a, Vec8 b) { return {vmaxq_f32(a.low, b.low), vmaxq_f32(a.high, b.high)}; }
static inline Vec8 min(Vec8 a, Vec8 b) { return {vminq_f32(a.low, b.low), vminq_f32(a.high, b.high)}; }
/// a * b + c
static inline Vec8 multiply_add(Vec8 a, Vec8 b, Vec8 c) { return {vfmaq_f32(c.low, a.low, b.low), vfmaq_f32(c.high, a.high, b.high)}; }

#else

struct Vec8 {
  float v[8];
};
static inline Vec8 load(const float* p) {
  Vec8 a;
  for (int i = 0; i < 8; ++i) a.v[i] = p[i];
  return a;
}
static inline void store(float* p, Vec8 a) {
  for (int i = 0; i < 8; ++i) p[i] = a.v[i];
}
static inline Vec8 set1(float x) {
  Vec8 a;
  for (int i = 0; i < 8; ++i) a.v[i] = x;
  return a;
}
static inline Vec8 add(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] += b.v[i];
  return a;
}
static inline Vec8 mul(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] *= b.v[i];
  return a;
}
static inline Vec8 max(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] = a.v[i] > b.v[i] ? a.v[i] : b.v[i];
  return a;
}
static inline Vec8 min(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] = a.v[i] < b.v[i] ? a.v[i] : b.v[i];
  return a;
}
/// a * b + c
static inline Vec8 multiply_add(Vec8 a, Vec8 b, Vec8 c) {
  for (int i = 0; i < 8; ++i) c.v[i] += a.v[i] * b.v[i];
  return c;
}

#endif

/// Kinds as in the shape structs: 0 none, 1 ReLU, 2 clip to [low, high].
static inline Vec8 activate(Vec8 a, int kind, float low, float high) {
  if (kind == 1) return max(a, set1(0.0f));
  if (kind == 2) return min(max(a, set1(low)), set1(high));
  return a;
}

}  // namespace lne::simd
