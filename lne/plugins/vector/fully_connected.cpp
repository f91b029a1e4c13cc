/// Fully connected layers of one row: a row of outputs at a time, each weight read once, as fast as memory gives them.
#include "../../simd/row.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct FullyConnectedShape {
  int depth, columns;
  int ahead;  // floats that are fetched ahead
  int activation;
  float low, high;
};

/// Vectors * 8 outputs; two sums per output hide the latency of adding. weights: [depth][8 * Vectors].
template <int Vectors>
static inline void fully_connected_block(const FullyConnectedShape& s, const float* src, const float* weights, const float* biases, float* dst, int columns) {
  using namespace simd;
  Row<Vectors> even = load_row<Vectors>(biases), odd = zero_row<Vectors>();
  const float* w = weights;
  int k = 0;
  for (; k + 2 <= s.depth; k += 2, w += 16 * Vectors) {
#pragma GCC unroll 8
    for (int line = 0; line < 16 * Vectors; line += 16) prefetch(w + s.ahead + line);
    multiply_add_row<Vectors>(even, set16(src[k]), load_row<Vectors>(w));
    multiply_add_row<Vectors>(odd, set16(src[k + 1]), load_row<Vectors>(w + 8 * Vectors));
  }
  if (k < s.depth) multiply_add_row<Vectors>(even, set16(src[k]), load_row<Vectors>(w));
  float lanes[8 * Vectors];
  store_row<Vectors>(lanes, activate_row<Vectors>(add_rows<Vectors>(even, odd), s.activation, s.low, s.high));
  for (int lane = 0; lane < columns; ++lane) dst[lane] = lanes[lane];
}

/// weights: per 32 columns, and per 8 of the rest, [depth][columns], then the biases, columns filled up with zeros.
static inline void fully_connected(const FullyConnectedShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const int filled = (s.columns + 7) / 8 * 8;
  const float* biases = weights + static_cast<long>(filled) * s.depth;
  int done = 0;
  for (; done + 32 <= filled; done += 32) {
    const int columns = s.columns - done < 32 ? s.columns - done : 32;
    fully_connected_block<4>(s, src[0], weights + static_cast<long>(done) * s.depth, biases + done, dst + done, columns);
  }
  for (; done < filled; done += 8) {
    const int columns = s.columns - done < 8 ? s.columns - done : 8;
    fully_connected_block<1>(s, src[0], weights + static_cast<long>(done) * s.depth, biases + done, dst + done, columns);
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
  const std::int64_t depth = shape_of(graph, node, 0).back(), columns = graph.value(node.outputs[0]).shape.back(), filled = (columns + 7) / 8 * 8;
  // Two pages ahead: the processor's own prefetcher stops at the end of each.
  const FullyConnectedShape s{static_cast<int>(depth), static_cast<int>(columns), 2048, static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered;
  lowered.function = "fully_connected";
  lowered.shape_type = "FullyConnectedShape";
  lowered.shape_value = "{" + std::to_string(depth) + ", " + std::to_string(columns) + ", " + std::to_string(s.ahead) + ", " + text_of(node.activation) + "}";
  lowered.weights.reserve(static_cast<std::size_t>(filled * (depth + 1)));
  for (std::int64_t done = 0; done < filled;) {
    const std::int64_t wide = done + 32 <= filled ? 32 : 8;
    for (std::int64_t k = 0; k < depth; ++k) {
      for (std::int64_t column = done; column < done + wide; ++column) {
        lowered.weights.push_back(column < columns ? matrix.floats[static_cast<std::size_t>(is_transposed ? column * depth + k : k * columns + column)] : 0.0f);
      }
    }
    done += wide;
  }
  for (std::int64_t column = 0; column < filled; ++column) {
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
