// Eight or sixteen floats as one value: AVX, AVX-512, NEON, or plain C++. The home of intrinsics; kernels are written once over this.
// Multiply-add is fused where the target has it (AVX2+FMA, NEON) and two roundings elsewhere, fixed at compile time.
#pragma once

#include <cmath>
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
static inline Vec8 sub(Vec8 a, Vec8 b) { return {_mm256_sub_ps(a.v, b.v)}; }
static inline Vec8 div(Vec8 a, Vec8 b) { return {_mm256_div_ps(a.v, b.v)}; }
static inline Vec8 sqrt(Vec8 a) { return {_mm256_sqrt_ps(a.v)}; }
static inline Vec8 where_less(Vec8 a, Vec8 b, Vec8 then, Vec8 otherwise) { return {_mm256_blendv_ps(otherwise.v, then.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))}; }
static inline Vec8 power_of_two(Vec8 n) { return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127)), 23))}; }

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
static inline Vec8 sub(Vec8 a, Vec8 b) { return {vsubq_f32(a.low, b.low), vsubq_f32(a.high, b.high)}; }
static inline Vec8 div(Vec8 a, Vec8 b) { return {vdivq_f32(a.low, b.low), vdivq_f32(a.high, b.high)}; }
static inline Vec8 sqrt(Vec8 a) { return {vsqrtq_f32(a.low), vsqrtq_f32(a.high)}; }
static inline Vec8 where_less(Vec8 a, Vec8 b, Vec8 then, Vec8 otherwise) { return {vbslq_f32(vcltq_f32(a.low, b.low), then.low, otherwise.low), vbslq_f32(vcltq_f32(a.high, b.high), then.high, otherwise.high)}; }
static inline float32x4_t power_of_two(float32x4_t n) { return vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23)); }
static inline Vec8 power_of_two(Vec8 n) { return {power_of_two(n.low), power_of_two(n.high)}; }

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
static inline Vec8 sub(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] -= b.v[i];
  return a;
}
static inline Vec8 div(Vec8 a, Vec8 b) {
  for (int i = 0; i < 8; ++i) a.v[i] /= b.v[i];
  return a;
}
static inline Vec8 sqrt(Vec8 a) {
  for (int i = 0; i < 8; ++i) a.v[i] = std::sqrt(a.v[i]);
  return a;
}
/// a < b ? then : otherwise, in each lane
static inline Vec8 where_less(Vec8 a, Vec8 b, Vec8 then, Vec8 otherwise) {
  for (int i = 0; i < 8; ++i) a.v[i] = a.v[i] < b.v[i] ? then.v[i] : otherwise.v[i];
  return a;
}
/// 2^n for whole n from -126 to 127; something for others
static inline Vec8 power_of_two(Vec8 n) {
  for (int i = 0; i < 8; ++i) n.v[i] = n.v[i] >= -126.0f && n.v[i] <= 127.0f ? std::ldexp(1.0f, static_cast<int>(n.v[i])) : 0.0f;
  return n;
}

#endif

#if defined(__AVX512F__) && defined(__AVX512VL__)

struct Vec16 {
  __m512 v;
};
static inline Vec16 load16(const float* p) { return {_mm512_loadu_ps(p)}; }
static inline void store(float* p, Vec16 a) { _mm512_storeu_ps(p, a.v); }
static inline Vec16 set16(float x) { return {_mm512_set1_ps(x)}; }
static inline Vec16 add(Vec16 a, Vec16 b) { return {_mm512_add_ps(a.v, b.v)}; }
static inline Vec16 sub(Vec16 a, Vec16 b) { return {_mm512_sub_ps(a.v, b.v)}; }
static inline Vec16 mul(Vec16 a, Vec16 b) { return {_mm512_mul_ps(a.v, b.v)}; }
// GCC 12 warns of its own unmasked forms.
static inline Vec16 max(Vec16 a, Vec16 b) { return {_mm512_maskz_max_ps(0xffff, a.v, b.v)}; }
static inline Vec16 min(Vec16 a, Vec16 b) { return {_mm512_maskz_min_ps(0xffff, a.v, b.v)}; }
/// a * b + c
static inline Vec16 multiply_add(Vec16 a, Vec16 b, Vec16 c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
static inline Vec16 div(Vec16 a, Vec16 b) { return {_mm512_div_ps(a.v, b.v)}; }
static inline Vec16 sqrt(Vec16 a) { return {_mm512_maskz_sqrt_ps(0xffff, a.v)}; }
static inline Vec16 where_less(Vec16 a, Vec16 b, Vec16 then, Vec16 otherwise) { return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), otherwise.v, then.v)}; }
static inline Vec16 power_of_two(Vec16 n) { return {_mm512_castsi512_ps(_mm512_maskz_slli_epi32(0xffff, _mm512_add_epi32(_mm512_maskz_cvtps_epi32(0xffff, n.v), _mm512_set1_epi32(127)), 23))}; }
// GCC 12 warns of its own _mm512_castps512_ps256.
static inline Vec8 low_half(Vec16 a) { return {(__m256)__builtin_shufflevector((__v16sf)a.v, (__v16sf)a.v, 0, 1, 2, 3, 4, 5, 6, 7)}; }

#else

struct Vec16 {
  Vec8 low, high;
};
static inline Vec16 load16(const float* p) { return {load(p), load(p + 8)}; }
static inline void store(float* p, Vec16 a) {
  store(p, a.low);
  store(p + 8, a.high);
}
static inline Vec16 set16(float x) { return {set1(x), set1(x)}; }
static inline Vec16 add(Vec16 a, Vec16 b) { return {add(a.low, b.low), add(a.high, b.high)}; }
static inline Vec16 sub(Vec16 a, Vec16 b) { return {sub(a.low, b.low), sub(a.high, b.high)}; }
static inline Vec16 mul(Vec16 a, Vec16 b) { return {mul(a.low, b.low), mul(a.high, b.high)}; }
static inline Vec16 max(Vec16 a, Vec16 b) { return {max(a.low, b.low), max(a.high, b.high)}; }
static inline Vec16 min(Vec16 a, Vec16 b) { return {min(a.low, b.low), min(a.high, b.high)}; }
/// a * b + c
static inline Vec16 multiply_add(Vec16 a, Vec16 b, Vec16 c) { return {multiply_add(a.low, b.low, c.low), multiply_add(a.high, b.high, c.high)}; }
static inline Vec16 div(Vec16 a, Vec16 b) { return {div(a.low, b.low), div(a.high, b.high)}; }
static inline Vec16 sqrt(Vec16 a) { return {sqrt(a.low), sqrt(a.high)}; }
static inline Vec16 where_less(Vec16 a, Vec16 b, Vec16 then, Vec16 otherwise) { return {where_less(a.low, b.low, then.low, otherwise.low), where_less(a.high, b.high, then.high, otherwise.high)}; }
static inline Vec16 power_of_two(Vec16 n) { return {power_of_two(n.low), power_of_two(n.high)}; }
static inline Vec8 low_half(Vec16 a) { return a.low; }

#endif

/// The same loads and constants by type, for kernels that are written for either width.
template <class Vec>
struct Width;
template <>
struct Width<Vec8> {
  static constexpr int kLanes = 8;
  static inline Vec8 load(const float* p) { return simd::load(p); }
  static inline Vec8 set1(float x) { return simd::set1(x); }
};
template <>
struct Width<Vec16> {
  static constexpr int kLanes = 16;
  static inline Vec16 load(const float* p) { return simd::load16(p); }
  static inline Vec16 set1(float x) { return simd::set16(x); }
};

/// The widest vector that is one register.
#if defined(__AVX512F__) && defined(__AVX512VL__)
using Widest = Vec16;
#else
using Widest = Vec8;
#endif
constexpr int kWidest = Width<Widest>::kLanes;

#if defined(__ARM_NEON) && defined(__aarch64__)
/// Four floats of one register, each of which can multiply the whole of another.
struct Factors {
  static constexpr int kCount = 4;
  float32x4_t v;
  static inline Factors load(const float* p) { return {vld1q_f32(p)}; }
  /// v[Index] * b + c
  template <int Index>
  inline float32x4_t multiply_add(float32x4_t b, float32x4_t c) const { return vfmaq_laneq_f32(c, b, v, Index); }
};
template <>
struct Width<float32x4_t> {
  static constexpr int kLanes = 4;
  static inline float32x4_t load(const float* p) { return vld1q_f32(p); }
};
#else
/// A factor takes a register of its own, in all lanes: `set1`, `set16`.
struct Factors {
  static constexpr int kCount = 1;
};
#endif

/// Asks for the cache line of an address that is read soon, into the second cache; any address is allowed.
static inline void prefetch(const float* p) {
#if defined(__GNUC__)
  __builtin_prefetch(p, 0, 2);
#else
  (void)p;
#endif
}

}  // namespace lne::simd
