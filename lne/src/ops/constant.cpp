/// A constant as a tensor that is computed: for layers that read all their operands in the same way, and for results that do not depend on the input.
#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
struct ConstantShape {
  int count;
};

static inline void constant(const ConstantShape& s, const float* const*, const float* weights, float* dst, float*) {
  for (int i = 0; i < s.count; ++i) dst[i] = weights[i];
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Value& value = graph.value(node.inputs[0]);
  const ConstantShape s{static_cast<int>(element_count(value.shape))};
  Lowered lowered = lowered_kernel("constant", constant, "ConstantShape", s, braced({s.count}));
  lowered.weights = floats_in(value);
  return lowered;
}

}  // namespace

void register_op_constant(OpRegistry& registry) { registry.add({"constant", {}, "A constant among the computed tensors; not in source files.", nullptr}); }

void register_primitive_ops_constant(PrimitiveRegistry& registry) { registry.add(reference_primitive("constant", lower)); }

}  // namespace lne
