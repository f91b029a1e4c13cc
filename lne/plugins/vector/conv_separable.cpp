/// Depthwise convolution and the convolution of 1 x 1 behind it in one go: lines of the first stay in a near cache until the second has read them.
#include <algorithm>
#include <set>

#include "../../src/ops/op.hpp"
#include "depthwise.hpp"
#include "pointwise.hpp"

namespace lne {
namespace {

// kernel-begin
/// A block of `lines` is computed into the scratch memory and multiplied from there; `rest` is the shape of the last block where it has fewer.
struct SeparableShape {
  simd::DepthwiseShape depthwise;
  simd::PointwiseShape pointwise, rest;
  int lines;
  int depthwise_floats;  // of weights, after which those of the second convolution begin
};

template <class Runs, class Tiles>
static inline void separable_block(const SeparableShape& s, const simd::PointwiseShape& p, const Runs& runs, const Tiles& tiles, int line, int count, const float* const* src, const float* weights, float* dst, float* scratch) {
  const long done = static_cast<long>(line) * s.depthwise.out_width;
  simd::depthwise_lines(s.depthwise, runs, line, line + count, src, weights, scratch);
  const float* const sources[] = {scratch, p.has_residual ? src[1] + done * p.residual_step : nullptr};
  simd::pointwise_run(p, tiles, sources, weights + s.depthwise_floats, dst + done * p.dst_step);
}

template <class Runs, class Tiles>
static inline void separable_run(const SeparableShape& s, const Runs& runs, const Tiles& tiles, const float* const* src, const float* weights, float* dst, float* scratch) {
  int line = 0;
  for (; line + s.lines <= s.depthwise.out_height; line += s.lines) separable_block(s, s.pointwise, runs, tiles, line, s.lines, src, weights, dst, scratch);
  if (s.depthwise.out_height % s.lines > 0) separable_block(s, s.rest, runs, tiles, line, s.depthwise.out_height % s.lines, src, weights, dst, scratch);
}

template <class Runs, class Tiles>
static inline void separable_conv(const SeparableShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  separable_run(s, Runs(), Tiles(), src, weights, dst, scratch);
}
// kernel-end

/// The two convolutions as layers of their own: the first writes packed lines, the second reads them.
struct Pair {
  Node depthwise, pointwise;
};

Pair pair_of(const Graph& graph, const Node& node) {
  Pair pair{node, node.followers[0]};
  pair.depthwise.followers.clear();
  pair.depthwise.dst_step = 0;
  pair.pointwise.dst_step = node.dst_step;
  const std::int64_t packed = padded_channels(graph.value(node.outputs[0]).shape[1]);
  pair.pointwise.src_steps = {packed};
  if (pair.pointwise.residual >= 0) pair.pointwise.src_steps.push_back(node.src_steps.empty() ? 0 : node.src_steps.back());
  if (!node.src_steps.empty()) pair.depthwise.src_steps = {node.src_steps[0]};
  return pair;
}

std::string refuse(const Graph& graph, const Node& node) {
  if (node.followers.empty()) return "no convolution of 1 x 1 follows it";
  if (node.residual >= 0) return "something is added between the two convolutions";
  const std::string first = vector::refuse_depthwise(graph, node);
  return first.empty() ? vector::refuse_pointwise(graph, node.followers[0]) : first;
}

/// Bytes that lines may take to stay in the first cache beside weights and sources, and in a share of the second.
constexpr std::int64_t kNear[] = {16 << 10, 64 << 10, 256 << 10};

/// Lines of a block, channel vectors and positions of a tile of the second convolution, its tiles that share the weights, positions of a run of the first.
std::vector<Variant> variants(const Graph& graph, const Node& node) {
  const Shape& between = graph.value(node.outputs[0]).shape;
  const std::int64_t line = padded_channels(between[1]) * between[3] * static_cast<std::int64_t>(sizeof(float));
  const Pair pair = pair_of(graph, node);
  std::vector<Variant> found;
  std::set<std::int64_t> seen;
  for (const std::int64_t bytes : kNear) {
    const std::int64_t most = std::clamp<std::int64_t>(bytes / line, 1, between[2]), blocks = (between[2] + most - 1) / most, lines = (between[2] + blocks - 1) / blocks;
    if (!seen.insert(lines).second) continue;
    const int run = vector::depthwise_positions(graph, pair.depthwise, lines)[0];
    const std::vector<Variant> tiles = vector::pointwise_variants(graph, pair.pointwise, lines * between[3]);
    for (std::size_t i = 0; i < std::min<std::size_t>(found.empty() ? 2 : 1, tiles.size()); ++i) found.push_back({static_cast<int>(lines), tiles[i][0], tiles[i][1], tiles[i][2], run});
  }
  return found;
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const Pair pair = pair_of(graph, node);
  const int lines = variant[0];
  const Variant tile(variant.begin() + 1, variant.begin() + 4);
  const simd::DepthwiseShape depthwise = vector::depthwise_shape(graph, pair.depthwise, variant[4]);
  const int rest = depthwise.out_height % lines;
  const auto shape = [&](int of) { return vector::pointwise_shape(graph, pair.pointwise, static_cast<std::int64_t>(of) * depthwise.out_width, tile); };
  std::vector<float> weights = vector::depthwise_weights(graph, pair.depthwise, depthwise);
  // The second one's rows begin at cache lines.
  weights.resize((weights.size() + 15) / 16 * 16, 0.0f);
  const SeparableShape s{depthwise, shape(lines), shape(rest > 0 ? rest : lines), lines, static_cast<int>(weights.size())};
  std::set<int> counts;
  for (const simd::PointwiseShape& each : {s.pointwise, s.rest}) {
    for (const int count : vector::pointwise_counts(each)) counts.insert(count);
  }
  Lowered lowered;
  lowered.function = "separable_conv<simd::DepthwiseRuns" + vector::depthwise_runs(depthwise, lines) + ", simd::PointwiseTiles<" + std::to_string(tile[0]);
  for (const int count : counts) lowered.function += ", " + std::to_string(count);
  lowered.function += ">>";
  lowered.shape_type = "SeparableShape";
  lowered.shape_value = "{" + vector::text_of(s.depthwise) + ", " + vector::text_of(s.pointwise) + ", " + vector::text_of(s.rest) + ", " + std::to_string(s.lines) + ", " + std::to_string(s.depthwise_floats) + "}";
  const std::vector<float> products = vector::pointwise_weights(graph, pair.pointwise, tile[0]);
  weights.insert(weights.end(), products.begin(), products.end());
  lowered.weights = std::move(weights);
  lowered.scratch_floats = static_cast<std::int64_t>(lines) * depthwise.out_width * depthwise.dst_step;
  lowered.run = [s](const float* const* src, const float* packed, float* dst, float* scratch) {
    const auto runs = [](const simd::DepthwiseShape& shape_of_runs, const simd::DepthwiseRun& run, int count) { vector::run_any_depthwise(shape_of_runs, run, count); };
    const auto tiles = [](const simd::PointwiseShape& shape_of_tiles, const simd::PointwiseTile& each, int vectors, int count) { vector::run_any_tile(shape_of_tiles, each, vectors, count); };
    separable_run(s, runs, tiles, src, packed, dst, scratch);
  };
  return lowered;
}

/// Without measuring it is taken where the result between the two does not fit the second cache of usual processors: there it is up to a third
/// faster, elsewhere both ways take the same time within a few per cent.
int preference(const Graph& graph, const Node& node) {
  constexpr std::int64_t kSecondCache = 1 << 20;
  return floats_of(graph.value(node.outputs[0]).shape, Layout::kChannelsLast8) * static_cast<std::int64_t>(sizeof(float)) > kSecondCache ? 25 : 0;
}

}  // namespace

void register_primitive_vector_conv_separable(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_separable", "conv");
  primitive.followers = {"conv"};
  primitive.refuse = refuse;
  primitive.variants = variants;
  primitive.lower = lower;
  // The sum's other operand is read where the result is written; sources of later lines never are.
  primitive.overwrites = [](const Graph&, const Node& node) { return last_of(node).residual >= 0 ? std::vector<std::size_t>{1} : std::vector<std::size_t>(); };
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  primitive.preference = preference;
  registry.add(std::move(primitive));
}

}  // namespace lne
