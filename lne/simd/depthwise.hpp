// Depthwise convolution in channels-last layout: runs of positions that share their taps, a vector of channels at a time.
#pragma once

#include "activation.hpp"
#include "span.hpp"

namespace lne::simd {

struct DepthwiseShape {
  int channels, src_step, dst_step, residual_step;  // filled up to a multiple of eight; floats from one position to the next
  int height, width, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int positions;  // of a run
  int has_residual, activation;
  float low, high;
};

/// A run of positions along a line or a column, from its first source element of the first tap on. Steps are in floats.
struct DepthwiseRun {
  const float* src;
  const float* weights;
  const float* biases;
  const float* residual;
  float* dst;
  long src_jump, dst_jump, residual_jump;  // from one position to the next
  long along, across;                      // from one tap to the next, in the direction of the run and at right angles to it
  long weight_along, weight_across;
  int taps_along, taps_across;
};

/// Taps and Stride, where they are known, let neighbouring positions share the source elements that both read; 0 stands for any.
template <class Vec, int Positions, int Taps, int Stride>
static inline __attribute__((always_inline)) void depthwise_channels(const DepthwiseShape& s, const DepthwiseRun& r, int c) {
  Vec sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = Width<Vec>::load(r.biases + c);
  for (int b = 0; b < r.taps_across; ++b) {
    const float* in = r.src + b * r.across + c;
    const float* w = r.weights + b * r.weight_across + c;
    if constexpr (Taps > 0) {
      constexpr int elements = (Positions - 1) * Stride + Taps;
#pragma GCC unroll 32
      for (int e = 0; e < elements; ++e) {
        const Vec x = Width<Vec>::load(in + e * r.along);
#pragma GCC unroll 16
        for (int a = 0; a < Taps; ++a) {
          if ((e - a) % Stride == 0 && e >= a && (e - a) / Stride < Positions) sums[(e - a) / Stride] = multiply_add(x, Width<Vec>::load(w + a * r.weight_along), sums[(e - a) / Stride]);
        }
      }
    } else {
      for (int a = 0; a < r.taps_along; ++a) {
        const Vec kernel = Width<Vec>::load(w + a * r.weight_along);
#pragma GCC unroll 16
        for (int p = 0; p < Positions; ++p) sums[p] = multiply_add(Width<Vec>::load(in + a * r.along + p * r.src_jump), kernel, sums[p]);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
    if (s.has_residual) sums[p] = add(sums[p], Width<Vec>::load(r.residual + p * r.residual_jump + c));
    store(r.dst + p * r.dst_jump + c, activate(sums[p], s.activation, s.low, s.high));
  }
}

template <int Positions, int Taps, int Stride>
static inline void depthwise_run(const DepthwiseShape& s, const DepthwiseRun& r) {
  int c = 0;
  for (; c + kWidest <= s.channels; c += kWidest) depthwise_channels<Widest, Positions, Taps, Stride>(s, r, c);
  if (c < s.channels) depthwise_channels<Vec8, Positions, Taps, Stride>(s, r, c);
}

/// The runs of one layer: as many positions as one of Counts; runs of a whole window's taps know Taps and Stride, where the window is square.
template <int Taps, int Stride, int... Counts>
struct DepthwiseRuns {
  void operator()(const DepthwiseShape& s, const DepthwiseRun& r, int count) const {
    if (Taps > 0 && r.taps_along == Taps && count > 1) (void)((count == Counts && (depthwise_run<Counts, Taps, Stride>(s, r), true)) || ...);
    else (void)((count == Counts && (depthwise_run<Counts, 0, 0>(s, r), true)) || ...);
  }
};

/// Lines [from, to) of the result; dst is where the first of them lies. weights: [kernel_h][kernel_w][channels], then the biases.
template <class Runs>
static inline void depthwise_lines(const DepthwiseShape& s, const Runs& runs, int from, int to, const float* const* src, const float* weights, float* dst) {
  const float* biases = weights + static_cast<long>(s.kernel_h) * s.kernel_w * s.channels;
  const long line = static_cast<long>(s.width) * s.src_step;
  visit_rectangles(s, from, to, [&](const Span& down, const Span& across) {
    const bool is_column = down.count() > across.count();
    const int lines = is_column ? across.count() : down.count(), length = is_column ? down.count() : across.count();
    const int groups = (length + s.positions - 1) / s.positions, shorter = length / groups, longer_groups = length % groups;
    const long dst_row = static_cast<long>(s.out_width) * s.dst_step, residual_row = static_cast<long>(s.out_width) * s.residual_step;
    DepthwiseRun r{};
    r.weights = weights + static_cast<long>(down.first * s.kernel_w + across.first) * s.channels;
    r.biases = biases;
    r.src_jump = is_column ? s.stride_h * line : static_cast<long>(s.stride_w) * s.src_step;
    r.dst_jump = is_column ? dst_row : s.dst_step;
    r.residual_jump = is_column ? residual_row : s.residual_step;
    r.along = is_column ? s.dilation_h * line : static_cast<long>(s.dilation_w) * s.src_step;
    r.across = is_column ? static_cast<long>(s.dilation_w) * s.src_step : s.dilation_h * line;
    r.weight_along = static_cast<long>(is_column ? s.kernel_w : 1) * s.channels;
    r.weight_across = static_cast<long>(is_column ? 1 : s.kernel_w) * s.channels;
    r.taps_along = is_column ? down.last - down.first : across.last - across.first;
    r.taps_across = is_column ? across.last - across.first : down.last - down.first;
    for (int i = 0; i < lines; ++i) {
      int y = is_column ? down.from : down.from + i, x = is_column ? across.from + i : across.from;
      for (int group = 0; group < groups; ++group) {
        const int count = group < longer_groups ? shorter + 1 : shorter;
        r.src = src[0] + static_cast<long>(y * s.stride_h - s.pad_top + down.first * s.dilation_h) * line + static_cast<long>(x * s.stride_w - s.pad_left + across.first * s.dilation_w) * s.src_step;
        r.dst = dst + (y - from) * dst_row + static_cast<long>(x) * s.dst_step;
        r.residual = s.has_residual ? src[1] + y * residual_row + static_cast<long>(x) * s.residual_step : nullptr;
        runs(s, r, count);
        if (is_column) y += count;
        else x += count;
      }
    }
  });
}

}  // namespace lne::simd
