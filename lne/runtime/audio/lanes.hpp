// Floats that are computed side by side, as many as suit the target. Compilers turn them into vectors, and each lane does plain IEEE operations
// in the order that is written, so results depend neither on the target nor on the number of lanes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace lne::audio {

#if defined(__GNUC__)
// Everything here is inlined, so how vectors would be passed without AVX does not matter.
#pragma GCC diagnostic ignored "-Wpsabi"
#define LNE_AUDIO_INLINE __attribute__((always_inline)) inline
#define LNE_AUDIO_INLINE_LAMBDA __attribute__((always_inline))
/// Before a loop whose body is long enough.
#define LNE_AUDIO_NO_UNROLL _Pragma("GCC unroll 1")
#else
#define LNE_AUDIO_INLINE inline
#define LNE_AUDIO_INLINE_LAMBDA
#define LNE_AUDIO_NO_UNROLL
#endif

/// Lanes are made of parts, each a vector of the target.
#if defined(__GNUC__) && defined(__AVX512F__)
inline constexpr int kLanes = 16, kParts = 1;
typedef float Part __attribute__((vector_size(64)));
typedef std::int32_t IntegerPart __attribute__((vector_size(64)));
#elif defined(__GNUC__) && defined(__AVX__)
inline constexpr int kLanes = 8, kParts = 1;
typedef float Part __attribute__((vector_size(32)));
typedef std::int32_t IntegerPart __attribute__((vector_size(32)));
#elif defined(__GNUC__)
inline constexpr int kLanes = 8, kParts = 2;
typedef float Part __attribute__((vector_size(16)));
typedef std::int32_t IntegerPart __attribute__((vector_size(16)));
#else
inline constexpr int kLanes = 8, kParts = 8;
typedef float Part;
typedef std::int32_t IntegerPart;
#endif

/// Arithmetic part by part.
template <typename Piece, typename Number>
struct LanesOf {
  Piece parts[kParts];

  template <typename Operation>
  static LNE_AUDIO_INLINE LanesOf each(const Operation& operation) {
    LanesOf result;
    for (int i = 0; i < kParts; ++i) result.parts[i] = operation(i);
    return result;
  }
  friend LNE_AUDIO_INLINE LanesOf operator+(const LanesOf& a, const LanesOf& b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] + b.parts[i]; }); }
  friend LNE_AUDIO_INLINE LanesOf operator-(const LanesOf& a, const LanesOf& b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] - b.parts[i]; }); }
  friend LNE_AUDIO_INLINE LanesOf operator*(const LanesOf& a, const LanesOf& b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] * b.parts[i]; }); }
  friend LNE_AUDIO_INLINE LanesOf operator+(const LanesOf& a, Number b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] + b; }); }
  friend LNE_AUDIO_INLINE LanesOf operator-(const LanesOf& a, Number b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] - b; }); }
  friend LNE_AUDIO_INLINE LanesOf operator*(Number a, const LanesOf& b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a * b.parts[i]; }); }
  friend LNE_AUDIO_INLINE LanesOf operator>>(const LanesOf& a, int b) { return each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] >> b; }); }
};
using Lanes = LanesOf<Part, float>;
using IntegerLanes = LanesOf<IntegerPart, std::int32_t>;

template <typename To, typename From>
LNE_AUDIO_INLINE To same_bits(const From& from) {
  static_assert(sizeof(To) == sizeof(From), "bits have to fit");
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}

LNE_AUDIO_INLINE Lanes to_float(const IntegerLanes& a) {
#if defined(__GNUC__)
  return Lanes::each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return __builtin_convertvector(a.parts[i], Part); });
#else
  return Lanes::each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return static_cast<float>(a.parts[i]); });
#endif
}
LNE_AUDIO_INLINE Lanes larger(const Lanes& a, const Lanes& b) {
  return Lanes::each([&](int i) LNE_AUDIO_INLINE_LAMBDA { return a.parts[i] > b.parts[i] ? a.parts[i] : b.parts[i]; });
}

LNE_AUDIO_INLINE Lanes load(const float* p) {
  Lanes a;
  std::memcpy(&a, p, sizeof a);
  return a;
}
LNE_AUDIO_INLINE void store(float* p, const Lanes& a) { std::memcpy(p, &a, sizeof a); }
LNE_AUDIO_INLINE Lanes all(float x) {
  return Lanes::each([&](int) { return Part{} + x; });
}

/// Side of the blocks that are turned.
inline constexpr std::size_t kBlock = 8;

/// dst[r * dst_pitch + c] = src[c * src_pitch + r] for r, c < kBlock.
LNE_AUDIO_INLINE void transpose_block(const float* src, std::size_t src_pitch, float* dst, std::size_t dst_pitch) {
#if defined(__GNUC__) && (defined(__clang__) || __GNUC__ >= 12)
  typedef float Row __attribute__((vector_size(4 * kBlock)));
  Row a[kBlock], b[kBlock];
  for (std::size_t i = 0; i < kBlock; ++i) std::memcpy(&a[i], src + i * src_pitch, sizeof(Row));
  for (std::size_t i = 0; i < kBlock; i += 2) {
    b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 2, 10, 4, 12, 6, 14);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 1, 9, 3, 11, 5, 13, 7, 15);
  }
  for (std::size_t i = 0; i < kBlock; i += i % 4 == 1 ? 3 : 1) {
    a[i] = __builtin_shufflevector(b[i], b[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    a[i + 2] = __builtin_shufflevector(b[i], b[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const Row low = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    const Row high = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    std::memcpy(dst + i * dst_pitch, &low, sizeof(Row));
    std::memcpy(dst + (i + 4) * dst_pitch, &high, sizeof(Row));
  }
#else
  for (std::size_t r = 0; r < kBlock; ++r) {
    for (std::size_t c = 0; c < kBlock; ++c) dst[r * dst_pitch + c] = src[c * src_pitch + r];
  }
#endif
}

/// Natural logarithm of positive normal numbers, to about 1e-7 of its value: exponent, and a polynomial for the mantissa in [sqrt(1/2), sqrt(2)).
/// @see S. Moshier, Cephes library, logf
LNE_AUDIO_INLINE Lanes natural_log(const Lanes& x) {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;  // bits of sqrt(1/2)
  const IntegerLanes bits = same_bits<IntegerLanes>(x), exponent = (bits - kSqrtHalf) >> 23;
  const Lanes f = same_bits<Lanes>(bits - (1 << 23) * exponent) - 1.0f;
  Lanes sum = 7.0376836292e-2f * f - 1.1514610310e-1f;
  constexpr float kCoefficients[] = {1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
  for (const float coefficient : kCoefficients) sum = sum * f + coefficient;
  const Lanes square = f * f;
  const Lanes e = to_float(exponent);
  const Lanes small = sum * f * square + -2.12194440e-4f * e - 0.5f * square;
  return f + small + 0.693359375f * e;  // ln 2 in two parts, the first exact
}

}  // namespace lne::audio
