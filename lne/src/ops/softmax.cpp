/// Softmax turns values along one axis into shares that sum to one; LogSoftmax gives their logarithms.
#include <cmath>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner], normalized along the middle.
struct SoftmaxShape {
  int outer, extent, inner, is_logarithm;
};

static inline void softmax(const SoftmaxShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int o = 0; o < s.outer; ++o) {
    for (int i = 0; i < s.inner; ++i) {
      const float* x = src[0] + static_cast<long>(o) * s.extent * s.inner + i;
      float* y = dst + static_cast<long>(o) * s.extent * s.inner + i;
      float largest = x[0];
      for (int k = 1; k < s.extent; ++k) largest = x[static_cast<long>(k) * s.inner] > largest ? x[static_cast<long>(k) * s.inner] : largest;
      float sum = 0.0f;
      for (int k = 0; k < s.extent; ++k) sum += std::exp(x[static_cast<long>(k) * s.inner] - largest);
      const float shift = std::log(sum);
      for (int k = 0; k < s.extent; ++k) {
        const float centred = x[static_cast<long>(k) * s.inner] - largest;
        y[static_cast<long>(k) * s.inner] = s.is_logarithm ? centred - shift : std::exp(centred) / sum;
      }
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::int64_t rank = static_cast<std::int64_t>(src.size());
  const bool is_old = node.integer("opset", 13) < 13;
  std::int64_t axis = node.integer("axis", is_old ? 1 : -1);
  if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
  std::int64_t outer = 1, extent = src[static_cast<std::size_t>(axis)], inner = 1;
  for (std::int64_t d = 0; d < axis; ++d) outer *= src[static_cast<std::size_t>(d)];
  for (std::int64_t d = axis + 1; d < rank; ++d) (is_old ? extent : inner) *= src[static_cast<std::size_t>(d)];  // up to opset 12 all that follows is one axis
  node.attributes["view"] = std::vector<std::int64_t>{outer, extent, inner};
  set_shape(graph, node, src);
  return {};
}

Lowered lower(const Graph&, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const SoftmaxShape s{static_cast<int>(view[0]), static_cast<int>(view[1]), static_cast<int>(view[2]), node.string("onnx", "") == "LogSoftmax" ? 1 : 0};
  return lowered_kernel("softmax", softmax, "SoftmaxShape", s, braced({s.outer, s.extent, s.inner, s.is_logarithm}));
}

}  // namespace

void register_op_softmax(OpRegistry& registry) {
  registry.add({"softmax", {"Softmax", "LogSoftmax"}, "Along one axis; in opsets below 13 over all dimensions from the axis on.", infer});
}

void register_primitive_ops_softmax(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("softmax", lower);
  primitive.overwrites = overwrites_alike;
  registry.add(std::move(primitive));
}

}  // namespace lne
