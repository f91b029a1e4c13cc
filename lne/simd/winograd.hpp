// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
// Method: A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; matrices by Toom and Cook's construction.
#pragma once

#include "row.hpp"

namespace lne::simd {

struct WinogradShape {
  int channels, used_channels, src_step;  // of the source, filled up to a multiple of 8; those that are not filling; floats from one position to the next
  int height, width, out_height, out_width, out_vectors;
  int pad_top, pad_left;
  int dst_row, dst_column;  // floats from one line and one position of the result to the next
  int residual_row, residual_column;
  int vectors, positions, block_tiles;  // a register tile; tiles of the map that are in scratch memory at once
  int fetches_ahead;                  // the next weights are fetched while these are used
  int has_residual, activation;
  float low, high;
};

/// F(Outputs, Taps) in one dimension: y = result * ((kernel * g) . (source * d)), with d of Outputs + Taps - 1 elements.
template <int Outputs, int Taps>
struct WinogradMatrices {
  static constexpr int kSize = Outputs + Taps - 1;
  double source[kSize][kSize] = {};
  double result[Outputs][kSize] = {};
  double kernel[kSize][Taps] = {};

  constexpr WinogradMatrices() {
    // Opposite points around 1, which round least: of five, those between 0.6 and 2 that are exact in float and nearest to the least error.
    constexpr double five[] = {0.0, 0.75, -0.75, 1.5, -1.5}, seven[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5};
    const double* points = kSize == 6 ? five : seven;
    static_assert(kSize <= 8, "there are seven finite points");
    // The last point is at infinity: it takes the leading coefficient.
    for (int j = 0; j < kSize; ++j) {
      const bool is_infinite = j == kSize - 1;
      double polynomial[kSize] = {1.0};
      double scale = 1.0;
      for (int l = 0, degree = 0; l < kSize - 1; ++l) {
        if (l == j) continue;
        ++degree;
        for (int k = degree; k > 0; --k) polynomial[k] = polynomial[k - 1] - points[l] * polynomial[k];
        polynomial[0] = -points[l] * polynomial[0];
        if (!is_infinite) scale *= points[j] - points[l];
      }
      for (int k = 0; k < kSize; ++k) source[j][k] = polynomial[k];
      double power = 1.0;
      for (int k = 0; k < (Outputs > Taps ? Outputs : Taps); ++k) {
        if (k < Outputs) result[k][j] = is_infinite ? (k == Outputs - 1 ? 1.0 : 0.0) : power;
        if (k < Taps) kernel[j][k] = is_infinite ? (k == Taps - 1 ? 1.0 : 0.0) : power / scale;
        if (!is_infinite) power *= points[j];
      }
    }
  }
};

/// A tile of OutputsY x OutputsX results of a kernel of TapsY x TapsX; F(1, 1) stands for a dimension without taps.
template <int OutputsY, int TapsY, int OutputsX, int TapsX>
struct Winograd {
  static constexpr int kSizeY = OutputsY + TapsY - 1, kSizeX = OutputsX + TapsX - 1;
  static constexpr WinogradMatrices<OutputsY, TapsY> kDown{};
  static constexpr WinogradMatrices<OutputsX, TapsX> kAcross{};
};

/// The sum over k of row[k] * in[k], for k = First, First + Step, ...; zeros cost nothing, and ones no product.
template <int Columns, int First, int Step, class Vec>
static inline __attribute__((always_inline)) Vec winograd_dot(const double (&row)[Columns], const Vec* in) {
  int start = -1;
#pragma GCC unroll 8
  for (int k = First; k < Columns; k += Step) {
    if (start < 0 && row[k] == 1.0) start = k;
  }
  Vec sum = start < 0 ? Width<Vec>::set1(0.0f) : in[start < 0 ? 0 : start];
  bool has_term = start >= 0;
#pragma GCC unroll 8
  for (int k = First; k < Columns; k += Step) {
    if (row[k] == 0.0 || k == start) continue;
    const Vec factor = Width<Vec>::set1(static_cast<float>(row[k]));
    if (!has_term) sum = mul(in[k], factor);
    else if (row[k] == 1.0) sum = add(sum, in[k]);
    else if (row[k] == -1.0) sum = sub(sum, in[k]);
    else sum = multiply_add(in[k], factor, sum);
    has_term = true;
  }
  return sum;
}

/// The source polynomial at all points. Points 1 and 2, 3 and 4, ... are opposite: what they have in common is computed once. That needs all
/// points but 0 and infinity to have an opposite, so their number to be even.
template <int Size, class Vec>
static inline __attribute__((always_inline)) void winograd_evaluate(const double (&matrix)[Size][Size], const Vec* in, Vec* out) {
  out[0] = winograd_dot<Size, 0, 1>(matrix[0], in);
  if constexpr (Size > 1) out[Size - 1] = winograd_dot<Size, 0, 1>(matrix[Size - 1], in);
#pragma GCC unroll 8
  for (int j = 1; j + 1 < Size; j += 2) {
    if (Size % 2 == 0) {
      const Vec even = winograd_dot<Size, 0, 2>(matrix[j], in), odd = winograd_dot<Size, 1, 2>(matrix[j], in);
      out[j] = add(even, odd);
      out[j + 1] = sub(even, odd);
    } else {
      out[j] = winograd_dot<Size, 0, 1>(matrix[j], in);
      if (j + 2 < Size) out[j + 1] = winograd_dot<Size, 0, 1>(matrix[j + 1], in);
    }
  }
}

/// The results from the products at all points; sums and differences of opposite points are computed once.
template <int Outputs, int Size, class Vec>
static inline __attribute__((always_inline)) void winograd_interpolate(const double (&matrix)[Outputs][Size], const Vec* in, Vec* out) {
  if constexpr (Size == 1) {
    out[0] = in[0];
  } else {
    Vec even[Size], odd[Size];
#pragma GCC unroll 8
    for (int j = 1; j + 2 < Size; j += 2) {
      even[j] = add(in[j], in[j + 1]);
      odd[j] = sub(in[j], in[j + 1]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < Outputs; ++i) {
      bool has_term = i == 0;
      Vec sum = has_term ? in[0] : Width<Vec>::set1(0.0f);
#pragma GCC unroll 8
      for (int j = 1; j + 1 < Size; j += 2) {
        const Vec term = j + 2 >= Size ? in[j] : i % 2 == 0 ? even[j] : odd[j];
        const double factor = matrix[i][j];
        if (factor == 1.0) sum = has_term ? add(sum, term) : term;
        else sum = has_term ? multiply_add(term, Width<Vec>::set1(static_cast<float>(factor)), sum) : mul(term, Width<Vec>::set1(static_cast<float>(factor)));
        has_term = true;
      }
      if (i == Outputs - 1) sum = add(sum, in[Size - 1]);
      out[i] = sum;
    }
  }
}

/// One source tile at all points -> out[point * point_step]; `at` are the addresses of its elements.
template <int OutputsY, int TapsY, int OutputsX, int TapsX, class Vec>
static inline __attribute__((always_inline)) void winograd_source_tile(const float* const (&at)[OutputsY + TapsY - 1][OutputsX + TapsX - 1], int c, float* out, long point_step) {
  using Form = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
  constexpr int size_y = Form::kSizeY, size_x = Form::kSizeX;
  Vec half[size_x][size_y];
  for (int y = 0; y < size_y; ++y) {
    Vec line[size_x], points[size_x];
#pragma GCC unroll 8
    for (int x = 0; x < size_x; ++x) line[x] = Width<Vec>::load(at[y][x] + c);
    winograd_evaluate<size_x>(Form::kAcross.source, line, points);
#pragma GCC unroll 8
    for (int x = 0; x < size_x; ++x) half[x][y] = points[x];
  }
  for (int x = 0; x < size_x; ++x) {
    Vec points[size_y];
    winograd_evaluate<size_y>(Form::kDown.source, half[x], points);
#pragma GCC unroll 8
    for (int y = 0; y < size_y; ++y) store(out + (y * size_x + x) * point_step, points[y]);
  }
}

/// Source tiles [first, first + count) at all points -> to[point][tile][channel]; points lie `point_step` floats apart. `zeros` stands for the padding.
template <int OutputsY, int TapsY, int OutputsX, int TapsX>
__attribute__((noinline)) static void winograd_source(const WinogradShape& s, const float* src, const float* zeros, float* to, long point_step, int first, int count) {
  constexpr int size_y = OutputsY + TapsY - 1, size_x = OutputsX + TapsX - 1;
  const int across = (s.out_width + OutputsX - 1) / OutputsX;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * OutputsY - s.pad_top, left = (first + t) % across * OutputsX - s.pad_left;
    const float* at[size_y][size_x];
    for (int y = 0; y < size_y; ++y) {
      const bool has_line = top + y >= 0 && top + y < s.height;
      const float* line = src + (static_cast<long>(top + y) * s.width + left) * s.src_step;
      for (int x = 0; x < size_x; ++x) at[y][x] = has_line && left + x >= 0 && left + x < s.width ? line + static_cast<long>(x) * s.src_step : zeros;
    }
    float* out = to + static_cast<long>(t) * s.channels;
    int c = 0;
    for (; c + kWidest <= s.channels; c += kWidest) winograd_source_tile<OutputsY, TapsY, OutputsX, TapsX, Widest>(at, c, out + c, point_step);
    if (c < s.channels) winograd_source_tile<OutputsY, TapsY, OutputsX, TapsX, Vec8>(at, c, out + c, point_step);
  }
}

/// The results of one tile for one vector of channels, with bias, addend and activation; those beyond rows and columns are dropped.
template <int OutputsY, int TapsY, int OutputsX, int TapsX, class Vec>
static inline __attribute__((always_inline)) void winograd_result_tile(const WinogradShape& s, const float* in, long point_step, const float* biases, const float* residual, float* dst, int rows, int columns) {
  using Form = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
  constexpr int size_y = Form::kSizeY, size_x = Form::kSizeX;
  Vec half[OutputsY][size_x];
  for (int x = 0; x < size_x; ++x) {
    Vec points[size_y], sums[OutputsY];
#pragma GCC unroll 8
    for (int y = 0; y < size_y; ++y) points[y] = Width<Vec>::load(in + (y * size_x + x) * point_step);
    winograd_interpolate<OutputsY, size_y>(Form::kDown.result, points, sums);
#pragma GCC unroll 8
    for (int y = 0; y < OutputsY; ++y) half[y][x] = sums[y];
  }
  const Vec bias = Width<Vec>::load(biases);
  for (int y = 0; y < rows; ++y) {
    Vec sums[OutputsX];
    winograd_interpolate<OutputsX, size_x>(Form::kAcross.result, half[y], sums);
#pragma GCC unroll 8
    for (int x = 0; x < OutputsX; ++x) {
      if (x >= columns) break;
      Vec sum = add(sums[x], bias);
      if (s.has_residual) sum = add(sum, Width<Vec>::load(residual + static_cast<long>(y) * s.residual_row + static_cast<long>(x) * s.residual_column));
      store(dst + static_cast<long>(y) * s.dst_row + static_cast<long>(x) * s.dst_column, activate(sum, s.activation, s.low, s.high));
    }
  }
}

/// from[point][tile][8 * vectors] -> the tiles' results.
template <int OutputsY, int TapsY, int OutputsX, int TapsX>
__attribute__((noinline)) static void winograd_result(const WinogradShape& s, const float* from, long point_step, int vectors, const float* biases, const float* residual, float* dst, int first, int count) {
  const int across = (s.out_width + OutputsX - 1) / OutputsX;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * OutputsY, left = (first + t) % across * OutputsX;
    const int rows = top + OutputsY <= s.out_height ? OutputsY : s.out_height - top;
    const int columns = left + OutputsX <= s.out_width ? OutputsX : s.out_width - left;
    float* to = dst + static_cast<long>(top) * s.dst_row + static_cast<long>(left) * s.dst_column;
    const float* addend = residual + static_cast<long>(top) * s.residual_row + static_cast<long>(left) * s.residual_column;
    const float* in = from + 8L * vectors * t;
    int c = 0;
    for (; c + kWidest <= 8 * vectors; c += kWidest) winograd_result_tile<OutputsY, TapsY, OutputsX, TapsX, Widest>(s, in + c, point_step, biases + c, addend + c, to + c, rows, columns);
    if (c < 8 * vectors) winograd_result_tile<OutputsY, TapsY, OutputsX, TapsX, Vec8>(s, in + c, point_step, biases + c, addend + c, to + c, rows, columns);
  }
}

/// Sums over the channels at one point: Positions tiles times 8 * Vectors output channels, in registers.
template <int Vectors, int Positions>
static inline void winograd_multiply(const float* in, const float* weights, float* out, int step, int channels, const float* ahead) {
  Row<Vectors> sums[Positions];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) sums[p] = zero_row<Vectors>();
  accumulate<Vectors, Positions>(sums, in, step, weights, channels, ahead);
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) store_row<Vectors>(out + 8L * Vectors * p, sums[p]);
}

/// The register tiles of one layer: Vectors channel vectors, or one less; as many tiles of the map as one of Counts.
template <int Vectors, int... Counts>
struct WinogradProducts {
  void operator()(int vectors, int count, const float* in, const float* weights, float* out, int step, int channels, const float* ahead) const {
    if (vectors == Vectors) (void)((count == Counts && (winograd_multiply<Vectors, Counts>(in, weights, out, step, channels, ahead), true)) || ...);
    else if constexpr (Vectors > 1) (void)((count == Counts && (winograd_multiply<Vectors - 1, Counts>(in, weights, out, step, channels, ahead), true)) || ...);
  }
};

/// The transforms of one form.
struct WinogradForm {
  int outputs_y, outputs_x, points;
  void (*source)(const WinogradShape&, const float*, const float*, float*, long, int, int);
  void (*result)(const WinogradShape&, const float*, long, int, const float*, const float*, float*, int, int);
};

template <int OutputsY, int TapsY, int OutputsX, int TapsX>
constexpr WinogradForm winograd_form() {
  return {OutputsY, OutputsX, (OutputsY + TapsY - 1) * (OutputsX + TapsX - 1), winograd_source<OutputsY, TapsY, OutputsX, TapsX>, winograd_result<OutputsY, TapsY, OutputsX, TapsX>};
}

/// One convolution. weights: per block of channel vectors [point][channels][8 * vectors]. The first blocks have `vectors`, the others one less.
/// Points lie 16 floats further apart than their data, so that they do not meet in one set of the cache.
template <class Products>
static inline void winograd_run(const WinogradShape& s, const WinogradForm& form, const Products& multiply, const float* src, const float* weights, const float* biases, const float* residual, float* dst, float* scratch) {
  const int tiles = ((s.out_height + form.outputs_y - 1) / form.outputs_y) * ((s.out_width + form.outputs_x - 1) / form.outputs_x);
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const long source_step = static_cast<long>(s.block_tiles) * s.channels + 16, product_step = 8L * s.vectors * s.block_tiles + 16;
  float* products = scratch + form.points * source_step;
  float* zeros = products + form.points * product_step;
  for (int c = 0; c < s.channels; c += 8) store(zeros + c, set1(0.0f));
  for (int first = 0; first < tiles; first += s.block_tiles) {
    const int count = first + s.block_tiles <= tiles ? s.block_tiles : tiles - first;
    const int groups = (count + s.positions - 1) / s.positions, shorter = count / groups, longer_groups = count % groups;
    form.source(s, src, zeros, scratch, source_step, first, count);
    int done = 0;
    for (int block = 0; block < blocks; ++block) {
      const int vectors = block < full_blocks ? s.vectors : s.vectors - 1;
      const long point_weights = 8L * vectors * s.used_channels;
      const float* own = weights + 8L * form.points * s.used_channels * done;
      for (int point = 0; point < form.points; ++point, own += point_weights) {
        const float* in = scratch + point * source_step;
        float* out = products + point * product_step;
        for (int group = 0; group < groups; ++group) {
          const int size = group < longer_groups ? shorter + 1 : shorter;
          const bool fetches = s.fetches_ahead && 2 * group < vectors;
          multiply(vectors, size, in, own, out, s.channels, s.used_channels, fetches ? own + point_weights + 16L * group * s.used_channels : nullptr);
          in += static_cast<long>(size) * s.channels;
          out += 8L * vectors * size;
        }
      }
      form.result(s, products, product_step, vectors, biases + 8L * done, residual + (s.has_residual ? 8L * done : 0), dst + 8L * done, first, count);
      done += vectors;
    }
  }
}

/// A convolution that is one of several which make up a layer: a group of channels, or every n-th line and column of the result.
struct WinogradPart {
  WinogradShape shape;
  int src, dst, residual, biases;  // where it begins, in floats
};

template <int Parts>
struct WinogradLayer {
  WinogradPart parts[Parts];
};

/// weights: those of all parts, then the biases.
template <class Products, int Parts>
static inline void winograd_layer(const WinogradLayer<Parts>& layer, const WinogradForm& form, const Products& multiply, const float* const* src, const float* weights, float* dst, float* scratch) {
  const float* biases = weights;
  for (const WinogradPart& part : layer.parts) biases += 8L * form.points * part.shape.used_channels * part.shape.out_vectors;
#pragma GCC unroll 4
  for (int i = 0; i < Parts; ++i) {
    const WinogradPart& part = layer.parts[i];
    winograd_run(part.shape, form, multiply, src[0] + part.src, weights, biases + part.biases, part.shape.has_residual ? src[1] + part.residual : dst, dst + part.dst, scratch);
    weights += 8L * form.points * part.shape.used_channels * part.shape.out_vectors;
  }
}

template <int OutputsY, int TapsY, int OutputsX, int TapsX, int Vectors, int... Counts, int Parts>
static inline void winograd_conv(const WinogradLayer<Parts>& layer, const float* const* src, const float* weights, float* dst, float* scratch) {
  winograd_layer(layer, winograd_form<OutputsY, TapsY, OutputsX, TapsX>(), WinogradProducts<Vectors, Counts...>(), src, weights, dst, scratch);
}

}  // namespace lne::simd
