// The activations that layers apply to their results, of one number and of vectors. Kinds are those of `lne::Activation`; a and b its parameters.
#pragma once

#include "functions.hpp"

namespace lne::simd {

/// The reference.
static inline float activate(float x, int kind, float a, float b) {
  switch (kind) {
    case 1: return x > 0.0f ? x : 0.0f;                                            // relu
    case 2: x = x < a ? a : x; return x > b ? b : x;                               // clip to [a, b], to b where they are turned round
    case 3: return x > 0.0f ? x : a * x;                                           // leaky relu
    case 4: return a * x + b < 0.0f ? 0.0f : a * x + b > 1.0f ? 1.0f : a * x + b;  // hard sigmoid
    case 5: {                                                                      // hard swish
      const float gate = x / 6.0f + 0.5f;
      return x * (gate < 0.0f ? 0.0f : gate > 1.0f ? 1.0f : gate);
    }
    case 6: return 1.0f / (1.0f + std::exp(-x));                                   // sigmoid
    case 7: return x / (1.0f + std::exp(-a * x));                                  // swish
    case 8: return std::tanh(x);                                                   // tanh
    case 9: return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));                  // gelu
    case 10: return 0.5f * x * (1.0f + std::tanh(0.79788456f * (x + 0.044715f * x * x * x)));  // its approximation
    case 11: return x * std::tanh(x > 0.0f ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)));  // mish
    case 12: return x > 0.0f ? x : a * (std::exp(x) - 1.0f);                       // elu
    default: return x;
  }
}

/// The activations beside ReLU and clip. A call of its own in the interpreter, whose register tiles would grow by all of them; generated programs,
/// where the kind is compiled in, contain the one they need.
template <class Vec>
static Vec activate_otherwise(Vec x, int kind, float a, float b) {
  using W = Width<Vec>;
  const Vec zero = W::set1(0.0f), one = W::set1(1.0f), half = W::set1(0.5f);
  switch (kind) {
    case 3: return where_less(zero, x, x, mul(W::set1(a), x));
    case 4: return min(one, max(zero, multiply_add(W::set1(a), x, W::set1(b))));
    case 5: return mul(x, min(one, max(zero, multiply_add(x, W::set1(1.0f / 6.0f), half))));
    case 6: return sigmoid(x);
    case 7: return div(x, add(one, exponential(mul(W::set1(-a), x))));
    case 8: return hyperbolic_tangent(x);
    case 9: return mul(mul(half, x), add(one, error_function(mul(x, W::set1(0.70710678f)))));
    case 10: return mul(mul(half, x), add(one, hyperbolic_tangent(mul(W::set1(0.79788456f), multiply_add(mul(mul(x, x), x), W::set1(0.044715f), x)))));
    case 11: {
      // tanh(log(1 + e)) = (e^2 + 2 e) / (e^2 + 2 e + 2); beyond 20 it is 1.
      const Vec e = exponential(min(W::set1(20.0f), x)), square = mul(e, add(e, W::set1(2.0f)));
      return mul(x, div(square, add(square, W::set1(2.0f))));
    }
    case 12: return where_less(zero, x, x, mul(W::set1(a), sub(exponential(min(zero, x)), one)));
    default: return x;
  }
}

template <class Vec>
static inline Vec activate(Vec x, int kind, float a, float b) {
  if (kind == 0) return x;
  if (kind == 1) return max(x, Width<Vec>::set1(0.0f));
  if (kind == 2) return min(max(x, Width<Vec>::set1(a)), Width<Vec>::set1(b));
  return activate_otherwise(x, kind, a, b);
}

}  // namespace lne::simd
