// Direct convolution: a register tile of output channels times positions that share their taps; taps that fall on padding are skipped.
#pragma once

#include "row.hpp"
#include "span.hpp"

namespace lne::simd {

/// A source in channels-last layout is summed along its channels, per tap; one in plain layout along the taps of a line, per channel.
struct DirectShape {
  int is_plain, groups;
  int channels, src_step;  // of one group; floats from one source position to the next
  int height, width, out_height, out_width;
  int out_vectors, dst_step, dst_row;  // of one group; floats from one result and one line of results to the next
  int residual_step, residual_row;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w;
  int vectors, positions;  // a register tile
  int has_residual, activation;
  float low, high;
};

struct DirectTile {
  const float* src;
  const float* weights;
  const float* biases;
  const float* residual;
  float* dst;
  long src_jump, dst_jump, residual_jump;  // floats from one position of the tile to the next
  int first_y, last_y, first_x, last_x;
};

/// weights: [kernel_h][kernel_w][channels][8 * Vectors], or [channels][kernel_h][kernel_w][8 * Vectors] for a plain source.
template <int Vectors, int Positions>
static inline void direct_tile(const DirectShape& s, const DirectTile& t) {
  Row<Vectors> sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = load_row<Vectors>(t.biases);
  if (s.is_plain) {
    for (int c = 0; c < s.channels; ++c) {
      for (int ky = t.first_y; ky < t.last_y; ++ky) {
        const float* in = t.src + (static_cast<long>(c) * s.height + ky * s.dilation_h) * s.width + t.first_x;
        const float* w = t.weights + static_cast<long>((c * s.kernel_h + ky) * s.kernel_w + t.first_x) * (8 * Vectors);
        accumulate<Vectors, Positions>(sums, in, t.src_jump, w, t.last_x - t.first_x, nullptr);
      }
    }
  } else {
    for (int ky = t.first_y; ky < t.last_y; ++ky) {
      for (int kx = t.first_x; kx < t.last_x; ++kx) {
        const float* in = t.src + static_cast<long>(ky * s.dilation_h * s.width + kx * s.dilation_w) * s.src_step;
        accumulate<Vectors, Positions>(sums, in, t.src_jump, t.weights + static_cast<long>(ky * s.kernel_w + kx) * s.channels * (8 * Vectors), s.channels, nullptr);
      }
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
    if (s.has_residual) sums[p] = add_rows<Vectors>(sums[p], load_row<Vectors>(t.residual + p * t.residual_jump));
    store_row<Vectors>(t.dst + p * t.dst_jump, activate_row<Vectors>(sums[p], s.activation, s.low, s.high));
  }
}

/// The register tiles of one layer: Vectors channel vectors, or one less; as many positions as one of Counts.
template <int Vectors, int... Counts>
struct DirectTiles {
  void operator()(const DirectShape& s, const DirectTile& t, int vectors, int count) const {
    if (vectors == Vectors) (void)((count == Counts && (direct_tile<Vectors, Counts>(s, t), true)) || ...);
    else if constexpr (Vectors > 1) (void)((count == Counts && (direct_tile<Vectors - 1, Counts>(s, t), true)) || ...);
  }
};

/// One rectangle for one block of output channels. Strips run along its longer side and are cut into tiles of nearly one size.
template <class Tiles>
static inline void direct_rectangle(const DirectShape& s, const Tiles& tiles, DirectTile t, int vectors, const float* src, float* dst, const float* residual, const Span& down, const Span& across) {
  const int lines_y = down.to - down.from, lines_x = across.to - across.from;
  const bool is_column = lines_y > lines_x;
  const int length = is_column ? lines_y : lines_x, lines = is_column ? lines_x : lines_y;
  const int groups = (length + s.positions - 1) / s.positions, shorter = length / groups, longer_groups = length % groups;
  const long step_x = static_cast<long>(s.stride_w) * s.src_step, step_y = static_cast<long>(s.stride_h) * s.width * s.src_step;
  const long to_x = s.dst_step, to_y = s.dst_row;
  t.src_jump = is_column ? step_y : step_x;
  t.dst_jump = is_column ? to_y : to_x;
  t.residual_jump = is_column ? s.residual_row : s.residual_step;
  t.first_y = down.first;
  t.last_y = down.last;
  t.first_x = across.first;
  t.last_x = across.last;
  const float* corner = src + (static_cast<long>(down.from * s.stride_h - s.pad_top) * s.width + (across.from * s.stride_w - s.pad_left)) * s.src_step;
  for (int line = 0; line < lines; ++line) {
    const int y = down.from + (is_column ? 0 : line), x = across.from + (is_column ? line : 0);
    t.src = corner + line * (is_column ? step_x : step_y);
    t.dst = dst + y * to_y + x * to_x;
    t.residual = s.has_residual ? residual + static_cast<long>(y) * s.residual_row + static_cast<long>(x) * s.residual_step : nullptr;
    for (int group = 0; group < groups; ++group) {
      const int count = group < longer_groups ? shorter + 1 : shorter;
      tiles(s, t, vectors, count);
      t.src += count * t.src_jump;
      t.dst += count * t.dst_jump;
      if (s.has_residual) t.residual += count * t.residual_jump;
    }
  }
}

/// weights: per group and block of channel vectors those of its tiles. The first blocks have `vectors`, the others one less.
template <class Tiles>
static inline void direct_run(const DirectShape& s, const Tiles& tiles, const float* const* src, const float* weights, const float* biases, float* dst) {
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const long taps = 8L * s.kernel_h * s.kernel_w * s.channels;
  DirectTile t{};
  t.weights = weights;
  t.biases = biases;
  for (int group = 0; group < s.groups; ++group) {
    int done = group * s.out_vectors;
    for (int block = 0; block < blocks; ++block) {
      const int vectors = block < full_blocks ? s.vectors : s.vectors - 1;
      visit_rectangles(s, [&](const Span& down, const Span& across) {
        direct_rectangle(s, tiles, t, vectors, src[0] + group * s.channels, dst + 8L * done, s.has_residual ? src[1] + 8L * done : nullptr, down, across);
      });
      t.weights += taps * vectors;
      t.biases += 8 * vectors;
      done += vectors;
    }
  }
}

static inline long direct_weights(const DirectShape& s) { return 8L * s.kernel_h * s.kernel_w * s.channels * s.out_vectors * s.groups; }

}  // namespace lne::simd
