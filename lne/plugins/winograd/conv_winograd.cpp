/// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
/// Method: A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; matrices by Toom and Cook's construction.
#include <algorithm>
#include <cmath>

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

template <int Outputs, int Taps>
struct Winograd {
  static constexpr WinogradMatrices<Outputs, Taps> kMatrices{};
};

/// out[r * out_step] = sum over c of matrix[r][c] * in[c]; zeros of the matrix cost nothing.
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
template <int Outputs, int Taps>
__attribute__((noinline)) static void winograd_source(const WinogradShape& s, const float* src, float* to, long point_step, int first, int count) {
  using namespace simd;
  constexpr int size = Outputs + Taps - 1;
  const int across = (s.out_width + Outputs - 1) / Outputs;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * Outputs - s.pad_top, left = (first + t) % across * Outputs - s.pad_left;
    const bool is_inside = top >= 0 && left >= 0 && top + size <= s.height && left + size <= s.width;
    for (int c = 0; c < s.channels; c += 8) {
      Vec8 half[size][size];  // [x][y]
      for (int y = 0; y < size; ++y) {
        Vec8 line[size], points[size];
        const float* in = src + (static_cast<long>(top + y) * s.width + left) * s.channels + c;
        if (is_inside) {
#pragma GCC unroll 8
          for (int x = 0; x < size; ++x) line[x] = load(in + static_cast<long>(x) * s.channels);
        } else {
          const bool has_line = top + y >= 0 && top + y < s.height;
          for (int x = 0; x < size; ++x) line[x] = has_line && left + x >= 0 && left + x < s.width ? load(in + static_cast<long>(x) * s.channels) : set1(0.0f);
        }
        winograd_apply(Winograd<Outputs, Taps>::kMatrices.source, line, points);
#pragma GCC unroll 8
        for (int x = 0; x < size; ++x) half[x][y] = points[x];
      }
      float* out = to + static_cast<long>(t) * s.channels + c;
      for (int x = 0; x < size; ++x) {
        Vec8 points[size];
        winograd_apply(Winograd<Outputs, Taps>::kMatrices.source, half[x], points);
#pragma GCC unroll 8
        for (int y = 0; y < size; ++y) store(out + (y * size + x) * point_step, points[y]);
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

/// from[point][tile][8 * Vectors] -> the tiles' results, with bias, addend and activation.
template <int Outputs, int Taps>
__attribute__((noinline)) static void winograd_result(const WinogradShape& s, const float* from, long point_step, int vectors, const float* biases, const float* residual, float* dst, int first, int count) {
  using namespace simd;
  constexpr int size = Outputs + Taps - 1;
  const int across = (s.out_width + Outputs - 1) / Outputs;
  for (int t = 0; t < count; ++t) {
    const int top = (first + t) / across * Outputs, left = (first + t) % across * Outputs;
    const int rows = top + Outputs <= s.out_height ? Outputs : s.out_height - top;
    const int columns = left + Outputs <= s.out_width ? Outputs : s.out_width - left;
    for (int v = 0; v < vectors; ++v) {
      const float* in = from + 8L * (static_cast<long>(t) * vectors + v);
      Vec8 half[Outputs][size];  // [y][x]
      for (int x = 0; x < size; ++x) {
        Vec8 points[size], sums[Outputs];
#pragma GCC unroll 8
        for (int y = 0; y < size; ++y) points[y] = load(in + (y * size + x) * point_step);
        winograd_apply(Winograd<Outputs, Taps>::kMatrices.result, points, sums);
#pragma GCC unroll 8
        for (int y = 0; y < Outputs; ++y) half[y][x] = sums[y];
      }
      const Vec8 bias = load(biases + 8 * v);
      for (int y = 0; y < rows; ++y) {
        Vec8 sums[Outputs];
        winograd_apply(Winograd<Outputs, Taps>::kMatrices.result, half[y], sums);
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

/// weights: per block of Vectors (the last: Rest) channel vectors [point][channels][8 * Vectors], then the biases.
/// Points lie 16 floats further apart than their data, so that they do not meet in one set of the cache.
template <int Outputs, int Taps, int Vectors, int Rest, int Positions>
static inline void winograd_conv(const WinogradShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  constexpr int points = (Outputs + Taps - 1) * (Outputs + Taps - 1);
  const int tiles = ((s.out_height + Outputs - 1) / Outputs) * ((s.out_width + Outputs - 1) / Outputs);
  const long source_step = static_cast<long>(s.block_tiles) * s.channels + 16, product_step = 8L * Vectors * s.block_tiles + 16;
  float* products = scratch + points * source_step;
  const float* biases = weights + 8L * points * s.channels * s.out_vectors;
  const float* residual = s.has_residual ? src[1] : dst;
  for (int first = 0; first < tiles; first += s.block_tiles) {
    const int count = first + s.block_tiles <= tiles ? s.block_tiles : tiles - first;
    winograd_source<Outputs, Taps>(s, src[0], scratch, source_step, first, count);
    int done = 0;
    for (; done + Vectors <= s.out_vectors; done += Vectors) {
      winograd_block<Vectors, Positions>(s, points, scratch, source_step, weights + 8L * points * s.channels * done, products, product_step, count);
      winograd_result<Outputs, Taps>(s, products, product_step, Vectors, biases + 8 * done, residual + 8 * done, dst + 8 * done, first, count);
    }
    if constexpr (Rest > 0) {
      winograd_block<Rest, Positions>(s, points, scratch, source_step, weights + 8L * points * s.channels * done, products, product_step, count);
      winograd_result<Outputs, Taps>(s, products, product_step, Rest, biases + 8 * done, residual + 8 * done, dst + 8 * done, first, count);
    }
  }
}
// kernel-end

#if defined(__AVX512VL__) || defined(__aarch64__)
constexpr int kRegisters = 28;  // of 32; the rest hold weights and the broadcast element
#else
constexpr int kRegisters = 12;  // of 16
#endif
constexpr int kMostVectors = 4;
constexpr int kMostPositions = 12;

using Kernel = void (*)(const WinogradShape&, const float* const*, const float*, float*, float*);

/// What a variant {outputs, vectors, positions, tiles at once} means for a layer.
struct Form {
  int outputs, taps, vectors, positions, block_tiles;
  int size() const { return outputs + taps - 1; }
  std::int64_t points() const { return static_cast<std::int64_t>(size()) * size(); }
};

bool fits(int vectors, int positions) { return vectors * positions <= kRegisters && vectors <= kMostVectors && positions <= kMostPositions; }

template <int Outputs, int Taps, int Vectors, int Rest>
Kernel with_positions(int positions) {
  const auto pick = [positions](auto... candidates) {
    Kernel found = nullptr;
    const auto consider = [&](auto candidate) {
      constexpr int kPositions = decltype(candidate)::value;
      if constexpr (Vectors * kPositions <= kRegisters) {
        if (kPositions == positions) found = winograd_conv<Outputs, Taps, Vectors, Rest, kPositions>;
      }
    };
    (consider(candidates), ...);
    return found;
  };
  return pick(std::integral_constant<int, 2>(), std::integral_constant<int, 3>(), std::integral_constant<int, 4>(), std::integral_constant<int, 5>(), std::integral_constant<int, 6>(),
              std::integral_constant<int, 7>(), std::integral_constant<int, 8>(), std::integral_constant<int, 9>(), std::integral_constant<int, 10>(), std::integral_constant<int, 12>());
}

template <int Outputs, int Taps>
Kernel with_vectors(int vectors, int rest, int positions) {
  switch (vectors * 10 + rest) {
    case 10: return with_positions<Outputs, Taps, 1, 0>(positions);
    case 20: return with_positions<Outputs, Taps, 2, 0>(positions);
    case 21: return with_positions<Outputs, Taps, 2, 1>(positions);
    case 30: return with_positions<Outputs, Taps, 3, 0>(positions);
    case 31: return with_positions<Outputs, Taps, 3, 1>(positions);
    case 32: return with_positions<Outputs, Taps, 3, 2>(positions);
    case 40: return with_positions<Outputs, Taps, 4, 0>(positions);
    case 41: return with_positions<Outputs, Taps, 4, 1>(positions);
    case 42: return with_positions<Outputs, Taps, 4, 2>(positions);
    case 43: return with_positions<Outputs, Taps, 4, 3>(positions);
    default: return nullptr;
  }
}

Kernel find_kernel(const Form& form, int rest) {
  switch (form.outputs * 10 + form.taps) {
    case 23: return with_vectors<2, 3>(form.vectors, rest, form.positions);
    case 43: return with_vectors<4, 3>(form.vectors, rest, form.positions);
    case 63: return with_vectors<6, 3>(form.vectors, rest, form.positions);
    case 25: return with_vectors<2, 5>(form.vectors, rest, form.positions);
    default: return with_vectors<4, 5>(form.vectors, rest, form.positions);
  }
}

struct Sizes {
  std::int64_t channels, out_channels, taps, height, width;
};

Sizes sizes_of(const Graph& graph, const Node& node) {
  const Shape& dst = graph.value(node.outputs[0]).shape;
  return {padded_channels(shape_of(graph, node, 0)[1]), padded_channels(dst[1]), shape_of(graph, node, 1)[2], dst[2], dst[3]};
}

std::int64_t tiles_of(const Sizes& sizes, int outputs) { return ((sizes.height + outputs - 1) / outputs) * ((sizes.width + outputs - 1) / outputs); }

std::vector<Form> forms_for(const Sizes& sizes);

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  if (node.integer("group", 1) != 1) return "grouped convolutions are computed by other primitives";
  if (kernel[2] != kernel[3] || (kernel[2] != 3 && kernel[2] != 5)) return "it is for kernels of 3 x 3 and 5 x 5";
  for (const char* name : {"strides", "dilations"}) {
    for (const std::int64_t value : node.integers(name, {})) {
      if (value != 1) return "it is for stride and dilation 1";
    }
  }
  const Sizes sizes = sizes_of(graph, node);
  if (sizes.height * sizes.width * sizes.out_channels > (1 << 28) || sizes.channels * sizes.out_channels > (1 << 24)) return "it is too large for 32-bit positions";
  if (forms_for(sizes).empty()) return "it has too few output channels or positions to fill the registers";
  return {};
}

/// Expected cycles of a core with two multiply-add units of eight lanes: products, both transforms, and weights that come from beyond the second cache.
double cycles_of(const Sizes& sizes, const Form& form) {
  const double tiles = static_cast<double>(tiles_of(sizes, form.outputs)), points = static_cast<double>(form.points());
  const double in = static_cast<double>(sizes.channels), out = static_cast<double>(sizes.out_channels);
  const double passes = std::ceil(tiles / form.block_tiles);
  const double products = points * tiles * in * out / 16 / 0.85;
  const double transforms = tiles * (in * points * form.size() + out * form.outputs * form.size() * (form.size() + form.outputs)) / 16 * 1.5 + points * tiles * (in + out) / 8;
  const double weight_bytes = points * in * out * 4 * passes;
  return products + transforms + (weight_bytes / passes > 400e3 ? weight_bytes / 16 : 0);
}

double direct_cycles_of(const Sizes& sizes) {
  return static_cast<double>(sizes.height * sizes.width * sizes.taps * sizes.taps * sizes.channels * sizes.out_channels) / 16 / 0.88;
}

std::vector<Form> forms_for(const Sizes& sizes) {
  std::vector<Form> forms;
  const int total = static_cast<int>(sizes.out_channels / 8), taps = static_cast<int>(sizes.taps);
  for (const int outputs : taps == 3 ? std::vector<int>{2, 4, 6} : std::vector<int>{2, 4}) {
    const std::int64_t tiles = tiles_of(sizes, outputs);
    for (const int most : {4, 3, 2}) {
      const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
      for (const int positions : {12, 10, 9, 8, 7, 6, 5, 4, 3, 2}) {
        // As many registers as there are, and no tile much longer than there is work for it.
        if (!fits(vectors, positions) || vectors * positions * 10 < kRegisters * 6 || positions > std::max<std::int64_t>(tiles, 2)) continue;
        Form form{outputs, taps, vectors, positions, 0};
        // Source tiles of at most 256 KB at once.
        const std::int64_t most_tiles = std::max<std::int64_t>(positions, (1 << 16) / (form.points() * sizes.channels) / positions * positions);
        form.block_tiles = static_cast<int>(std::min(tiles, most_tiles));
        const bool is_new = std::none_of(forms.begin(), forms.end(), [&](const Form& other) { return other.outputs == outputs && other.vectors == vectors && other.positions == positions; });
        if (is_new) forms.push_back(form);
      }
    }
  }
  // Fewer idle registers and rests first, among equals the order above.
  const auto cost = [&](const Form& form) {
    const double tiles = static_cast<double>(tiles_of(sizes, form.outputs));
    const double filled = std::ceil(tiles / form.positions) * form.positions / tiles;
    return cycles_of(sizes, form) * (0.8 + 0.2 * filled) * (1.1 - 0.1 * form.vectors * form.positions / kRegisters);
  };
  std::stable_sort(forms.begin(), forms.end(), [&](const Form& a, const Form& b) { return cost(a) < cost(b); });
  return forms;
}

std::vector<Variant> variants(const Graph& graph, const Node& node) {
  std::vector<Variant> found;
  for (const Form& form : forms_for(sizes_of(graph, node))) found.push_back({form.outputs, form.vectors, form.positions, form.block_tiles});
  return found;
}

bool pays(const Graph& graph, const Node& node) {
  const Sizes sizes = sizes_of(graph, node);
  return cycles_of(sizes, forms_for(sizes).front()) < 0.9 * direct_cycles_of(sizes);
}

/// The kernel of one pair of channels at all points: matrix * g * matrix^T.
template <int Outputs, int Taps>
void transform_kernel(const float* g, std::vector<double>& points) {
  constexpr int size = Outputs + Taps - 1;
  const auto& matrix = Winograd<Outputs, Taps>::kMatrices.kernel;
  double half[size][Taps];
  for (int i = 0; i < size; ++i) {
    for (int x = 0; x < Taps; ++x) {
      half[i][x] = 0;
      for (int y = 0; y < Taps; ++y) half[i][x] += matrix[i][y] * static_cast<double>(g[y * Taps + x]);
    }
  }
  for (int i = 0; i < size; ++i) {
    for (int j = 0; j < size; ++j) {
      double sum = 0;
      for (int x = 0; x < Taps; ++x) sum += half[i][x] * matrix[j][x];
      points[static_cast<std::size_t>(i * size + j)] = sum;
    }
  }
}

void transform_kernel(const Form& form, const float* g, std::vector<double>& points) {
  switch (form.outputs * 10 + form.taps) {
    case 23: return transform_kernel<2, 3>(g, points);
    case 43: return transform_kernel<4, 3>(g, points);
    case 63: return transform_kernel<6, 3>(g, points);
    case 25: return transform_kernel<2, 5>(g, points);
    default: return transform_kernel<4, 5>(g, points);
  }
}

std::vector<float> pack(const Graph& graph, const Node& node, const Form& form) {
  const Value& weights = graph.value(node.inputs[1]);
  const Sizes sizes = sizes_of(graph, node);
  const std::int64_t out = weights.shape[0], in = weights.shape[1], plane = sizes.taps * sizes.taps, points = form.points();
  std::vector<float> packed(static_cast<std::size_t>((points * sizes.channels + 1) * sizes.out_channels), 0.0f);
  std::vector<double> values(static_cast<std::size_t>(points));
  const std::int64_t block_lanes = 8 * form.vectors;
  for (std::int64_t oc = 0; oc < out; ++oc) {
    const std::int64_t first = oc / block_lanes * block_lanes, lanes = std::min(block_lanes, sizes.out_channels - first);
    for (std::int64_t c = 0; c < in; ++c) {
      transform_kernel(form, weights.floats.data() + (oc * in + c) * plane, values);
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
  const Form form{variant[0], static_cast<int>(sizes.taps), variant[1], variant[2], variant[3]};
  const Shape& src = shape_of(graph, node, 0);
  const auto pads = node.integers("pads", {});
  const std::vector<std::int64_t> numbers{sizes.channels, src[2], src[3], sizes.height, sizes.width, sizes.out_channels / 8, pads[0], pads[1], form.block_tiles, node.residual >= 0 ? 1 : 0};
  const auto at = [&](std::size_t i) { return static_cast<int>(numbers[i]); };
  const WinogradShape s{at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  const int rest = s.out_vectors % form.vectors;
  const Kernel kernel = find_kernel(form, rest);
  Lowered lowered;
  lowered.function = "winograd_conv<" + std::to_string(form.outputs) + ", " + std::to_string(form.taps) + ", " + std::to_string(form.vectors) + ", " + std::to_string(rest) + ", " + std::to_string(form.positions) + ">";
  lowered.shape_type = "WinogradShape";
  const std::string list = braced(numbers);
  lowered.shape_value = list.substr(0, list.size() - 1) + ", " + text_of(node.activation) + "}";
  lowered.weights = pack(graph, node, form);
  lowered.scratch_floats = form.points() * (form.block_tiles * (sizes.channels + 8 * form.vectors) + 32);
  lowered.run = [s, kernel](const float* const* sources, const float* weights, float* dst, float* scratch) { kernel(s, sources, weights, dst, scratch); };
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
  // Where it does not pay it still goes before the reference.
  primitive.preference = [](const Graph& graph, const Node& node) { return pays(graph, node) ? 30 : 5; };
  registry.add(std::move(primitive));
}

}  // namespace lne
