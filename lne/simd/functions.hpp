// Exponential, hyperbolic tangent, sigmoid and error function of vectors, to a few units in the last place. The polynomials are least-maximum fits
// of our own. Not-a-number goes through.
#pragma once

#include "simd.hpp"

namespace lne::simd {

/// The polynomial c[0] + c[1] x + ...
template <class Vec, int Count>
static inline __attribute__((always_inline)) Vec polynomial(Vec x, const float (&c)[Count]) {
  Vec sum = Width<Vec>::set1(c[Count - 1]);
#pragma GCC unroll 16
  for (int i = Count - 2; i >= 0; --i) sum = multiply_add(sum, x, Width<Vec>::set1(c[i]));
  return sum;
}

/// The nearest whole number, halves to even; for magnitudes below 2^22.
template <class Vec>
static inline Vec nearest(Vec a) {
  const Vec shift = Width<Vec>::set1(12582912.0f);  // 1.5 * 2^23: its last bit counts ones
  return sub(add(a, shift), shift);
}

/// e^x; infinity above 88.37, 0 below -87.33.
template <class Vec>
static inline Vec exponential(Vec x) {
  using W = Width<Vec>;
  constexpr float kLeast = -87.33f, kMost = 88.37f;
  // A constant first: where x is not a number, the second operand is the result.
  const Vec within = min(W::set1(kMost), max(W::set1(kLeast), x));
  const Vec n = nearest(mul(within, W::set1(1.44269504f)));
  // ln 2 in two parts, the first with few bits, so that n times it is exact.
  const Vec r = multiply_add(n, W::set1(2.12194440e-4f), multiply_add(n, W::set1(-0.693359375f), within));
  const float c[] = {0.500000003f, 0.166665769f, 0.0416663749f, 0.00836319737f, 0.00139411431f};
  const Vec share = add(multiply_add(mul(r, r), polynomial(r, c), r), W::set1(1.0f));
  const Vec power = mul(share, power_of_two(n));
  return where_less(W::set1(kMost), x, W::set1(INFINITY), where_less(x, W::set1(kLeast), W::set1(0.0f), power));
}

/// 1 / (1 + e^-x)
template <class Vec>
static inline Vec sigmoid(Vec x) {
  const Vec one = Width<Vec>::set1(1.0f);
  return div(one, add(one, exponential(sub(Width<Vec>::set1(0.0f), x))));
}

template <class Vec>
static inline Vec magnitude(Vec x) {
  return max(sub(Width<Vec>::set1(0.0f), x), x);
}

/// `size` with the sign of x.
template <class Vec>
static inline Vec with_sign_of(Vec x, Vec size) {
  const Vec zero = Width<Vec>::set1(0.0f);
  return where_less(x, zero, sub(zero, size), size);
}

template <class Vec>
static inline Vec hyperbolic_tangent(Vec x) {
  using W = Width<Vec>;
  const float c[] = {-0.333333292f, 0.133327945f, -0.0538540645f, 0.0210100557f, -0.00611315384f};
  const Vec square = mul(x, x), size = magnitude(x);
  const Vec near = multiply_add(mul(x, square), polynomial(square, c), x);
  const Vec far = sub(W::set1(1.0f), div(W::set1(2.0f), add(exponential(add(size, size)), W::set1(1.0f))));
  return where_less(size, W::set1(0.625f), near, with_sign_of(x, far));
}

template <class Vec>
static inline Vec error_function(Vec x) {
  using W = Width<Vec>;
  const float c[] = {0.128379122f, -0.376123262f, 0.112801801f, -0.0267113102f, 0.00491754991f, -0.000563141525f};
  // The logarithm of 1 - erf.
  const float rest[] = {0.000188043664f, -1.12957844f, -0.633219864f, -0.108418607f, 0.0252082749f, -0.00420456833f, 0.000441337627f, -2.16869516e-05f};
  const Vec square = mul(x, x), size = magnitude(x);
  const Vec near = multiply_add(x, polynomial(square, c), x);
  const Vec far = sub(W::set1(1.0f), exponential(polynomial(min(W::set1(4.0f), size), rest)));
  return where_less(size, W::set1(1.0f), near, with_sign_of(x, far));
}

}  // namespace lne::simd
