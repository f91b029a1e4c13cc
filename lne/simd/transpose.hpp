// Blocks of eight rows of eight floats turned into their columns.
#pragma once

#include "simd.hpp"

namespace lne::simd {

#if defined(__AVX2__) && defined(__FMA__)

/// Pairs of rows, then pairs of pairs within each half of a register, then the halves change places.
static inline __attribute__((always_inline)) void transpose8(Vec8 (&r)[8]) {
  __m256 pairs[8], quads[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm256_unpacklo_ps(r[i].v, r[i + 1].v);
    pairs[i + 1] = _mm256_unpackhi_ps(r[i].v, r[i + 1].v);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    quads[i] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0x44);
    quads[i + 1] = _mm256_shuffle_ps(pairs[i], pairs[i + 2], 0xee);
    quads[i + 2] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0x44);
    quads[i + 3] = _mm256_shuffle_ps(pairs[i + 1], pairs[i + 3], 0xee);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    r[i].v = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x20);
    r[i + 4].v = _mm256_permute2f128_ps(quads[i], quads[i + 4], 0x31);
  }
}

#elif defined(__ARM_NEON) && defined(__aarch64__)

static inline __attribute__((always_inline)) void transpose4(float32x4_t& a, float32x4_t& b, float32x4_t& c, float32x4_t& d) {
  const float32x4x2_t ab = vtrnq_f32(a, b), cd = vtrnq_f32(c, d);
  a = vcombine_f32(vget_low_f32(ab.val[0]), vget_low_f32(cd.val[0]));
  b = vcombine_f32(vget_low_f32(ab.val[1]), vget_low_f32(cd.val[1]));
  c = vcombine_f32(vget_high_f32(ab.val[0]), vget_high_f32(cd.val[0]));
  d = vcombine_f32(vget_high_f32(ab.val[1]), vget_high_f32(cd.val[1]));
}

static inline __attribute__((always_inline)) void transpose8(Vec8 (&r)[8]) {
  transpose4(r[0].low, r[1].low, r[2].low, r[3].low);
  transpose4(r[0].high, r[1].high, r[2].high, r[3].high);
  transpose4(r[4].low, r[5].low, r[6].low, r[7].low);
  transpose4(r[4].high, r[5].high, r[6].high, r[7].high);
  for (int i = 0; i < 4; ++i) {
    const float32x4_t across = r[i].high;
    r[i].high = r[i + 4].low;
    r[i + 4].low = across;
  }
}

#else

static inline void transpose8(Vec8 (&r)[8]) {
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < i; ++j) {
      const float across = r[i].v[j];
      r[i].v[j] = r[j].v[i];
      r[j].v[i] = across;
    }
  }
}

#endif

/// dst[column * dst_step + row] = src[row * src_step + column]. Sixty-four rows at a time, whose cache lines are used up before they are left.
static inline void transpose_block(const float* src, long src_step, int rows, int columns, float* dst, long dst_step) {
  for (int first = 0; first < rows; first += 64) {
    const int end = first + 64 < rows ? first + 64 : rows, whole = first + (end - first) / 8 * 8;
    int column = 0;
    for (; column + 8 <= columns; column += 8) {
      for (int row = first; row < whole; row += 8) {
        Vec8 block[8];
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) block[i] = load(src + (row + i) * src_step + column);
        transpose8(block);
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) store(dst + (column + i) * dst_step + row, block[i]);
      }
      for (int row = whole; row < end; ++row) {
        for (int i = 0; i < 8; ++i) dst[(column + i) * dst_step + row] = src[row * src_step + column + i];
      }
    }
    for (; column < columns; ++column) {
      for (int row = first; row < end; ++row) dst[column * dst_step + row] = src[row * src_step + column];
    }
  }
}

}  // namespace lne::simd
