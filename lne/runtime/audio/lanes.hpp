// Eight floats that are computed side by side. Any compiler turns them into the vectors that its target has, and each lane does plain IEEE
// operations in the order that is written, so results do not depend on the target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lne::audio {

inline constexpr int kLanes = 8;

#if defined(__GNUC__)
// Everything here is inlined, so how vectors would be passed without AVX does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"
#define LNE_AUDIO_INLINE __attribute__((always_inline)) inline

typedef float Lanes __attribute__((vector_size(32)));
typedef std::int32_t IntegerLanes __attribute__((vector_size(32)));

LNE_AUDIO_INLINE IntegerLanes bits_of(const Lanes& a) { return reinterpret_cast<IntegerLanes>(a); }
LNE_AUDIO_INLINE Lanes from_bits(const IntegerLanes& a) { return reinterpret_cast<Lanes>(a); }
LNE_AUDIO_INLINE Lanes to_float(const IntegerLanes& a) { return __builtin_convertvector(a, Lanes); }
LNE_AUDIO_INLINE Lanes larger(const Lanes& a, const Lanes& b) { return a > b ? a : b; }

#else
#define LNE_AUDIO_INLINE inline

/// The same in plain C++.
template <typename Number>
struct LanesOf {
  Number v[kLanes];

  template <typename Operation>
  static LanesOf each(const Operation& operation) {
    LanesOf result;
    for (int i = 0; i < kLanes; ++i) result.v[i] = operation(i);
    return result;
  }
  friend LanesOf operator+(const LanesOf& a, const LanesOf& b) { return each([&](int i) { return a.v[i] + b.v[i]; }); }
  friend LanesOf operator-(const LanesOf& a, const LanesOf& b) { return each([&](int i) { return a.v[i] - b.v[i]; }); }
  friend LanesOf operator*(const LanesOf& a, const LanesOf& b) { return each([&](int i) { return a.v[i] * b.v[i]; }); }
  friend LanesOf operator+(const LanesOf& a, Number b) { return each([&](int i) { return a.v[i] + b; }); }
  friend LanesOf operator-(const LanesOf& a, Number b) { return each([&](int i) { return a.v[i] - b; }); }
  friend LanesOf operator*(Number a, const LanesOf& b) { return each([&](int i) { return a * b.v[i]; }); }
  friend LanesOf operator<<(const LanesOf& a, int b) { return each([&](int i) { return static_cast<Number>(static_cast<std::uint32_t>(a.v[i]) << b); }); }
  friend LanesOf operator>>(const LanesOf& a, int b) { return each([&](int i) { return a.v[i] >> b; }); }
};
using Lanes = LanesOf<float>;
using IntegerLanes = LanesOf<std::int32_t>;

inline IntegerLanes bits_of(const Lanes& a) {
  IntegerLanes result;
  std::memcpy(&result, &a, sizeof result);
  return result;
}
inline Lanes from_bits(const IntegerLanes& a) {
  Lanes result;
  std::memcpy(&result, &a, sizeof result);
  return result;
}
inline Lanes to_float(const IntegerLanes& a) { return Lanes::each([&](int i) { return static_cast<float>(a.v[i]); }); }
inline Lanes larger(const Lanes& a, const Lanes& b) { return Lanes::each([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; }); }
#endif

LNE_AUDIO_INLINE Lanes load(const float* p) {
  Lanes a;
  std::memcpy(&a, p, sizeof a);
  return a;
}
LNE_AUDIO_INLINE void store(float* p, const Lanes& a) { std::memcpy(p, &a, sizeof a); }
LNE_AUDIO_INLINE Lanes all(float x) {
  const float values[kLanes] = {x, x, x, x, x, x, x, x};
  return load(values);
}

/// dst[r * dst_pitch + c] = src[c * src_pitch + r] for r, c < 8.
LNE_AUDIO_INLINE void transpose_block(const float* src, std::size_t src_pitch, float* dst, std::size_t dst_pitch) {
#if defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 12)
  Lanes a[kLanes], b[kLanes];
  for (int i = 0; i < kLanes; ++i) a[i] = load(src + static_cast<std::size_t>(i) * src_pitch);
  for (int i = 0; i < kLanes; i += 2) {
    b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (int i = 0; i < kLanes; i += 4) {
    for (int j = 0; j < 2; ++j) {
      a[i + j] = __builtin_shufflevector(b[i + j], b[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
      a[i + j + 2] = __builtin_shufflevector(b[i + j], b[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
  }
  for (int i = 0; i < 4; ++i) {
    store(dst + static_cast<std::size_t>(i) * dst_pitch, __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11));
    store(dst + static_cast<std::size_t>(i + 4) * dst_pitch, __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15));
  }
#else
  for (std::size_t r = 0; r < kLanes; ++r) {
    for (std::size_t c = 0; c < kLanes; ++c) dst[r * dst_pitch + c] = src[c * src_pitch + r];
  }
#endif
}

/// Natural logarithm of positive normal numbers, to about 1e-7 of its value: exponent, and a polynomial for the mantissa in [sqrt(1/2), sqrt(2)).
/// @see S. Moshier, Cephes library, logf
LNE_AUDIO_INLINE Lanes natural_log(const Lanes& x) {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;  // bits of sqrt(1/2)
  const IntegerLanes exponent = (bits_of(x) - kSqrtHalf) >> 23;
  const Lanes f = from_bits(bits_of(x) - (exponent << 23)) - 1.0f;
  Lanes sum = 7.0376836292e-2f * f - 1.1514610310e-1f;
  constexpr float kCoefficients[] = {1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
  for (const float coefficient : kCoefficients) sum = sum * f + coefficient;
  const Lanes square = f * f;
  const Lanes e = to_float(exponent);
  const Lanes small = sum * f * square + -2.12194440e-4f * e - 0.5f * square;
  return f + small + 0.693359375f * e;  // ln 2 in two parts, the first exact
}

}  // namespace lne::audio
