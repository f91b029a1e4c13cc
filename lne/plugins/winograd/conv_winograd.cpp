/// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
/// Method: A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; matrices by Toom and Cook's construction.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "../../simd/row.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
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
    constexpr double points[] = {0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5};
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
  using namespace simd;
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

/// The source polynomial at all points. Points 1 and 2, 3 and 4, ... are opposite: what they have in common is computed once.
template <int Size, class Vec>
static inline __attribute__((always_inline)) void winograd_evaluate(const double (&matrix)[Size][Size], const Vec* in, Vec* out) {
  using namespace simd;
  out[0] = winograd_dot<Size, 0, 1>(matrix[0], in);
  if constexpr (Size > 1) out[Size - 1] = winograd_dot<Size, 0, 1>(matrix[Size - 1], in);
#pragma GCC unroll 8
  for (int j = 1; j + 1 < Size; j += 2) {
    if (j + 2 < Size) {
      const Vec even = winograd_dot<Size, 0, 2>(matrix[j], in), odd = winograd_dot<Size, 1, 2>(matrix[j], in);
      out[j] = add(even, odd);
      out[j + 1] = sub(even, odd);
    } else {
      out[j] = winograd_dot<Size, 0, 1>(matrix[j], in);
    }
  }
}

/// The results from the products at all points; sums and differences of opposite points are computed once.
template <int Outputs, int Size, class Vec>
static inline __attribute__((always_inline)) void winograd_interpolate(const double (&matrix)[Outputs][Size], const Vec* in, Vec* out) {
  using namespace simd;
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
  using namespace simd;
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
  using namespace simd;
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
  using namespace simd;
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
  using namespace simd;
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
  using namespace simd;
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

/// weights: per block of channel vectors [point][channels][8 * vectors], then the biases. The first blocks have `vectors`, the others one less.
/// Points lie 16 floats further apart than their data, so that they do not meet in one set of the cache.
template <class Products>
static inline void winograd_run(const WinogradShape& s, const WinogradForm& form, const Products& multiply, const float* const* src, const float* weights, float* dst, float* scratch) {
  const int tiles = ((s.out_height + form.outputs_y - 1) / form.outputs_y) * ((s.out_width + form.outputs_x - 1) / form.outputs_x);
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  const long source_step = static_cast<long>(s.block_tiles) * s.channels + 16, product_step = 8L * s.vectors * s.block_tiles + 16;
  float* products = scratch + form.points * source_step;
  float* zeros = products + form.points * product_step;
  for (int c = 0; c < s.channels; c += 8) simd::store(zeros + c, simd::set1(0.0f));
  const float* biases = weights + 8L * form.points * s.used_channels * s.out_vectors;
  const float* residual = s.has_residual ? src[1] : dst;
  for (int first = 0; first < tiles; first += s.block_tiles) {
    const int count = first + s.block_tiles <= tiles ? s.block_tiles : tiles - first;
    const int groups = (count + s.positions - 1) / s.positions, shorter = count / groups, longer_groups = count % groups;
    form.source(s, src[0], zeros, scratch, source_step, first, count);
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
      form.result(s, products, product_step, vectors, biases + 8L * done, residual + 8L * done, dst + 8L * done, first, count);
      done += vectors;
    }
  }
}

template <int OutputsY, int TapsY, int OutputsX, int TapsX, int Vectors, int... Counts>
static inline void winograd_conv(const WinogradShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  winograd_run(s, winograd_form<OutputsY, TapsY, OutputsX, TapsX>(), WinogradProducts<Vectors, Counts...>(), src, weights, dst, scratch);
}
// kernel-end

constexpr int kMostVectors = 8;
constexpr int kMostPositions = 14;

/// One register is left for the broadcast element, and one for each part of a row of weights.
constexpr bool fits(int vectors, int positions) {
#if defined(__AVX512VL__)
  const int each = (vectors + 1) / 2, most = 32;
#elif defined(__aarch64__)
  const int each = 2 * vectors, most = 32;
#else
  const int each = vectors, most = 16;
#endif
  return positions == 1 || each * (positions + 1) + 1 <= most;
}

/// What a variant {outputs down, outputs across, vectors, positions, tiles at once} means for a layer.
struct Form {
  int outputs_y, taps_y, outputs_x, taps_x, vectors, positions, block_tiles;
  int size_y() const { return outputs_y + taps_y - 1; }
  int size_x() const { return outputs_x + taps_x - 1; }
  int points() const { return size_y() * size_x(); }
};

template <int OutputsY, int TapsY, int OutputsX, int TapsX>
struct Transforms {
  /// The kernel of one pair of channels at all points: down * g * across^T.
  static void kernel(const float* g, double* points) {
    using Matrices = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
    double half[Matrices::kSizeY][TapsX] = {};
    for (int i = 0; i < Matrices::kSizeY; ++i) {
      for (int y = 0; y < TapsY; ++y) {
        for (int x = 0; x < TapsX; ++x) half[i][x] += Matrices::kDown.kernel[i][y] * static_cast<double>(g[y * TapsX + x]);
      }
    }
    for (int i = 0; i < Matrices::kSizeY; ++i) {
      for (int j = 0; j < Matrices::kSizeX; ++j) {
        double sum = 0;
        for (int x = 0; x < TapsX; ++x) sum += half[i][x] * Matrices::kAcross.kernel[j][x];
        points[i * Matrices::kSizeX + j] = sum;
      }
    }
  }
};

struct TransformsOfForm {
  int outputs_y, taps_y, outputs_x, taps_x;
  WinogradForm form;
  void (*kernel)(const float*, double*);
};

template <int OutputsY, int TapsY, int OutputsX, int TapsX>
constexpr TransformsOfForm offer() {
  using Of = Transforms<OutputsY, TapsY, OutputsX, TapsX>;
  return {OutputsY, TapsY, OutputsX, TapsX, winograd_form<OutputsY, TapsY, OutputsX, TapsX>(), Of::kernel};
}

/// Square kernels, and those of one row or one column.
constexpr TransformsOfForm kForms[] = {
    offer<2, 3, 2, 3>(), offer<4, 3, 4, 3>(), offer<6, 3, 6, 3>(), offer<2, 5, 2, 5>(), offer<4, 5, 4, 5>(), offer<1, 1, 2, 3>(), offer<1, 1, 4, 3>(), offer<1, 1, 6, 3>(),
    offer<1, 1, 2, 5>(), offer<1, 1, 4, 5>(), offer<2, 3, 1, 1>(), offer<4, 3, 1, 1>(), offer<6, 3, 1, 1>(), offer<2, 5, 1, 1>(), offer<4, 5, 1, 1>(),
};

const TransformsOfForm& transforms_of(const Form& form) {
  return *std::find_if(std::begin(kForms), std::end(kForms), [&](const TransformsOfForm& offered) {
    return offered.outputs_y == form.outputs_y && offered.taps_y == form.taps_y && offered.outputs_x == form.outputs_x && offered.taps_x == form.taps_x;
  });
}

/// All register tiles that a plan can name, for the interpreter.
struct AnyProducts {
  using Multiply = void (*)(const float*, const float*, float*, int, int, const float*);

  template <int Vectors, int... Positions>
  static constexpr std::array<Multiply, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(fits(Vectors, Positions + 1) ? static_cast<Multiply>(winograd_multiply<Vectors, fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
  }
  template <int... Vectors>
  static constexpr std::array<std::array<Multiply, kMostPositions>, kMostVectors> all(std::integer_sequence<int, Vectors...>) {
    return {row<Vectors + 1>(std::make_integer_sequence<int, kMostPositions>())...};
  }

  void operator()(int vectors, int count, const float* in, const float* weights, float* out, int step, int channels, const float* ahead) const {
    static constexpr auto tiles = all(std::make_integer_sequence<int, kMostVectors>());
    tiles[static_cast<std::size_t>(vectors - 1)][static_cast<std::size_t>(count - 1)](in, weights, out, step, channels, ahead);
  }
};

struct Sizes {
  std::int64_t used_channels, channels, out_channels, taps_y, taps_x, height, width;
};

Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const std::int64_t channels = shape_of(graph, node, 0)[1];
  return {channels, padded_channels(channels), padded_channels(dst[1]), kernel[2], kernel[3], dst[2], dst[3]};
}

std::int64_t tiles_of(const Sizes& sizes, const Form& form) { return ((sizes.height + form.outputs_y - 1) / form.outputs_y) * ((sizes.width + form.outputs_x - 1) / form.outputs_x); }

/// Cycles that weights take to come from beyond the second cache.
double fetch_cycles_of(double weight_bytes) { return weight_bytes > 400e3 ? weight_bytes / (weight_bytes > 12e6 ? 5 : 16) : 0.0; }

/// Expected cycles of a core that does 16 multiply-adds each.
double cycles_of(const Sizes& sizes, const Form& form) {
  const double tiles = static_cast<double>(tiles_of(sizes, form)), points = form.points();
  const double in = static_cast<double>(sizes.used_channels), vectors = static_cast<double>(sizes.out_channels) / 8;
  const double passes = std::ceil(tiles / form.block_tiles), blocks = std::ceil(vectors / form.vectors), groups = passes * std::ceil(tiles / passes / form.positions);
  const double each = tiles / groups, wide = vectors / blocks;
  const double per_channel = std::max({each * wide / 2, (wide + 1) / 2 + each / 2, 4.0}) + 0.4;
  const double products = points * blocks * groups * (in * per_channel + each * wide / 2 + 12);
  const auto steps = [](int size) { return 3.5 * size; };
  // Tiles that the second cache does not hold come from the third for each block of output channels.
  const double tile_bytes = static_cast<double>(form.block_tiles) * points * static_cast<double>(sizes.channels) * 4;
  const double spilled = tile_bytes > 500e3 ? passes * tile_bytes * (blocks + 1) / 24 : 0.0;
  const double source = steps(form.size_x()) * form.size_y() + steps(form.size_y()) * form.size_x() + 4 * points;
  const double result = steps(form.size_y()) * form.size_x() + steps(form.size_x()) * form.outputs_y + 3 * points;
  const double transforms = tiles * (std::ceil(static_cast<double>(sizes.channels) / 16) * source + blocks * std::ceil(wide / 2) * result);
  return std::max(products, fetch_cycles_of(points * in * vectors * 32 * passes) + spilled) + 0.3 * spilled + transforms;
}

double direct_cycles_of(const Sizes& sizes) {
  const double weights = static_cast<double>(sizes.taps_y * sizes.taps_x * sizes.used_channels * sizes.out_channels);
  return std::max(static_cast<double>(sizes.height * sizes.width) * weights / 16 / 0.85, fetch_cycles_of(weights * 4));
}

constexpr std::size_t kMostForms = 24;

/// The forms that fit the kernel, the one that is expected to be fastest first.
std::vector<Form> forms_for(const Sizes& sizes) {
  std::vector<std::pair<double, Form>> found;
  const int total = static_cast<int>(sizes.out_channels / 8);
  for (const TransformsOfForm& offered : kForms) {
    if (offered.taps_y != sizes.taps_y || offered.taps_x != sizes.taps_x) continue;
    std::set<std::array<int, 3>> seen;
    for (int most = kMostVectors; most >= 1; --most) {
      const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
      for (int positions = kMostPositions; positions >= 1; --positions) {
        Form form{offered.outputs_y, offered.taps_y, offered.outputs_x, offered.taps_x, vectors, positions, 0};
        if (!fits(vectors, positions)) continue;
        const std::int64_t tiles = tiles_of(sizes, form);
        // Source tiles that stay in the second cache, or so many that the weights pass once.
        for (const std::int64_t floats : {96 * 1024, 1024 * 1024}) {
          const std::int64_t most_tiles = std::max<std::int64_t>(positions, floats / (form.points() * sizes.channels));
          const std::int64_t passes = (tiles + most_tiles - 1) / most_tiles;
          form.block_tiles = static_cast<int>((tiles + passes - 1) / passes);
          const std::int64_t groups = (form.block_tiles + positions - 1) / positions;
          form.positions = static_cast<int>((form.block_tiles + groups - 1) / groups);
          if (seen.insert({vectors, form.positions, form.block_tiles}).second) found.push_back({cycles_of(sizes, form), form});
        }
      }
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Form> forms;
  for (const auto& [cycles, form] : found) {
    if (forms.size() < kMostForms) forms.push_back(form);
  }
  return forms;
}

std::string refuse(const Graph& graph, const Node& node) {
  if (node.integer("group", 1) != 1) return "grouped convolutions are computed by other primitives";
  for (const char* name : {"strides", "dilations"}) {
    for (const std::int64_t value : node.integers(name, {})) {
      if (value != 1) return "it is for stride and dilation 1";
    }
  }
  const Sizes sizes = sizes_of(graph, node);
  if (sizes.height * sizes.width * sizes.out_channels > (1 << 28) || sizes.channels * sizes.out_channels > (1 << 24)) return "it is too large for 32-bit positions";
  if (forms_for(sizes).empty()) return "it is for kernels of 3 x 3, 5 x 5, and one row or column of 3 or 5";
  return {};
}

std::vector<Variant> variants(const Graph& graph, const Node& node) {
  std::vector<Variant> found;
  for (const Form& form : forms_for(sizes_of(graph, node))) found.push_back({form.outputs_y, form.outputs_x, form.vectors, form.positions, form.block_tiles});
  return found;
}

bool pays(const Graph& graph, const Node& node) {
  const Sizes sizes = sizes_of(graph, node);
  return cycles_of(sizes, forms_for(sizes).front()) < 0.9 * direct_cycles_of(sizes);
}

std::vector<float> pack(const Graph& graph, const Node& node, const Form& form) {
  const Value& weights = graph.value(node.inputs[1]);
  const Sizes sizes = sizes_of(graph, node);
  const auto transform = transforms_of(form).kernel;
  const std::int64_t out = weights.shape[0], in = weights.shape[1], plane = sizes.taps_y * sizes.taps_x, points = form.points();
  const std::int64_t total = sizes.out_channels / 8, blocks = (total + form.vectors - 1) / form.vectors, full_lanes = 8 * form.vectors * (total - blocks * (form.vectors - 1));
  std::vector<float> packed(static_cast<std::size_t>((points * in + 1) * sizes.out_channels), 0.0f);
  std::vector<double> values(static_cast<std::size_t>(points));
  for (std::int64_t oc = 0; oc < out; ++oc) {
    const std::int64_t lanes = 8 * (oc < full_lanes ? form.vectors : form.vectors - 1), start = oc < full_lanes ? 0 : full_lanes;
    const std::int64_t first = start + (oc - start) / lanes * lanes;
    for (std::int64_t c = 0; c < in; ++c) {
      transform(weights.floats.data() + (oc * in + c) * plane, values.data());
      for (std::int64_t point = 0; point < points; ++point) {
        packed[static_cast<std::size_t>(points * in * first + (point * in + c) * lanes + (oc - first))] = static_cast<float>(values[static_cast<std::size_t>(point)]);
      }
    }
    if (has_input(node, 2)) packed[static_cast<std::size_t>(points * in * sizes.out_channels + oc)] = graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)];
  }
  return packed;
}

/// How many tiles of the map the register tiles of a layer take.
std::set<int> counts_of(std::int64_t tiles, const Form& form) {
  std::set<int> counts;
  for (std::int64_t first = 0; first < tiles; first += form.block_tiles) {
    const int count = static_cast<int>(std::min<std::int64_t>(form.block_tiles, tiles - first));
    const int groups = (count + form.positions - 1) / form.positions;
    counts.insert(count / groups);
    if (count % groups > 0) counts.insert(count / groups + 1);
  }
  return counts;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Sizes sizes = sizes_of(graph, node);
  const Form form{variant[0], static_cast<int>(sizes.taps_y), variant[1], static_cast<int>(sizes.taps_x), variant[2], variant[3], variant[4]};
  const Shape& src = shape_of(graph, node, 0);
  const auto pads = node.integers("pads", {});
  const bool fetches_ahead = form.points() * sizes.used_channels * sizes.out_channels > 200 * 1024;
  const std::vector<std::int64_t> numbers{sizes.channels, sizes.used_channels, src_step_of(graph, node, 0), src[2], src[3], sizes.height, sizes.width, sizes.out_channels / 8, pads[0], pads[1],
                                          sizes.width * dst_step_of(graph, node), dst_step_of(graph, node), sizes.width * residual_step_of(graph, node), residual_step_of(graph, node), form.vectors, form.positions, form.block_tiles, fetches_ahead, node.residual >= 0};
  const auto at = [&](std::size_t i) { return static_cast<int>(numbers[i]); };
  const WinogradShape s{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13), at(14), at(15), at(16), at(17), at(18), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "winograd_conv<";
  for (const int argument : {form.outputs_y, form.taps_y, form.outputs_x, form.taps_x, form.vectors}) lowered.function += std::to_string(argument) + ", ";
  for (const int count : counts_of(tiles_of(sizes, form), form)) lowered.function += std::to_string(count) + ", ";
  lowered.function.replace(lowered.function.size() - 2, 2, ">");
  lowered.shape_type = "WinogradShape";
  const std::string list = braced(numbers);
  lowered.shape_value = list.substr(0, list.size() - 1) + ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, form);
  lowered.scratch_floats = form.points() * (form.block_tiles * (sizes.channels + 8 * form.vectors) + 32) + sizes.channels;
  lowered.run = [s, transforms = transforms_of(form).form](const float* const* sources, const float* weights, float* dst, float* scratch) { winograd_run(s, transforms, AnyProducts(), sources, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_winograd_conv_winograd(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "winograd.conv";
  primitive.op = "conv";
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.refuse = refuse;
  primitive.variants = variants;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  // Where it does not pay it still goes before the reference.
  primitive.preference = [](const Graph& graph, const Node& node) { return pays(graph, node) ? 30 : 5; };
  registry.add(std::move(primitive));
}

}  // namespace lne
