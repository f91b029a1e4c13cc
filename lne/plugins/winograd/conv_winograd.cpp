/// Winograd convolution in channels-last layout: tiles of the source and the kernel are evaluated at a few points, multiplied there, and interpolated.
/// Method: A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016; matrices by Toom and Cook's construction.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "../../simd/winograd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
// uses winograd.hpp
template <int OutputsY, int TapsY, int OutputsX, int TapsX, int Vectors, int... Counts>
static inline void winograd_conv(const simd::WinogradShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  simd::winograd_run(s, simd::winograd_form<OutputsY, TapsY, OutputsX, TapsX>(), simd::WinogradProducts<Vectors, Counts...>(), src, weights, dst, scratch);
}
// kernel-end

using simd::Winograd;
using simd::WinogradForm;
using simd::WinogradShape;

constexpr int kMostVectors = 8;
constexpr int kMostPositions = 14;

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
  return {OutputsY, TapsY, OutputsX, TapsX, simd::winograd_form<OutputsY, TapsY, OutputsX, TapsX>(), Of::kernel};
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
    return {(simd::fits_registers(Vectors, Positions + 1) ? static_cast<Multiply>(simd::winograd_multiply<Vectors, simd::fits_registers(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
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
        if (!simd::fits_registers(vectors, positions)) continue;
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
  lowered.run = [s, transforms = transforms_of(form).form](const float* const* sources, const float* weights, float* dst, float* scratch) { simd::winograd_run(s, transforms, AnyProducts(), sources, weights, dst, scratch); };
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
