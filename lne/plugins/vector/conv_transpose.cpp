/// Transposed convolution, as direct convolutions that make every n-th line and column of the result.
#include <set>
#include <utility>

#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"
#include "direct.hpp"

namespace lne {
namespace {

// kernel-begin
/// A transposed convolution of stride n is n * n convolutions, each of which makes every n-th line and column of the result.
template <int Phases>
struct ConvTransposeShape {
  simd::DirectShape phases[Phases];
  int offsets[Phases], residual_offsets[Phases];  // in floats, of the first result of each
};

/// weights: those of all phases, then the biases.
template <class Tiles, int Phases>
static inline void conv_transpose_phase(const ConvTransposeShape<Phases>& s, int phase, const Tiles& tiles, const float* const* src, const float*& weights, const float* biases, float* dst) {
  const float* const sources[2] = {src[0], s.phases[0].has_residual ? src[1] + s.residual_offsets[phase] : nullptr};
  simd::direct_run(s.phases[phase], tiles, sources, weights, biases, dst + s.offsets[phase]);
  weights += simd::direct_weights(s.phases[phase]);
}

template <int Phases>
static inline const float* conv_transpose_biases(const ConvTransposeShape<Phases>& s, const float* weights) {
  for (int phase = 0; phase < Phases; ++phase) weights += simd::direct_weights(s.phases[phase]);
  return weights;
}

template <int Vectors, int... Counts, int Phases>
static inline void vector_conv_transpose(const ConvTransposeShape<Phases>& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* biases = conv_transpose_biases(s, weights);
#pragma GCC unroll 4
  for (int phase = 0; phase < Phases; ++phase) conv_transpose_phase(s, phase, simd::DirectTiles<Vectors, Counts...>(), src, weights, biases, dst);
}
// kernel-end

/// One of the convolutions that make up a transposed one, and which taps of the kernel are its own.
struct Phase {
  simd::DirectShape shape;
  int offset, residual_offset;
  int tap_y, tap_x;  // the last; the others lie one stride before
};

/// Line sh * i + a - pad of the result reads taps a, a + sh, ... of lines i, i - 1, ... of the source: an ordinary convolution with the taps turned round.
std::vector<Phase> phases_of(const Graph& graph, const Node& node, const Variant& variant) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  const auto pads = node.integers("pads", {}), strides = node.integers("strides", {});
  struct Part {
    std::int64_t taps, pad, first, count;
  };
  const auto part = [&](std::size_t axis, std::int64_t a) {
    const std::int64_t stride = strides[axis], taps = (kernel[2 + axis] - a + stride - 1) / stride;
    const std::int64_t begin = pads[axis] <= a ? 0 : (pads[axis] - a + stride - 1) / stride, first = begin * stride + a - pads[axis];
    return Part{taps, taps - 1 - begin, first, (dst[2 + axis] - first + stride - 1) / stride};
  };
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const std::int64_t step = dst_step_of(graph, node), residual = residual_step_of(graph, node);
  std::vector<Phase> phases;
  for (std::int64_t a = 0; a < strides[0]; ++a) {
    for (std::int64_t b = 0; b < strides[1]; ++b) {
      const Part y = part(0, a), x = part(1, b);
      if (y.count <= 0 || x.count <= 0) continue;
      const simd::DirectShape s{0, 1, i(src[1]), i(src_step_of(graph, node, 0)), i(src[2]), i(src[3]), i(y.count), i(x.count), i(padded_channels(dst[1]) / 8), i(strides[1] * step), i(strides[0] * dst[3] * step), i(strides[1] * residual), i(strides[0] * dst[3] * residual), i(y.taps), i(x.taps), 1, 1, i(y.pad), i(x.pad), 1, 1,
                              variant[0], variant[1], node.residual >= 0 ? 1 : 0, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
      phases.push_back({s, i((y.first * dst[3] + x.first) * step), i((y.first * dst[3] + x.first) * residual), i(a + (y.taps - 1) * strides[0]), i(b + (x.taps - 1) * strides[1])});
    }
  }
  return phases;
}

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const auto strides = node.integers("strides", {});
  if (node.integer("group", 1) != 1) return "it is for one group";
  if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1}) return "it is for taps that lie side by side";
  if (strides[0] != strides[1] || strides[0] > 2) return "it is for strides 1 and 2";
  if (kernel[2] < strides[0] || kernel[3] < strides[1]) return "its kernel is smaller than its stride";
  if (static_cast<int>(phases_of(graph, node, {1, 1}).size()) != strides[0] * strides[1]) return "its result has one line or column";
  return {};
}

/// Weights [in][out][ky][kx]: those of all phases, then the biases.
std::vector<float> pack(const Graph& graph, const Node& node, const std::vector<Phase>& phases) {
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = weights.shape[1], width = weights.shape[3], plane = weights.shape[2] * width, stride = node.integers("strides", {})[0];
  std::vector<float> packed;
  for (const Phase& phase : phases) {
    vector::append_direct_weights(packed, phase.shape, [&](std::int64_t oc, std::int64_t c, std::int64_t tap) {
      const std::int64_t ky = phase.tap_y - tap / phase.shape.kernel_w * stride, kx = phase.tap_x - tap % phase.shape.kernel_w * stride;
      return oc < out ? weights.floats[static_cast<std::size_t>((c * out + oc) * plane + ky * width + kx)] : 0.0f;
    });
  }
  vector::append_direct_biases(packed, graph, node, 8L * phases[0].shape.out_vectors);
  return packed;
}

template <int Phases>
KernelCall call_of(const std::vector<Phase>& phases) {
  ConvTransposeShape<Phases> s{};
  for (std::size_t i = 0; i < Phases; ++i) {
    s.phases[i] = phases[i].shape;
    s.offsets[i] = phases[i].offset;
    s.residual_offsets[i] = phases[i].residual_offset;
  }
  return [s](const float* const* sources, const float* weights, float* dst, float*) {
    const float* biases = conv_transpose_biases(s, weights);
    for (int phase = 0; phase < Phases; ++phase) conv_transpose_phase(s, phase, vector::AnyDirectTiles(), sources, weights, biases, dst);
  };
}

Lowered lower(const Graph& graph, const Node& node, const Variant& variant) {
  const std::vector<Phase> phases = phases_of(graph, node, variant);
  std::set<int> counts;
  std::string shapes;
  std::vector<std::int64_t> offsets, residual_offsets;
  for (const Phase& phase : phases) {
    for (const auto& [count, times] : vector::direct_counts(phase.shape)) counts.insert(count);
    shapes += (shapes.empty() ? "" : ", ") + vector::text_of(phase.shape, node.activation);
    offsets.push_back(phase.offset);
    residual_offsets.push_back(phase.residual_offset);
  }
  Lowered lowered;
  lowered.function = "vector_conv_transpose<" + std::to_string(variant[0]);
  for (const int count : counts) lowered.function += ", " + std::to_string(count);
  lowered.function += ">";
  lowered.shape_type = "ConvTransposeShape<" + std::to_string(phases.size()) + ">";
  lowered.shape_value = "{{" + shapes + "}, " + braced(offsets) + ", " + braced(residual_offsets) + "}";
  lowered.weights = pack(graph, node, phases);
  lowered.run = phases.size() == 1 ? call_of<1>(phases) : call_of<4>(phases);
  return lowered;
}

}  // namespace

void register_primitive_vector_conv_transpose(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.conv_transpose", "conv_transpose");
  primitive.refuse = refuse;
  primitive.variants = [](const Graph& graph, const Node& node) {
    std::vector<simd::DirectShape> parts;
    for (const Phase& phase : phases_of(graph, node, {1, 1})) parts.push_back(phase.shape);
    return vector::direct_variants(std::move(parts), graph.vector_unit);
  };
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
