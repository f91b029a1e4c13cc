/// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
/// Method: A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; matrices by Toom and Cook's construction.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct WinogradShape {
  int channels;  // of the source, filled up to a multiple of 8
  int height, width, out_height, out_width, out_vectors;
  int pad_top, pad_left;
  int block_tiles;  // tiles that are in scratch memory at once
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

/// out[r] = sum over c of matrix[r][c] * in[c]; zeros of the matrix cost nothing.
template <int Rows, int Columns>
static inline __attribute__((always_inline)) void winograd_apply(const double (&matrix)[Rows][Columns], const simd::Vec8* in, simd::Vec8* out) {
  using namespace simd;
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
    Vec8 sum = set1(0.0f);
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) {
      if (matrix[r][c] != 0.0) sum = multiply_add(in[c], set1(static_cast<float>(matrix[r][c])), sum);
    }
    out[r] = sum;
  }
}

/// Source tiles [first, first + count) at all points -> to[point][tile][channel]; points lie `point_step` floats apart.
template <int OutputsY, int TapsY, int OutputsX, int TapsX>
__attribute__((noinline)) static void winograd_source(const WinogradShape& s, const float* src, float* to, long point_step, int first, int count) {
  using namespace simd;
  using Form = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
  constexpr int size_y = Form::kSizeY, size_x = Form::kSizeX;
  const int across = (s.out_width + OutputsX - 1) / OutputsX;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * OutputsY - s.pad_top, left = (first + t) % across * OutputsX - s.pad_left;
    const bool is_inside = top >= 0 && left >= 0 && top + size_y <= s.height && left + size_x <= s.width;
    for (int c = 0; c < s.channels; c += 8) {
      Vec8 half[size_x][size_y];
      for (int y = 0; y < size_y; ++y) {
        Vec8 line[size_x], points[size_x];
        const float* in = src + (static_cast<long>(top + y) * s.width + left) * s.channels + c;
        if (is_inside) {
#pragma GCC unroll 8
          for (int x = 0; x < size_x; ++x) line[x] = load(in + static_cast<long>(x) * s.channels);
        } else {
          const bool has_line = top + y >= 0 && top + y < s.height;
          for (int x = 0; x < size_x; ++x) line[x] = has_line && left + x >= 0 && left + x < s.width ? load(in + static_cast<long>(x) * s.channels) : set1(0.0f);
        }
        winograd_apply(Form::kAcross.source, line, points);
#pragma GCC unroll 8
        for (int x = 0; x < size_x; ++x) half[x][y] = points[x];
      }
      float* out = to + static_cast<long>(t) * s.channels + c;
      for (int x = 0; x < size_x; ++x) {
        Vec8 points[size_y];
        winograd_apply(Form::kDown.source, half[x], points);
#pragma GCC unroll 8
        for (int y = 0; y < size_y; ++y) store(out + (y * size_x + x) * point_step, points[y]);
      }
    }
  }
}

/// Sums over channels of Positions tiles times 8 * Vectors output channels, in registers.
template <int Vectors, int Positions>
__attribute__((noinline)) static void winograd_multiply(const float* in, const float* weights, float* out, int channels) {
  using namespace simd;
  Vec8 sums[Positions][Vectors];
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) sums[p][v] = set1(0.0f);
  }
  for (int c = 0; c < channels; ++c, weights += 8 * Vectors) {
    Vec8 kernel[Vectors];
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) kernel[v] = load(weights + 8 * v);
#pragma GCC unroll 16
    for (int p = 0; p < Positions; ++p) {
      const Vec8 x = set1(in[static_cast<long>(p) * channels + c]);
#pragma GCC unroll 8
      for (int v = 0; v < Vectors; ++v) sums[p][v] = multiply_add(x, kernel[v], sums[p][v]);
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < Positions; ++p) {
#pragma GCC unroll 8
    for (int v = 0; v < Vectors; ++v) store(out + 8 * (p * Vectors + v), sums[p][v]);
  }
}

template <int Vectors, int Positions>
static inline void winograd_multiply_rest(const float* in, const float* weights, float* out, int channels, int count) {
  if constexpr (Positions > 0) {
    if (count == Positions) winograd_multiply<Vectors, Positions>(in, weights, out, channels);
    else winograd_multiply_rest<Vectors, Positions - 1>(in, weights, out, channels, count);
  }
}

/// from[point][tile][8 * vectors] -> the tiles' results, with bias, addend and activation.
template <int OutputsY, int TapsY, int OutputsX, int TapsX>
__attribute__((noinline)) static void winograd_result(const WinogradShape& s, const float* from, long point_step, int vectors, const float* biases, const float* residual, float* dst, int first, int count) {
  using namespace simd;
  using Form = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
  constexpr int size_y = Form::kSizeY, size_x = Form::kSizeX;
  const int across = (s.out_width + OutputsX - 1) / OutputsX;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * OutputsY, left = (first + t) % across * OutputsX;
    const int rows = top + OutputsY <= s.out_height ? OutputsY : s.out_height - top;
    const int columns = left + OutputsX <= s.out_width ? OutputsX : s.out_width - left;
    for (int v = 0; v < vectors; ++v) {
      const float* in = from + 8L * (static_cast<long>(t) * vectors + v);
      Vec8 half[OutputsY][size_x];
      for (int x = 0; x < size_x; ++x) {
        Vec8 points[size_y], sums[OutputsY];
#pragma GCC unroll 8
        for (int y = 0; y < size_y; ++y) points[y] = load(in + (y * size_x + x) * point_step);
        winograd_apply(Form::kDown.result, points, sums);
#pragma GCC unroll 8
        for (int y = 0; y < OutputsY; ++y) half[y][x] = sums[y];
      }
      const Vec8 bias = load(biases + 8 * v);
      for (int y = 0; y < rows; ++y) {
        Vec8 sums[OutputsX];
        winograd_apply(Form::kAcross.result, half[y], sums);
        for (int x = 0; x < columns; ++x) {
          const long at = (static_cast<long>(top + y) * s.out_width + left + x) * s.out_vectors * 8 + 8 * v;
          Vec8 sum = add(sums[x], bias);
          if (s.has_residual) sum = add(sum, load(residual + at));
          store(dst + at, activate(sum, s.activation, s.low, s.high));
        }
      }
    }
  }
}

/// All points of one block of output channels, for `count` tiles.
template <int Vectors, int Positions>
__attribute__((noinline)) static void winograd_block(const WinogradShape& s, int points, const float* source, long source_step, const float* weights, float* products, long product_step, int count) {
  for (int point = 0; point < points; ++point, weights += 8L * Vectors * s.channels) {
    const float* in = source + point * source_step;
    float* out = products + point * product_step;
    int t = 0;
    for (; t + Positions <= count; t += Positions) winograd_multiply<Vectors, Positions>(in + static_cast<long>(t) * s.channels, weights, out + 8L * Vectors * t, s.channels);
    winograd_multiply_rest<Vectors, Positions - 1>(in + static_cast<long>(t) * s.channels, weights, out + 8L * Vectors * t, s.channels, count - t);
  }
}

/// The functions that make up one variant.
struct WinogradPieces {
  int outputs_y, outputs_x, points, vectors, rest;  // rest: channel vectors of the last block, or 0
  void (*source)(const WinogradShape&, const float*, float*, long, int, int);
  void (*result)(const WinogradShape&, const float*, long, int, const float*, const float*, float*, int, int);
  void (*block)(const WinogradShape&, int, const float*, long, const float*, float*, long, int);
  void (*rest_block)(const WinogradShape&, int, const float*, long, const float*, float*, long, int);
};

/// weights: per block of channel vectors [point][channels][8 * vectors], then the biases.
/// Points lie 16 floats further apart than their data, so that they do not meet in one set of the cache.
static inline void winograd_run(const WinogradShape& s, const WinogradPieces& p, const float* const* src, const float* weights, float* dst, float* scratch) {
  const int tiles = ((s.out_height + p.outputs_y - 1) / p.outputs_y) * ((s.out_width + p.outputs_x - 1) / p.outputs_x);
  const long source_step = static_cast<long>(s.block_tiles) * s.channels + 16, product_step = 8L * p.vectors * s.block_tiles + 16;
  float* products = scratch + p.points * source_step;
  const float* biases = weights + 8L * p.points * s.channels * s.out_vectors;
  const float* residual = s.has_residual ? src[1] : dst;
  for (int first = 0; first < tiles; first += s.block_tiles) {
    const int count = first + s.block_tiles <= tiles ? s.block_tiles : tiles - first;
    p.source(s, src[0], scratch, source_step, first, count);
    for (int done = 0; done < s.out_vectors; done += p.vectors) {
      const bool is_rest = done + p.vectors > s.out_vectors;
      const float* from = weights + 8L * p.points * s.channels * done;
      (is_rest ? p.rest_block : p.block)(s, p.points, scratch, source_step, from, products, product_step, count);
      p.result(s, products, product_step, is_rest ? p.rest : p.vectors, biases + 8 * done, residual + 8 * done, dst + 8 * done, first, count);
    }
  }
}

template <int OutputsY, int TapsY, int OutputsX, int TapsX, int Vectors, int Rest, int Positions>
static inline void winograd_conv(const WinogradShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  using Form = Winograd<OutputsY, TapsY, OutputsX, TapsX>;
  constexpr WinogradPieces pieces{OutputsY, OutputsX, Form::kSizeY * Form::kSizeX, Vectors, Rest, winograd_source<OutputsY, TapsY, OutputsX, TapsX>, winograd_result<OutputsY, TapsY, OutputsX, TapsX>,
                                  winograd_block<Vectors, Positions>, winograd_block<(Rest > 0 ? Rest : Vectors), Positions>};
  winograd_run(s, pieces, src, weights, dst, scratch);
}
// kernel-end

#if defined(__AVX512VL__) || defined(__aarch64__)
constexpr int kRegisters = 28;  // of 32; the rest hold weights and the broadcast element
#else
constexpr int kRegisters = 12;  // of 16
#endif
constexpr int kMostVectors = 4;
constexpr int kMostPositions = 12;

/// What a variant {outputs down, outputs across, vectors, positions, tiles at once} means for a layer.
struct Form {
  int outputs_y, taps_y, outputs_x, taps_x, vectors, positions, block_tiles;
  int size_y() const { return outputs_y + taps_y - 1; }
  int size_x() const { return outputs_x + taps_x - 1; }
  int points() const { return size_y() * size_x(); }
};

bool fits(int vectors, int positions) { return vectors * positions <= kRegisters && vectors <= kMostVectors && positions <= kMostPositions; }

template <int OutputsY, int TapsY, int OutputsX, int TapsX>
struct Transforms {
  static void set(WinogradPieces& pieces) {
    pieces.source = winograd_source<OutputsY, TapsY, OutputsX, TapsX>;
    pieces.result = winograd_result<OutputsY, TapsY, OutputsX, TapsX>;
  }

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
  void (*set)(WinogradPieces&);
  void (*kernel)(const float*, double*);
};

template <int OutputsY, int TapsY, int OutputsX, int TapsX>
constexpr TransformsOfForm offer() {
  using Of = Transforms<OutputsY, TapsY, OutputsX, TapsX>;
  return {OutputsY, TapsY, OutputsX, TapsX, Of::set, Of::kernel};
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

using Block = decltype(WinogradPieces::block);

template <int Vectors, int Positions>
constexpr Block block_of() {
  if constexpr (Vectors * Positions <= kRegisters) return winograd_block<Vectors, Positions>;
  return nullptr;
}

template <int... Positions>
Block find_block(int vectors, int positions, std::integer_sequence<int, Positions...>) {
  static constexpr Block blocks[kMostVectors][kMostPositions] = {{block_of<1, Positions + 1>()...}, {block_of<2, Positions + 1>()...}, {block_of<3, Positions + 1>()...}, {block_of<4, Positions + 1>()...}};
  return blocks[vectors - 1][positions - 1];
}

WinogradPieces pieces_of(const Form& form, int rest) {
  const auto all = std::make_integer_sequence<int, kMostPositions>();
  WinogradPieces pieces{form.outputs_y, form.outputs_x, form.points(), form.vectors, rest, nullptr, nullptr, find_block(form.vectors, form.positions, all), find_block(rest > 0 ? rest : form.vectors, form.positions, all)};
  transforms_of(form).set(pieces);
  return pieces;
}

struct Sizes {
  std::int64_t channels, out_channels, taps_y, taps_x, height, width;
};

Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  return {padded_channels(shape_of(graph, node, 0)[1]), padded_channels(dst[1]), kernel[2], kernel[3], dst[2], dst[3]};
}

std::int64_t tiles_of(const Sizes& sizes, const Form& form) { return ((sizes.height + form.outputs_y - 1) / form.outputs_y) * ((sizes.width + form.outputs_x - 1) / form.outputs_x); }

/// Cycles of a core that does 16 multiply-adds each, or as long as its weights take to come from beyond the second cache.
double cycles_of(double multiply_adds, double weight_bytes) {
  const double bytes_per_cycle = weight_bytes > 8e6 ? 5 : 20;
  return std::max(multiply_adds / 16 / 0.87, weight_bytes > 200e3 ? weight_bytes / bytes_per_cycle : 0.0);
}

double cycles_of(const Sizes& sizes, const Form& form) {
  const double tiles = static_cast<double>(tiles_of(sizes, form)), points = form.points();
  const double in = static_cast<double>(sizes.channels), out = static_cast<double>(sizes.out_channels);
  const double passes = std::ceil(tiles / form.block_tiles);
  const double transforms = tiles / 16 * 1.5 * (in * points * (form.size_y() + form.size_x()) + out * form.size_x() * form.outputs_y * (form.size_y() + form.outputs_x)) + points * tiles * (in + out) / 8;
  // Idle registers, and a last tile of the strip that is not full.
  const double filled = std::ceil(tiles / form.positions) * form.positions / tiles;
  const double slack = (0.8 + 0.2 * filled) * (1.1 - 0.1 * form.vectors * form.positions / kRegisters);
  return (cycles_of(points * tiles * in * out, points * in * out * 4 * passes) + transforms) * slack;
}

double direct_cycles_of(const Sizes& sizes) {
  const double weights = static_cast<double>(sizes.taps_y * sizes.taps_x * sizes.channels * sizes.out_channels);
  return cycles_of(static_cast<double>(sizes.height * sizes.width) * weights, weights * 4);
}

/// All forms that fit the kernel and fill the registers as far as there is work, the one that is expected to be fastest first.
std::vector<Form> forms_for(const Sizes& sizes) {
  std::vector<Form> forms;
  const int total = static_cast<int>(sizes.out_channels / 8);
  for (const TransformsOfForm& offered : kForms) {
    if (offered.taps_y != sizes.taps_y || offered.taps_x != sizes.taps_x) continue;
    for (const int most : {4, 3, 2, 1}) {
      const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
      for (int positions = kMostPositions; positions >= 1; --positions) {
        Form form{offered.outputs_y, offered.taps_y, offered.outputs_x, offered.taps_x, vectors, positions, 0};
        const std::int64_t tiles = tiles_of(sizes, form);
        const bool is_idle = vectors * positions * 10 < kRegisters * 6 && positions < std::min<std::int64_t>(tiles, kMostPositions) && fits(vectors, positions + 1);
        if (!fits(vectors, positions) || positions > tiles || is_idle) continue;
        // Source tiles of at most 256 KB at once.
        const std::int64_t most_tiles = std::max<std::int64_t>(positions, (1 << 16) / (form.points() * sizes.channels) / positions * positions);
        form.block_tiles = static_cast<int>(std::min(tiles, most_tiles));
        const bool is_new = std::none_of(forms.begin(), forms.end(), [&](const Form& other) {
          return other.outputs_y == form.outputs_y && other.outputs_x == form.outputs_x && other.vectors == vectors && other.positions == positions;
        });
        if (is_new) forms.push_back(form);
      }
    }
  }
  std::stable_sort(forms.begin(), forms.end(), [&](const Form& a, const Form& b) { return cycles_of(sizes, a) < cycles_of(sizes, b); });
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
  std::vector<float> packed(static_cast<std::size_t>((points * sizes.channels + 1) * sizes.out_channels), 0.0f);
  std::vector<double> values(static_cast<std::size_t>(points));
  const std::int64_t block_lanes = 8 * form.vectors;
  for (std::int64_t oc = 0; oc < out; ++oc) {
    const std::int64_t first = oc / block_lanes * block_lanes, lanes = std::min(block_lanes, sizes.out_channels - first);
    for (std::int64_t c = 0; c < in; ++c) {
      transform(weights.floats.data() + (oc * in + c) * plane, values.data());
      for (std::int64_t point = 0; point < points; ++point) {
        const std::int64_t at = points * sizes.channels * first + (point * sizes.channels + c) * lanes + (oc - first);
        packed[static_cast<std::size_t>(at)] = static_cast<float>(values[static_cast<std::size_t>(point)]);
      }
    }
    if (has_input(node, 2)) packed[static_cast<std::size_t>(points * sizes.channels * sizes.out_channels + oc)] = graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)];
  }
  return packed;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Sizes sizes = sizes_of(graph, node);
  const Form form{variant[0], static_cast<int>(sizes.taps_y), variant[1], static_cast<int>(sizes.taps_x), variant[2], variant[3], variant[4]};
  const Shape& src = shape_of(graph, node, 0);
  const auto pads = node.integers("pads", {});
  const std::vector<std::int64_t> numbers{sizes.channels, src[2], src[3], sizes.height, sizes.width, sizes.out_channels / 8, pads[0], pads[1], form.block_tiles, node.residual >= 0 ? 1 : 0};
  const auto at = [&](std::size_t i) { return static_cast<int>(numbers[i]); };
  const WinogradShape s{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  const int rest = s.out_vectors % form.vectors;
  const WinogradPieces pieces = pieces_of(form, rest);
  Lowered lowered;
  lowered.function = "winograd_conv<";
  for (const int argument : {form.outputs_y, form.taps_y, form.outputs_x, form.taps_x, form.vectors, rest}) lowered.function += std::to_string(argument) + ", ";
  lowered.function += std::to_string(form.positions) + ">";
  lowered.shape_type = "WinogradShape";
  const std::string list = braced(numbers);
  lowered.shape_value = list.substr(0, list.size() - 1) + ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, form);
  lowered.scratch_floats = form.points() * (form.block_tiles * (sizes.channels + 8 * form.vectors) + 32);
  lowered.run = [s, pieces](const float* const* sources, const float* weights, float* dst, float* scratch) { winograd_run(s, pieces, sources, weights, dst, scratch); };
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
  // Where it does not pay it still goes before the reference.
  primitive.preference = [](const Graph& graph, const Node& node) { return pays(graph, node) ? 30 : 5; };
  registry.add(std::move(primitive));
}

}  // namespace lne
