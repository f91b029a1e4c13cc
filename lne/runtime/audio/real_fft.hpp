// Power spectra of several frames at once: a real FFT of vectors whose lanes are frames, in two steps that each stay within the first cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
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
/// a - i b
LNE_AUDIO_INLINE ComplexLanes minus_i_times(const ComplexLanes& a, const ComplexLanes& b) { return {a.re + b.im, a.im - b.re}; }
/// a + i b
LNE_AUDIO_INLINE ComplexLanes plus_i_times(const ComplexLanes& a, const ComplexLanes& b) { return {a.re - b.im, a.im + b.re}; }

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

  static bool supports(std::int32_t size) { return size >= 8 && size <= 2 * kMaxLength * kMaxLength && (size & (size - 1)) == 0; }

  std::int32_t bins() const { return half_ + 1; }

  /// Floats of workspace that `power` needs.
  std::size_t workspace_size() const { return (static_cast<std::size_t>(rows_) * pitch() + 4 * static_cast<std::size_t>(columns_)) * kElement; }

  /// Four times the power: |2 X|^2, which saves the halvings.
  /// @param pair gives the n-th pair of samples of all frames as a complex number, 0 <= n < size / 2
  /// @param work `workspace_size()` floats, at best aligned to 64 bytes
  /// @param power [size / 2 + 1][lane]
  template <typename Pair>
  void power(const Pair& pair, float* work, float* power) const {
    with_constant(rows_, [&](auto rows) { transform_columns<decltype(rows)::value>(pair, work); });
    with_constant(columns_, [&](auto columns) { transform_rows<decltype(columns)::value>(work, power); });
  }

 private:
  /// Longest transform of a column or row.
  static constexpr std::int32_t kMaxLength = 128;

  /// Floats of one complex number: real parts, then imaginary parts, together whole cache lines.
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

  /// Calls `action` with n as a constant, so that every address within a transform is one.
  template <std::int32_t N = 2, typename Action>
  static void with_constant(std::int32_t n, const Action& action) {
    if (n == N) return action(std::integral_constant<std::int32_t, N>());
    if constexpr (N < kMaxLength) with_constant<2 * N>(n, action);
  }

  /// A transform of N elements by Stockham passes, which need no reordering. The first pass reads by `get`, the last one writes by `put`.
  /// @param turns w^k of the whole transform (N * S elements) as pairs @param a, b N elements each
  template <std::int32_t N, std::int32_t S = 1, typename Get, typename Put>
  static void transform(const float* turns, float* a, float* b, const Get& get_first, const Put& put_last) {
    constexpr std::int32_t radix = radix_of(N);
    if constexpr (radix == N) {
      pass<N, S>(turns, get_first, put_last);
    } else {
      pass<N, S>(turns, get_first, [=](std::int32_t at, const ComplexLanes& z) LNE_AUDIO_INLINE_LAMBDA { put(a, at, z); });
      transform<N / radix, S * radix>(turns, b, a, [=](std::int32_t at) LNE_AUDIO_INLINE_LAMBDA { return get(a, at); }, put_last);
    }
  }

  /// y[q + S(r p + j)] = w^(S j p) * (r-point DFT of x[q + S(p + jN/r)])_j for p < N/r, q < S. Factors of one are left out.
  template <std::int32_t N, std::int32_t S, typename Get, typename Put>
  static LNE_AUDIO_INLINE void pass(const float* turns, const Get& get, const Put& put) {
    constexpr std::int32_t radix = radix_of(N), parts = N / radix;
    LNE_AUDIO_NO_UNROLL
    for (std::int32_t q = 0; q < S; ++q) butterfly<radix, S * parts, S, false>(turns, q, [&](std::int32_t k) LNE_AUDIO_INLINE_LAMBDA { return get(q + k); }, [&](std::int32_t k, const ComplexLanes& y) LNE_AUDIO_INLINE_LAMBDA { put(q + k, y); });
    LNE_AUDIO_NO_UNROLL
    for (std::int32_t p = 1; p < parts; ++p) {
      LNE_AUDIO_NO_UNROLL
      for (std::int32_t q = 0; q < S; ++q) {
        const std::int32_t from = q + S * p, to = q + S * radix * p;
        butterfly<radix, S * parts, S, true>(turns, 2 * S * p, [&](std::int32_t k) LNE_AUDIO_INLINE_LAMBDA { return get(from + k); }, [&](std::int32_t k, const ComplexLanes& y) LNE_AUDIO_INLINE_LAMBDA { put(to + k, y); });
      }
    }
  }

  /// @param turn where in the table the first factor stands; the j-th stands j times as far
  template <std::int32_t Radix, std::int32_t Step, std::int32_t S, bool HasTurns, typename Get, typename Put>
  static LNE_AUDIO_INLINE void butterfly(const float* turns, std::int32_t turn, const Get& get, const Put& put) {
    const auto put_turned = [&](std::int32_t j, const ComplexLanes& y) LNE_AUDIO_INLINE_LAMBDA { put(S * j, HasTurns ? turned(y, turns + j * turn) : y); };
    if constexpr (Radix == 2) {
      const ComplexLanes a = get(0), b = get(Step);
      put(0, a + b);
      put(S, a - b);
    } else if constexpr (Radix == 4) {
      butterfly4<Step>(get, put_turned);
    } else {
      butterfly8<Step>(get, put_turned);
    }
  }

  template <std::int32_t Step, typename Get, typename Put>
  static LNE_AUDIO_INLINE void butterfly4(const Get& get, const Put& put) {
    const ComplexLanes x0 = get(0), x1 = get(Step), x2 = get(2 * Step), x3 = get(3 * Step);
    const ComplexLanes a = x0 + x2, b = x1 + x3, c = x0 - x2, d = x1 - x3;
    put(0, a + b);
    put(1, minus_i_times(c, d));
    put(2, a - b);
    put(3, plus_i_times(c, d));
  }

  template <std::int32_t Step, typename Get, typename Put>
  static LNE_AUDIO_INLINE void butterfly8(const Get& get, const Put& put) {
    constexpr float kSqrtHalf = 0.70710678118654752440f;
    const ComplexLanes x0 = get(0), x4 = get(4 * Step), x2 = get(2 * Step), x6 = get(6 * Step);
    const ComplexLanes a0 = x0 + x4, a2 = x2 + x6, b0 = x0 - x4, b2 = x2 - x6;
    const ComplexLanes x1 = get(Step), x5 = get(5 * Step), x3 = get(3 * Step), x7 = get(7 * Step);
    const ComplexLanes a1 = x1 + x5, a3 = x3 + x7, u = x1 - x5, v = x3 - x7;
    const ComplexLanes c0 = a0 + a2, c1 = a1 + a3, c2 = a0 - a2, c3 = a1 - a3;
    put(0, c0 + c1);
    put(4, c0 - c1);
    put(2, minus_i_times(c2, c3));
    put(6, plus_i_times(c2, c3));
    // u (1 - i) / sqrt(2) and v (-1 - i) / sqrt(2), their sum and difference
    const ComplexLanes b1{kSqrtHalf * (u.re + u.im), kSqrtHalf * (u.im - u.re)}, b3{kSqrtHalf * (v.im - v.re), -kSqrtHalf * (v.re + v.im)};
    const ComplexLanes d0 = minus_i_times(b0, b2), d1 = b1 + b3, d2 = plus_i_times(b0, b2), d3 = b1 - b3;
    put(1, d0 + d1);
    put(5, d0 - d1);
    put(3, minus_i_times(d2, d3));
    put(7, plus_i_times(d2, d3));
  }

  template <std::int32_t Rows, typename Pair>
  void transform_columns(const Pair& pair, float* work) const {
    float* a = work + static_cast<std::size_t>(Rows) * pitch() * kElement;
    float* b = a + static_cast<std::size_t>(Rows) * kElement;
    const std::size_t row = pitch() * kElement;
    for (std::int32_t n2 = 0; n2 < columns_; ++n2) {
      float* column = work + static_cast<std::size_t>(n2) * kElement;
      const float* turns = &middle_turns_[2 * static_cast<std::size_t>(n2) * static_cast<std::size_t>(Rows)];
      transform<Rows>(
          row_count_turns_.data(), a, b, [&](std::int32_t n1) LNE_AUDIO_INLINE_LAMBDA { return pair(columns_ * n1 + n2); },
          [&](std::int32_t k1, const ComplexLanes& z) LNE_AUDIO_INLINE_LAMBDA { put(column + static_cast<std::size_t>(k1) * row, 0, turned(z, turns + 2 * k1)); });
    }
  }

  /// Two rows at a time, whose elements together make bins of the real spectrum.
  template <std::int32_t Columns>
  void transform_rows(float* work, float* power) const {
    const std::size_t row = pitch() * kElement, size = static_cast<std::size_t>(Columns) * kElement;
    float* a = work + static_cast<std::size_t>(rows_) * row;
    float* first = a + 2 * size;
    float* second = first + size;
    const auto transform_row = [&](std::int32_t k1, float* result) {
      const float* from = work + static_cast<std::size_t>(k1) * row;
      transform<Columns>(column_count_turns_.data(), a, a + size, [=](std::int32_t at) LNE_AUDIO_INLINE_LAMBDA { return get(from, at); }, [=](std::int32_t at, const ComplexLanes& z) LNE_AUDIO_INLINE_LAMBDA { put(result, at, z); });
    };
    for (std::int32_t k1 = 0; k1 <= rows_ / 2; ++k1) {
      const bool is_own_partner = k1 == 0 || 2 * k1 == rows_;
      transform_row(k1, first);
      if (!is_own_partner) transform_row(rows_ - k1, second);
      untangle(k1, first, is_own_partner ? first : second, power);
    }
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
