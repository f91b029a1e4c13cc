// What Winograd primitives share: forms, their expected costs, packed weights, and a layer that is lowered as one or several convolutions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "../../simd/winograd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne::winograd {

using simd::WinogradForm;
using simd::WinogradPart;
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
    using Matrices = simd::Winograd<OutputsY, TapsY, OutputsX, TapsX>;
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

/// All register tiles that a plan can name, for the interpreter.
struct AnyProducts {
  using Multiply = void (*)(const float*, const float*, float*, int, int, const float*);

  template <int Vectors, int... Positions>
  static constexpr std::array<Multiply, kMostPositions> row(std::integer_sequence<int, Positions...>) {
    return {(kLargestVectorUnit.fits(Vectors, Positions + 1) ? static_cast<Multiply>(simd::winograd_multiply<Vectors, kLargestVectorUnit.fits(Vectors, Positions + 1) ? Positions + 1 : 1>) : nullptr)...};
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
  std::int64_t parts;
};

inline std::int64_t tiles_of(const Sizes& sizes, const Form& form) { return ((sizes.height + form.outputs_y - 1) / form.outputs_y) * ((sizes.width + form.outputs_x - 1) / form.outputs_x); }

/// Cycles that weights take to come from beyond the second cache.
inline double fetch_cycles_of(double weight_bytes) { return weight_bytes > 400e3 ? weight_bytes / (weight_bytes > 12e6 ? 5 : 16) : 0.0; }

/// Expected cycles of a core that does 16 multiply-adds each.
inline double cycles_of(const VectorUnit& unit, const Sizes& sizes, const Form& form) {
  const double tiles = static_cast<double>(tiles_of(sizes, form)), points = form.points();
  const double in = static_cast<double>(sizes.used_channels), vectors = static_cast<double>(sizes.out_channels) / 8;
  const double passes = std::ceil(tiles / form.block_tiles), blocks = std::ceil(vectors / form.vectors), groups = passes * std::ceil(tiles / passes / form.positions);
  const double each = tiles / groups, wide = vectors / blocks;
  const double per_channel = unit.tile_cycles(wide, each) + 0.4;
  const double products = points * blocks * groups * (in * per_channel + each * wide / 2 + 12);
  const double parts = static_cast<double>(sizes.parts);
  const auto steps = [](int size) { return 3.5 * size; };
  // Tiles that the second cache does not hold come from the third for each block of output channels.
  const double tile_bytes = static_cast<double>(form.block_tiles) * points * static_cast<double>(sizes.channels) * 4;
  const double spilled = tile_bytes > 500e3 ? passes * tile_bytes * (blocks + 1) / 24 : 0.0;
  const double source = steps(form.size_x()) * form.size_y() + steps(form.size_y()) * form.size_x() + 4 * points;
  const double result = steps(form.size_y()) * form.size_x() + steps(form.size_x()) * form.outputs_y + 3 * points;
  const double transforms = tiles * (std::ceil(static_cast<double>(sizes.channels) / 16) * source + blocks * std::ceil(wide / 2) * result);
  return std::max(products, fetch_cycles_of(points * in * vectors * 32 * passes * parts) / parts + spilled) + 0.3 * spilled + transforms;
}

inline double direct_cycles_of(const Sizes& sizes) {
  const double weights = static_cast<double>(sizes.taps_y * sizes.taps_x * sizes.used_channels * sizes.out_channels);
  return std::max(static_cast<double>(sizes.height * sizes.width) * weights / 16 / 0.85, fetch_cycles_of(weights * 4 * static_cast<double>(sizes.parts)) / static_cast<double>(sizes.parts));
}

/// Rounding that a form is expected to add, as a share of the largest element, by the size of its tiles: for 4, 5, 6 and 8 what `lne report`
/// tells of the layers of ResNet-50 and pose ResNet-50; for the others between these.
inline double rounding_of(int outputs_y, int taps_y, int outputs_x, int taps_x) {
  constexpr double by_size[] = {0, 0, 1e-6, 2e-6, 2.5e-6, 5e-6, 3e-6, 8e-6, 1e-5};
  return by_size[std::max(outputs_y + taps_y, outputs_x + taps_x) - 1];
}

/// Of each size of tiles.
constexpr std::size_t kMostForms = 12;

/// The forms that fit the kernel, the one that is expected to be fastest first.
template <std::size_t Count>
std::vector<Form> forms_for(const TransformsOfForm (&offers)[Count], const Sizes& sizes, const Graph& graph) {
  std::vector<std::pair<double, Form>> found;
  const int total = static_cast<int>(sizes.out_channels / 8);
  for (const TransformsOfForm& offered : offers) {
    if (offered.taps_y != sizes.taps_y || offered.taps_x != sizes.taps_x) continue;
    // The smallest tiles hardly round more than sums do.
    const bool is_small = offered.outputs_y <= 2 && offered.outputs_x <= 2;
    if (!is_small && rounding_of(offered.outputs_y, offered.taps_y, offered.outputs_x, offered.taps_x) > graph.layer_rounding) continue;
    std::set<std::array<int, 3>> seen;
    for (int most = kMostVectors; most >= 1; --most) {
      const int blocks = (total + most - 1) / most, vectors = (total + blocks - 1) / blocks;
      for (int positions = kMostPositions; positions >= 1; --positions) {
        Form form{offered.outputs_y, offered.taps_y, offered.outputs_x, offered.taps_x, vectors, positions, 0};
        if (!graph.vector_unit.fits(vectors, positions)) continue;
        const std::int64_t tiles = tiles_of(sizes, form);
        // Source tiles that stay in the second cache, or so many that the weights pass once.
        for (const std::int64_t floats : {96 * 1024, 1024 * 1024}) {
          const std::int64_t most_tiles = std::max<std::int64_t>(positions, floats / (form.points() * sizes.channels));
          const std::int64_t passes = (tiles + most_tiles - 1) / most_tiles;
          form.block_tiles = static_cast<int>((tiles + passes - 1) / passes);
          const std::int64_t groups = (form.block_tiles + positions - 1) / positions;
          form.positions = static_cast<int>((form.block_tiles + groups - 1) / groups);
          if (seen.insert({vectors, form.positions, form.block_tiles}).second) found.push_back({cycles_of(graph.vector_unit, sizes, form), form});
        }
      }
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Form> forms;
  std::map<std::pair<int, int>, std::size_t> counts;
  for (const auto& [cycles, form] : found) {
    if (++counts[{form.outputs_y, form.outputs_x}] <= kMostForms) forms.push_back(form);
  }
  return forms;
}

/// How many tiles of the map the register tiles of a layer take.
inline std::set<int> counts_of(std::int64_t tiles, const Form& form) {
  std::set<int> counts;
  for (std::int64_t first = 0; first < tiles; first += form.block_tiles) {
    const int count = static_cast<int>(std::min<std::int64_t>(form.block_tiles, tiles - first));
    const int groups = (count + form.positions - 1) / form.positions;
    counts.insert(count / groups);
    if (count % groups > 0) counts.insert(count / groups + 1);
  }
  return counts;
}

template <std::size_t Count>
const TransformsOfForm& transforms_of(const TransformsOfForm (&offers)[Count], const Form& form) {
  return *std::find_if(std::begin(offers), std::end(offers), [&](const TransformsOfForm& offered) {
    return offered.outputs_y == form.outputs_y && offered.taps_y == form.taps_y && offered.outputs_x == form.outputs_x && offered.taps_x == form.taps_x;
  });
}

inline std::vector<Variant> variants_of(const std::vector<Form>& forms) {
  std::vector<Variant> found;
  for (const Form& form : forms) found.push_back({form.outputs_y, form.outputs_x, form.vectors, form.positions, form.block_tiles});
  return found;
}

inline Form form_of(const Sizes& sizes, const Variant& variant) {
  return {variant[0], static_cast<int>(sizes.taps_y), variant[1], static_cast<int>(sizes.taps_x), variant[2], variant[3], variant[4]};
}

/// Adds the weights of one part. @param taps the kernel [taps_y][taps_x] of a pair of channels of the part: taps(out, in, to)
template <class Taps>
void pack_part(std::vector<float>& packed, const Sizes& sizes, const Form& form, void (*transform)(const float*, double*), std::int64_t out, const Taps& taps) {
  const std::int64_t in = sizes.used_channels, points = form.points();
  const std::int64_t total = sizes.out_channels / 8, blocks = (total + form.vectors - 1) / form.vectors, full_lanes = 8 * form.vectors * (total - blocks * (form.vectors - 1));
  const std::size_t base = packed.size();
  packed.resize(base + static_cast<std::size_t>(points * in * sizes.out_channels), 0.0f);
  std::vector<double> values(static_cast<std::size_t>(points));
  std::vector<float> kernel(static_cast<std::size_t>(sizes.taps_y * sizes.taps_x));
  for (std::int64_t oc = 0; oc < out; ++oc) {
    const std::int64_t lanes = 8 * (oc < full_lanes ? form.vectors : form.vectors - 1), start = oc < full_lanes ? 0 : full_lanes;
    const std::int64_t first = start + (oc - start) / lanes * lanes;
    for (std::int64_t c = 0; c < in; ++c) {
      taps(oc, c, kernel.data());
      transform(kernel.data(), values.data());
      for (std::int64_t point = 0; point < points; ++point) {
        packed[base + static_cast<std::size_t>(points * in * first + (point * in + c) * lanes + (oc - first))] = static_cast<float>(values[static_cast<std::size_t>(point)]);
      }
    }
  }
}

/// The fields that all parts of a layer share; the caller adds paddings, steps and extents.
inline WinogradShape shape_of_part(const Graph& graph, const Node& node, const Sizes& sizes, const Form& form) {
  const Shape& src = shape_of(graph, node, 0);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  WinogradShape s{};
  s.channels = i(sizes.channels);
  s.used_channels = i(sizes.used_channels);
  s.src_step = i(src_step_of(graph, node, 0));
  s.height = i(src[2]);
  s.width = i(src[3]);
  s.out_height = i(sizes.height);
  s.out_width = i(sizes.width);
  s.out_vectors = i(sizes.out_channels / 8);
  s.vectors = form.vectors;
  s.positions = form.positions;
  s.block_tiles = form.block_tiles;
  s.fetches_ahead = form.points() * sizes.used_channels * sizes.out_channels > 200 * 1024 ? 1 : 0;
  s.has_residual = node.residual >= 0 ? 1 : 0;
  s.activation = static_cast<int>(node.activation.kind);
  s.low = node.activation.low;
  s.high = node.activation.high;
  return s;
}

inline std::string text_of_part(const WinogradPart& part, const Activation& activation) {
  const WinogradShape& s = part.shape;
  const std::string list = braced({s.channels, s.used_channels, s.src_step, s.height, s.width, s.out_height, s.out_width, s.out_vectors, s.pad_top, s.pad_left, s.dst_row, s.dst_column, s.residual_row, s.residual_column, s.vectors, s.positions,
                                   s.block_tiles, s.fetches_ahead, s.has_residual});
  return "{" + list.substr(0, list.size() - 1) + ", " + text_of(activation) + "}, " + braced({part.src, part.dst, part.residual, part.biases}).substr(1);
}

template <int Parts>
KernelCall call_of(const std::vector<WinogradPart>& parts, const WinogradForm& form) {
  simd::WinogradLayer<Parts> layer{};
  std::copy(parts.begin(), parts.end(), layer.parts);
  return [layer, form](const float* const* sources, const float* weights, float* dst, float* scratch) { simd::winograd_layer(layer, form, AnyProducts(), sources, weights, dst, scratch); };
}

/// @param parts one, two or four of them @param weights those of all parts, without biases
inline Lowered lower_parts(const Graph& graph, const Node& node, const Sizes& sizes, const Form& form, const WinogradForm& transforms, const std::vector<WinogradPart>& parts, std::vector<float> weights) {
  Lowered lowered;
  lowered.function = "simd::winograd_conv<";
  for (const int argument : {form.outputs_y, form.taps_y, form.outputs_x, form.taps_x, form.vectors}) lowered.function += std::to_string(argument) + ", ";
  for (const int count : counts_of(tiles_of(sizes, form), form)) lowered.function += std::to_string(count) + ", ";
  lowered.function.replace(lowered.function.size() - 2, 2, ">");
  lowered.shape_type = "simd::WinogradLayer<" + std::to_string(parts.size()) + ">";
  std::string text;
  for (const WinogradPart& part : parts) text += (text.empty() ? "" : ", ") + text_of_part(part, node.activation);
  lowered.shape_value = "{{" + text + "}}";
  lowered.weights = std::move(weights);
  const std::int64_t out = graph.value(node.outputs[0]).shape[1];
  for (std::int64_t oc = 0; oc < padded_channels(out); ++oc) lowered.weights.push_back(has_input(node, 2) && oc < out ? graph.value(node.inputs[2]).floats[static_cast<std::size_t>(oc)] : 0.0f);
  lowered.scratch_floats = form.points() * (form.block_tiles * (sizes.channels + 8 * form.vectors) + 32) + sizes.channels;
  lowered.run = parts.size() == 1 ? call_of<1>(parts, transforms) : parts.size() == 2 ? call_of<2>(parts, transforms) : call_of<4>(parts, transforms);
  return lowered;
}

}  // namespace lne::winograd
