// Power spectra of eight frames at once: a real FFT of vectors whose lanes are frames, in two steps that each stay within the first cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "exact_math.hpp"
#include "lanes.hpp"

namespace lne::audio {

/// One complex number per lane.
struct ComplexLanes {
  Lanes re, im;
};

LNE_AUDIO_INLINE ComplexLanes operator+(const ComplexLanes& a, const ComplexLanes& b) { return {a.re + b.re, a.im + b.im}; }
LNE_AUDIO_INLINE ComplexLanes operator-(const ComplexLanes& a, const ComplexLanes& b) { return {a.re - b.re, a.im - b.im}; }
LNE_AUDIO_INLINE ComplexLanes times_minus_i(const ComplexLanes& a) { return {a.im, all(0.0f) - a.re}; }

/// Real FFT of `size` samples (a power of two of at least 8), as a complex transform of half the size over pairs of samples:
/// with n = C n1 + n2 and k = k1 + R k2, first R-point transforms of the columns n2, then C-point transforms of the rows k1.
/// @see D. Bailey, "FFTs in external or hierarchical memory" (1990); P. Swarztrauber, "FFT algorithms for vector computers" (1984)
class RealFft {
 public:
  explicit RealFft(std::int32_t size) : half_(size / 2), rows_(1) {
    while (4 * rows_ * rows_ <= half_) rows_ *= 2;
    if (rows_ == 1) rows_ = 2;
    columns_ = half_ / rows_;
    for (std::int32_t k = 0; k < rows_; ++k) push_turn(row_count_turns_, k, rows_);
    for (std::int32_t k = 0; k < columns_; ++k) push_turn(column_count_turns_, k, columns_);
    for (std::int32_t n2 = 0; n2 < columns_; ++n2) {
      for (std::int32_t k1 = 0; k1 < rows_; ++k1) push_turn(middle_turns_, static_cast<std::int64_t>(n2) * k1, half_);
    }
    for (std::int32_t k = 0; k <= half_ / 2; ++k) push_turn(last_turns_, k, size);
  }

  static bool supports(std::int32_t size) { return size >= 8 && size <= (1 << 20) && (size & (size - 1)) == 0; }

  std::int32_t bins() const { return half_ + 1; }

  /// Floats of workspace that `power` needs.
  std::size_t workspace_size() const { return (static_cast<std::size_t>(rows_) * pitch() + 4 * static_cast<std::size_t>(columns_)) * kElement; }

  /// Four times the power: |2 X|^2, which saves the halvings.
  /// @param pair gives the n-th pair of samples of all frames as a complex number, 0 <= n < size / 2
  /// @param work `workspace_size()` floats, at best aligned to 64 bytes
  /// @param power [size / 2 + 1][lane]
  template <typename Pair>
  void power(const Pair& pair, float* work, float* power) const {
    float* scratch = work + static_cast<std::size_t>(rows_) * pitch() * kElement;
    const std::size_t row = pitch() * kElement;
    for (std::int32_t n2 = 0; n2 < columns_; ++n2) {
      float* column = work + static_cast<std::size_t>(n2) * kElement;
      const float* turns = &middle_turns_[2 * static_cast<std::size_t>(n2) * static_cast<std::size_t>(rows_)];
      transform(
          rows_, row_count_turns_.data(), scratch, [&](std::int32_t n1) { return pair(columns_ * n1 + n2); },
          [&](std::int32_t k1, const ComplexLanes& z) { put(column + static_cast<std::size_t>(k1) * row, 0, turned(z, turns + 2 * k1)); });
    }
    float* first = scratch + 2 * static_cast<std::size_t>(columns_) * kElement;
    float* second = first + static_cast<std::size_t>(columns_) * kElement;
    for (std::int32_t k1 = 0; k1 <= rows_ / 2; ++k1) {
      const bool is_own_partner = k1 == 0 || 2 * k1 == rows_;
      transform_row(work + static_cast<std::size_t>(k1) * row, scratch, first);
      if (!is_own_partner) transform_row(work + static_cast<std::size_t>(rows_ - k1) * row, scratch, second);
      untangle(k1, first, is_own_partner ? first : second, power);
    }
  }

 private:
  /// Floats of one complex number: real parts, then imaginary parts, together one cache line.
  static constexpr std::size_t kElement = 2 * kLanes;

  /// Elements from row to row: one more than a row has, so that a column does not fall into few sets of the cache.
  std::size_t pitch() const { return static_cast<std::size_t>(columns_) + 1; }

  static void push_turn(std::vector<float>& turns, std::int64_t k, std::int64_t n) {
    turns.push_back(static_cast<float>(cos_of_turn(k, n)));
    turns.push_back(static_cast<float>(-sin_of_turn(k, n)));
  }

  static LNE_AUDIO_INLINE ComplexLanes get(const float* from, std::int32_t at) { return {load(from + static_cast<std::size_t>(at) * kElement), load(from + static_cast<std::size_t>(at) * kElement + kLanes)}; }
  static LNE_AUDIO_INLINE void put(float* to, std::int32_t at, const ComplexLanes& z) {
    store(to + static_cast<std::size_t>(at) * kElement, z.re);
    store(to + static_cast<std::size_t>(at) * kElement + kLanes, z.im);
  }

  /// @param turn cosine and sine
  static LNE_AUDIO_INLINE ComplexLanes turned(const ComplexLanes& z, const float* turn) {
    return {turn[0] * z.re - turn[1] * z.im, turn[1] * z.re + turn[0] * z.im};
  }

  static constexpr std::int32_t radix_of(std::int32_t n) { return n == 2 ? 2 : n == 4 || n == 16 ? 4 : 8; }

  /// A transform of n elements by Stockham passes: no reordering. The first pass reads by `get_first`, the last one writes by `put_last`.
  /// @param turns w_n^k as pairs @param scratch 2 n elements
  template <typename Get, typename Put>
  static void transform(std::int32_t n, const float* turns, float* scratch, const Get& get_first, const Put& put_last) {
    float* a = scratch;
    float* b = scratch + static_cast<std::size_t>(n) * kElement;
    std::int32_t left = n;
    std::int32_t stride = 1;
    if (radix_of(n) == n) return pass(n, stride, turns, get_first, put_last);
    pass(left, stride, turns, get_first, [=](std::int32_t at, const ComplexLanes& z) { put(a, at, z); });
    for (;;) {
      const std::int32_t radix = radix_of(left);
      left /= radix;
      stride *= radix;
      const auto get_middle = [=](std::int32_t at) { return get(a, at); };
      if (radix_of(left) == left) return pass(left, stride, turns, get_middle, put_last);
      pass(left, stride, turns, get_middle, [=](std::int32_t at, const ComplexLanes& z) { put(b, at, z); });
      std::swap(a, b);
    }
  }

  /// y[q + s(r p + j)] = w_n^(jp) * (r-point DFT of x[q + s(p + jn/r)])_j for p < n/r, q < s.
  template <typename Get, typename Put>
  static void pass(std::int32_t n, std::int32_t s, const float* turns, const Get& get, const Put& put) {
    switch (radix_of(n)) {
      case 2: return radix2(s, get, put);
      case 4: return radix4(n, s, turns, get, put);
      default: return radix8(n, s, turns, get, put);
    }
  }

  /// n = 2, so every factor is one.
  template <typename Get, typename Put>
  static void radix2(std::int32_t s, const Get& get, const Put& put) {
    for (std::int32_t q = 0; q < s; ++q) {
      const ComplexLanes a = get(q), b = get(q + s);
      put(q, a + b);
      put(q + s, a - b);
    }
  }

  template <typename Get, typename Put>
  static void radix4(std::int32_t n, std::int32_t s, const float* turns, const Get& get, const Put& put) {
    const std::int32_t quarter = n / 4;
    for (std::int32_t p = 0; p < quarter; ++p) {
      for (std::int32_t q = 0; q < s; ++q) {
        const std::int32_t from = q + s * p, to = q + s * 4 * p;
        const ComplexLanes x0 = get(from), x1 = get(from + s * quarter), x2 = get(from + s * 2 * quarter), x3 = get(from + s * 3 * quarter);
        const ComplexLanes a = x0 + x2, b = x1 + x3, c = x0 - x2, d = times_minus_i(x1 - x3);
        put(to, a + b);
        const auto put_turned = [&](std::int32_t j, const ComplexLanes& y) { put(to + s * j, p == 0 ? y : turned(y, turns + 2 * j * p * s)); };
        put_turned(1, c + d);
        put_turned(2, a - b);
        put_turned(3, c - d);
      }
    }
  }

  template <typename Get, typename Put>
  static void radix8(std::int32_t n, std::int32_t s, const float* turns, const Get& get, const Put& put) {
    const std::int32_t eighth = n / 8;
    for (std::int32_t p = 0; p < eighth; ++p) {
      for (std::int32_t q = 0; q < s; ++q) {
        const std::int32_t from = q + s * p, step = s * eighth, to = q + s * 8 * p;
        const auto put_turned = [&](std::int32_t j, const ComplexLanes& y) { put(to + s * j, p == 0 ? y : turned(y, turns + 2 * j * p * s)); };
        const ComplexLanes x0 = get(from), x4 = get(from + 4 * step), x2 = get(from + 2 * step), x6 = get(from + 6 * step);
        const ComplexLanes x1 = get(from + step), x5 = get(from + 5 * step), x3 = get(from + 3 * step), x7 = get(from + 7 * step);
        const ComplexLanes a0 = x0 + x4, a1 = x1 + x5, a2 = x2 + x6, a3 = x3 + x7;
        const ComplexLanes c0 = a0 + a2, c1 = a1 + a3, c2 = a0 - a2, c3 = times_minus_i(a1 - a3);
        put(to, c0 + c1);
        put_turned(4, c0 - c1);
        put_turned(2, c2 + c3);
        put_turned(6, c2 - c3);
        const ComplexLanes b0 = x0 - x4, b1 = eighth_turned(x1 - x5), b2 = times_minus_i(x2 - x6), b3 = times_minus_i(eighth_turned(x3 - x7));
        const ComplexLanes d0 = b0 + b2, d1 = b1 + b3, d2 = b0 - b2, d3 = times_minus_i(b1 - b3);
        put_turned(1, d0 + d1);
        put_turned(5, d0 - d1);
        put_turned(3, d2 + d3);
        put_turned(7, d2 - d3);
      }
    }
  }

  /// z (1 - i) / sqrt(2)
  static LNE_AUDIO_INLINE ComplexLanes eighth_turned(const ComplexLanes& z) {
    constexpr float kSqrtHalf = 0.70710678118654752440f;
    return {kSqrtHalf * (z.re + z.im), kSqrtHalf * (z.im - z.re)};
  }

  void transform_row(const float* row, float* scratch, float* result) const {
    transform(
        columns_, column_count_turns_.data(), scratch, [=](std::int32_t at) { return get(row, at); }, [=](std::int32_t at, const ComplexLanes& z) { put(result, at, z); });
  }

  /// Spectrum of the real frames from that of their even and odd samples, Z: with E = Z[k] + conj Z[N-k] and O = -i (Z[k] - conj Z[N-k]),
  /// 2 X[k] = E + w^k O, and 2 X[N-k] is the conjugate of E - w^k O. Does all k of row k1, and their partners, which lie in `partners`.
  void untangle(std::int32_t k1, const float* row, const float* partners, float* power) const {
    for (std::int32_t k2 = 0; k2 < columns_; ++k2) {
      const std::int32_t k = k1 + rows_ * k2;
      if (row == partners && 2 * k > half_) break;  // done with its partner
      const ComplexLanes a = get(row, k2), b = get(partners, k1 == 0 ? (columns_ - k2) % columns_ : columns_ - 1 - k2);
      const ComplexLanes even{a.re + b.re, a.im - b.im};
      const ComplexLanes odd{a.im + b.im, b.re - a.re};
      // w^k for the second half of the k is that of N - k, mirrored.
      const bool is_mirrored = 2 * k > half_;
      const float* turn = &last_turns_[2 * static_cast<std::size_t>(is_mirrored ? half_ - k : k)];
      const float mirrored[2] = {-turn[0], turn[1]};
      const ComplexLanes t = turned(odd, is_mirrored ? mirrored : turn);
      const ComplexLanes x = even + t, y = even - t;
      store(power + static_cast<std::size_t>(k) * kLanes, x.re * x.re + x.im * x.im);
      store(power + static_cast<std::size_t>(half_ - k) * kLanes, y.re * y.re + y.im * y.im);
    }
  }

  std::int32_t half_;
  std::int32_t rows_;  // R
  std::int32_t columns_;  // C
  std::vector<float> row_count_turns_;
  std::vector<float> column_count_turns_;
  std::vector<float> middle_turns_;
  std::vector<float> last_turns_;
};

}  // namespace lne::audio
