// Elementary functions made of IEEE additions, multiplications and divisions only, so that tables come out equal bit for bit on every machine
// (the C library's sin, exp and log differ between versions in their last bit). Accurate to about 1e-16; speed does not matter here.
#pragma once

#include <cmath>
#include <cstdint>

namespace lne::audio {

inline constexpr double kPi = 3.14159265358979323846;
inline constexpr double kLn2 = 0.69314718055994530942;
inline constexpr double kLn10 = 2.30258509299404568402;

namespace detail {

/// sin(x) for |x| <= pi/4 by its Taylor series.
inline double sin_small(double x) {
  double term = x;
  double sum = x;
  for (int n = 1; n <= 11; ++n) {
    term *= -x * x / static_cast<double>((2 * n) * (2 * n + 1));
    sum += term;
  }
  return sum;
}

/// cos(x) for |x| <= pi/4 by its Taylor series.
inline double cos_small(double x) {
  double term = 1.0;
  double sum = 1.0;
  for (int n = 1; n <= 11; ++n) {
    term *= -x * x / static_cast<double>((2 * n - 1) * (2 * n));
    sum += term;
  }
  return sum;
}

}  // namespace detail

/// cos(2 pi k / n), the angle reduced in integers so that no rounding of pi enters twice. n > 0.
inline double cos_of_turn(std::int64_t k, std::int64_t n) {
  k %= n;
  if (k < 0) k += n;
  if (2 * k > n) k = n - k;  // cos(2 pi - x) = cos(x)
  const bool is_negative = 4 * k > n;
  if (is_negative) return -cos_of_turn(n - 2 * k, 2 * n);  // cos(pi - x) = -cos(x); n - 2k over 2n is 1/2 - k/n
  const double x = 2.0 * kPi * static_cast<double>(k) / static_cast<double>(n);
  return 8 * k <= n ? detail::cos_small(x) : detail::sin_small(2.0 * kPi * static_cast<double>(n - 4 * k) / static_cast<double>(4 * n));
}

/// sin(2 pi k / n) = cos(2 pi (k / n - 1/4)).
inline double sin_of_turn(std::int64_t k, std::int64_t n) { return cos_of_turn(4 * k - n, 4 * n); }

/// sin(pi x) for any finite x.
inline double sin_pi(double x) {
  const double turns = x - 2.0 * std::floor(x / 2.0);  // [0, 2)
  const double half = turns >= 1.0 ? turns - 1.0 : turns;
  const double folded = half > 0.5 ? 1.0 - half : half;
  const double value = folded <= 0.25 ? detail::sin_small(kPi * folded) : detail::cos_small(kPi * (0.5 - folded));
  return turns >= 1.0 ? -value : value;
}

/// Natural logarithm of a positive normal number: exponent, and the series of atanh for the mantissa in [sqrt(1/2), sqrt(2)).
inline double natural_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < 0.70710678118654752440) {
    mantissa *= 2.0;
    --exponent;
  }
  const double z = (mantissa - 1.0) / (mantissa + 1.0);
  const double square = z * z;
  double sum = 0.0;
  for (int n = 21; n >= 1; n -= 2) sum = sum * square + 1.0 / static_cast<double>(n);
  return 2.0 * z * sum + static_cast<double>(exponent) * kLn2;
}

/// e^x for |x| < 700: powers of two, and the Taylor series of the rest.
inline double natural_exp(double x) {
  const double whole = std::floor(x / kLn2 + 0.5);
  const double rest = x - whole * kLn2;
  double sum = 1.0;
  for (int n = 20; n >= 1; --n) sum = 1.0 + sum * rest / static_cast<double>(n);
  return std::ldexp(sum, static_cast<int>(whole));
}

}  // namespace lne::audio
