/// Fully connected layers of one row: eight outputs at a time, each weight read once.
#include "../../simd/simd.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct FullyConnectedShape {
  int depth, columns;
  int activation;
  float low, high;
};

/// weights: per eight columns [depth][8], then the biases, columns filled up with zeros. Two sums per column hide the latency of adding.
static inline void fully_connected(const FullyConnectedShape& s, const float* const* src, const float* weights, float* dst, float*) {
  using namespace simd;
  const int vectors = (s.columns + 7) / 8;
  const float* biases = weights + 8L * vectors * s.depth;
  for (int v = 0; v < vectors; ++v) {
    const float* w = weights + 8L * v * s.depth;
    Vec8 even = load(biases + 8 * v), odd = set1(0.0f);
    int k = 0;
    for (; k + 2 <= s.depth; k += 2) {
      even = multiply_add(set1(src[0][k]), load(w + 8L * k), even);
      odd = multiply_add(set1(src[0][k + 1]), load(w + 8L * k + 8), odd);
    }
    if (k < s.depth) even = multiply_add(set1(src[0][k]), load(w + 8L * k), even);
    float lanes[8];
    store(lanes, activate(add(even, odd), s.activation, s.low, s.high));
    const int used = s.columns - 8 * v < 8 ? s.columns - 8 * v : 8;
    for (int lane = 0; lane < used; ++lane) dst[8 * v + lane] = lanes[lane];
  }
}
// kernel-end

std::string refuse(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  if (element_count(src) != src.back()) return "it is for one row";
  if (node.residual >= 0) return "it adds nothing to its result";
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Value& matrix = graph.value(node.inputs[1]);
  const bool is_transposed = node.integer("transposed", 0) != 0;
  const std::int64_t depth = shape_of(graph, node, 0).back(), columns = graph.value(node.outputs[0]).shape.back(), vectors = (columns + 7) / 8;
  const FullyConnectedShape s{static_cast<int>(depth), static_cast<int>(columns), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "fully_connected";
  lowered.shape_type = "FullyConnectedShape";
  lowered.shape_value = "{" + std::to_string(depth) + ", " + std::to_string(columns) + ", " + text_of(node.activation) + "}";
  lowered.weights.reserve(static_cast<std::size_t>(8 * vectors * (depth + 1)));
  for (std::int64_t v = 0; v < vectors; ++v) {
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t column = 8 * v; column < 8 * v + 8; ++column) {
        lowered.weights.push_back(column < columns ? matrix.floats[static_cast<std::size_t>(is_transposed ? column * depth + k : k * columns + column)] : 0.0f);
      }
    }
  }
  for (std::int64_t column = 0; column < 8 * vectors; ++column) {
    const bool is_given = has_input(node, 2) && column < columns;
    const std::vector<float>* bias = is_given ? &graph.value(node.inputs[2]).floats : nullptr;
    lowered.weights.push_back(bias ? (*bias)[bias->size() == 1 ? 0 : static_cast<std::size_t>(column)] : 0.0f);
  }
  lowered.run = [s](const float* const* src, const float* weights, float* dst, float* scratch) { fully_connected(s, src, weights, dst, scratch); };
  return lowered;
}

}  // namespace

void register_primitive_vector_fully_connected(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.fully_connected";
  primitive.op = "gemm";
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
