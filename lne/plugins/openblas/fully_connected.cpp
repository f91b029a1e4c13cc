/// Fully connected layers as OpenBLAS's products of a matrix with a vector, or with a matrix where there are several rows.
#include <cblas.h>

#include <cstring>

#include "../../simd/activation.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
struct BlasFullyConnectedShape {
  int rows, depth, columns;
  int activation;
  float low, high;
};

/// weights: [columns][depth], then the biases.
static inline void blas_fully_connected(const BlasFullyConnectedShape& s, const float* const* src, const float* weights, float* dst, float*) {
  static const bool has_one_thread = (openblas_set_num_threads(1), true);
  (void)has_one_thread;
  const float* biases = weights + static_cast<long>(s.columns) * s.depth;
  for (int row = 0; row < s.rows; ++row) std::memcpy(dst + static_cast<long>(row) * s.columns, biases, sizeof(float) * static_cast<unsigned long>(s.columns));
  if (s.rows == 1) cblas_sgemv(CblasRowMajor, CblasNoTrans, s.columns, s.depth, 1.0f, weights, s.depth, src[0], 1, 1.0f, dst, 1);
  else cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s.rows, s.columns, s.depth, 1.0f, src[0], s.depth, weights, s.depth, 1.0f, dst, s.columns);
  for (long i = 0; s.activation != 0 && i < static_cast<long>(s.rows) * s.columns; ++i) dst[i] = simd::activate(dst[i], s.activation, s.low, s.high);
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const GemmSizes sizes = gemm_sizes_of(graph, node);
  const BlasFullyConnectedShape s{static_cast<int>(sizes.rows), static_cast<int>(sizes.depth), static_cast<int>(sizes.columns), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_kernel("blas_fully_connected", blas_fully_connected, "BlasFullyConnectedShape", s, "{" + listed({s.rows, s.depth, s.columns}) + ", " + text_of(node.activation) + "}");
  lowered.weights = gemm_weights(graph, node);
  return lowered;
}

}  // namespace

void register_primitive_openblas_fully_connected(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "openblas.fully_connected";
  primitive.op = "gemm";
  primitive.refuse = [](const Graph&, const Node& node) { return std::string(node.residual >= 0 ? "it adds nothing to its result" : ""); };
  primitive.lower = lower;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
