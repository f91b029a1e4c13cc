/// Fully connected layers by XNNPACK.
#include <xnnpack.h>

#include <cmath>
#include <cstring>

#include "../../src/ops/op.hpp"
#include "../../src/plan/library_kernel.hpp"

namespace lne {
namespace {

// kernel-begin
struct XnnpackFullyConnectedShape {
  int rows, depth, columns;
  int activation;
  float low, high;
};

class XnnpackFullyConnected {
 public:
  /// weights: [columns][depth], then the biases.
  XnnpackFullyConnected(const XnnpackFullyConnectedShape& s, const float* weights) : shape_(s) {
    if (xnn_initialize(nullptr) != xnn_status_success) lne::library::fail("XNNPACK", "it does not run on this processor");
    const float low = s.activation == 0 ? -INFINITY : s.activation == 1 ? 0.0f : s.low, high = s.activation == 2 ? s.high : INFINITY;
    const unsigned long depth = static_cast<unsigned long>(s.depth), columns = static_cast<unsigned long>(s.columns);
    if (xnn_create_fully_connected_nc_f32(depth, columns, depth, columns, weights, weights + depth * columns, low, high, 0, &operator_) != xnn_status_success) lne::library::fail("XNNPACK", "a fully connected layer can't be made");
  }
  ~XnnpackFullyConnected() { xnn_delete_operator(operator_); }
  XnnpackFullyConnected(const XnnpackFullyConnected&) = delete;
  XnnpackFullyConnected& operator=(const XnnpackFullyConnected&) = delete;

  /// scratch: a copy of the source, since XNNPACK may read up to XNN_EXTRA_BYTES behind it.
  void run(const float* const* src, float* dst, float* scratch) {
    std::memcpy(scratch, src[0], sizeof(float) * static_cast<unsigned long>(shape_.rows) * static_cast<unsigned long>(shape_.depth));
    const xnn_status set = xnn_setup_fully_connected_nc_f32(operator_, static_cast<unsigned long>(shape_.rows), scratch, dst, nullptr);
    if (set != xnn_status_success || xnn_run_operator(operator_, nullptr) != xnn_status_success) lne::library::fail("XNNPACK", "a fully connected layer can't be run");
  }

 private:
  const XnnpackFullyConnectedShape& shape_;
  xnn_operator_t operator_ = nullptr;
};
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const GemmSizes sizes = gemm_sizes_of(graph, node);
  const XnnpackFullyConnectedShape s{static_cast<int>(sizes.rows), static_cast<int>(sizes.depth), static_cast<int>(sizes.columns), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_library<XnnpackFullyConnected>("XnnpackFullyConnected", "XnnpackFullyConnectedShape", s, "{" + listed({s.rows, s.depth, s.columns}) + ", " + text_of(node.activation) + "}");
  lowered.weights = gemm_weights(graph, node);
  lowered.scratch_floats = sizes.rows * sizes.depth + 16;
  return lowered;
}

std::string refuse(const Graph&, const Node& node) {
  if (node.residual >= 0) return "it adds nothing to its result";
  if (!is_clipped_at_most(node)) return "its library activates by ReLU and clips alone";
  if (node.activation.kind == Activation::Kind::kClip && !(node.activation.low < node.activation.high)) return "it clips to a range";
  return {};
}

}  // namespace

void register_primitive_xnnpack_fully_connected(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "xnnpack.fully_connected";
  primitive.op = "gemm";
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
