// Power spectra of several frames at once: a real FFT whose innermost loop runs over frames, so that any compiler turns it into vector code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "exact_math.hpp"

namespace lne::audio {

/// Frames that are transformed side by side. Each lane does the same operations in the same order, so results do not depend on vector width.
inline constexpr int kLanes = 8;

/// Real FFT of `size` samples (a power of two of at least 8), kLanes frames at once, as a complex Stockham transform of half the size.
/// Data are laid out [index][lane]. @see P. N. Swarztrauber, "FFT algorithms for vector computers" (1984)
class RealFft {
 public:
  explicit RealFft(std::int32_t size) : size_(size), half_(size / 2) {
    for (std::int32_t k = 0; k < half_; ++k) {
      cos_.push_back(static_cast<float>(cos_of_turn(k, size_)));
      sin_.push_back(static_cast<float>(-sin_of_turn(k, size_)));
    }
  }

  static bool supports(std::int32_t size) { return size >= 8 && size <= (1 << 20) && (size & (size - 1)) == 0; }

  std::int32_t bins() const { return half_ + 1; }

  /// Floats of workspace that `power` needs.
  std::size_t workspace_size() const { return static_cast<std::size_t>(4 * half_) * kLanes; }

  /// @param frames [size][lane]
  /// @param work `workspace_size()` floats, may not alias the others
  /// @param power [size / 2 + 1][lane], receives |X|^2
  void power(const float* frames, float* work, float* power) const {
    float* re = work;
    float* im = re + static_cast<std::size_t>(half_) * kLanes;
    float* re2 = im + static_cast<std::size_t>(half_) * kLanes;
    float* im2 = re2 + static_cast<std::size_t>(half_) * kLanes;
    for (std::int32_t k = 0; k < half_; ++k) {
      for (int lane = 0; lane < kLanes; ++lane) {
        re[k * kLanes + lane] = frames[(2 * k) * kLanes + lane];
        im[k * kLanes + lane] = frames[(2 * k + 1) * kLanes + lane];
      }
    }
    const bool is_swapped = transform(re, im, re2, im2);
    untangle(is_swapped ? re2 : re, is_swapped ? im2 : im, power);
  }

 private:
  /// Stockham passes of radix 4, and one of radix 2 where the size asks for it. @returns whether the result lies in the second pair
  bool transform(float* re, float* im, float* re2, float* im2) const {
    std::int32_t n = half_;
    std::int32_t stride = 1;
    bool is_swapped = false;
    while (n > 1) {
      float* xr = is_swapped ? re2 : re;
      float* xi = is_swapped ? im2 : im;
      float* yr = is_swapped ? re : re2;
      float* yi = is_swapped ? im : im2;
      if (n % 4 == 0) {
        radix4(n, stride, xr, xi, yr, yi);
        n /= 4;
        stride *= 4;
      } else {
        radix2(stride, xr, xi, yr, yi);
        n /= 2;
        stride *= 2;
      }
      is_swapped = !is_swapped;
    }
    return is_swapped;
  }

  /// y[q + s(4p + j)] = w^(jp) * (4-point DFT of x[q + s(p + jn/4)]), for p < n/4, q < s.
  void radix4(std::int32_t n, std::int32_t s, const float* __restrict xr, const float* __restrict xi, float* __restrict yr, float* __restrict yi) const {
    const std::int32_t quarter = n / 4;
    const std::int32_t row = s * kLanes;
    for (std::int32_t p = 0; p < quarter; ++p) {
      const std::int32_t step = p * (size_ / n);
      const float c1 = twiddle_cos(step), s1 = twiddle_sin(step);
      const float c2 = twiddle_cos(2 * step), s2 = twiddle_sin(2 * step);
      const float c3 = twiddle_cos(3 * step), s3 = twiddle_sin(3 * step);
      const float* __restrict ar = xr + row * p;
      const float* __restrict ai = xi + row * p;
      const float* __restrict br = xr + row * (p + quarter);
      const float* __restrict bi = xi + row * (p + quarter);
      const float* __restrict cr = xr + row * (p + 2 * quarter);
      const float* __restrict ci = xi + row * (p + 2 * quarter);
      const float* __restrict dr = xr + row * (p + 3 * quarter);
      const float* __restrict di = xi + row * (p + 3 * quarter);
      float* __restrict y0r = yr + row * 4 * p;
      float* __restrict y0i = yi + row * 4 * p;
      float* __restrict y1r = y0r + row;
      float* __restrict y1i = y0i + row;
      float* __restrict y2r = y1r + row;
      float* __restrict y2i = y1i + row;
      float* __restrict y3r = y2r + row;
      float* __restrict y3i = y2i + row;
      for (std::int32_t q = 0; q < row; ++q) {
        const float acr = ar[q] + cr[q], aci = ai[q] + ci[q], amcr = ar[q] - cr[q], amci = ai[q] - ci[q];
        const float bdr = br[q] + dr[q], bdi = bi[q] + di[q], bmdr = br[q] - dr[q], bmdi = bi[q] - di[q];
        y0r[q] = acr + bdr;
        y0i[q] = aci + bdi;
        const float t1r = amcr + bmdi, t1i = amci - bmdr;  // a - c - i(b - d)
        const float t2r = acr - bdr, t2i = aci - bdi;
        const float t3r = amcr - bmdi, t3i = amci + bmdr;  // a - c + i(b - d)
        y1r[q] = t1r * c1 - t1i * s1;
        y1i[q] = t1r * s1 + t1i * c1;
        y2r[q] = t2r * c2 - t2i * s2;
        y2i[q] = t2r * s2 + t2i * c2;
        y3r[q] = t3r * c3 - t3i * s3;
        y3i[q] = t3r * s3 + t3i * c3;
      }
    }
  }

  /// The last pass where half the size is an odd power of two: n = 2, so every twiddle is one.
  static void radix2(std::int32_t s, const float* __restrict xr, const float* __restrict xi, float* __restrict yr, float* __restrict yi) {
    const std::int32_t row = s * kLanes;
    for (std::int32_t q = 0; q < row; ++q) {
      yr[q] = xr[q] + xr[row + q];
      yi[q] = xi[q] + xi[row + q];
      yr[row + q] = xr[q] - xr[row + q];
      yi[row + q] = xi[q] - xi[row + q];
    }
  }

  /// Spectrum of the real frames from that of their even and odd samples: X[k] = E[k] + w^k O[k].
  void untangle(const float* zr, const float* zi, float* power) const {
    for (std::int32_t k = 0; k <= half_; ++k) {
      const std::int32_t a = k == half_ ? 0 : k;
      const std::int32_t b = k == 0 ? 0 : half_ - k;
      const float c = k == half_ ? -1.0f : cos_[static_cast<std::size_t>(k)];
      const float s = k == half_ ? 0.0f : sin_[static_cast<std::size_t>(k)];
      const float* __restrict ar = zr + a * kLanes;
      const float* __restrict ai = zi + a * kLanes, *br = zr + b * kLanes, *bi = zi + b * kLanes;
      float* out = power + k * kLanes;
      for (int lane = 0; lane < kLanes; ++lane) {
        const float er = 0.5f * (ar[lane] + br[lane]), ei = 0.5f * (ai[lane] - bi[lane]);
        const float our = 0.5f * (ai[lane] + bi[lane]), oui = 0.5f * (br[lane] - ar[lane]);
        const float xr = er + (our * c - oui * s);
        const float xi = ei + (our * s + oui * c);
        out[lane] = xr * xr + xi * xi;
      }
    }
  }

  /// Twiddles of the half-size transform are every second one of the full size; steps stay below the size.
  float twiddle_cos(std::int32_t step) const { return step < half_ ? cos_[static_cast<std::size_t>(step)] : -cos_[static_cast<std::size_t>(step - half_)]; }
  float twiddle_sin(std::int32_t step) const { return step < half_ ? sin_[static_cast<std::size_t>(step)] : -sin_[static_cast<std::size_t>(step - half_)]; }

  std::int32_t size_;
  std::int32_t half_;
  std::vector<float> cos_;
  std::vector<float> sin_;
};

}  // namespace lne::audio
