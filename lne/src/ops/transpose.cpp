/// Transpose reorders the dimensions of a tensor of up to six dimensions.
#include <algorithm>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result, and how far a step along each of its dimensions moves in the source.
struct TransposeShape {
  int extents[6];
  int steps[6];
};

static inline void transpose(const TransposeShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[6] = {0, 0, 0, 0, 0, 0};
  for (long out = 0;;) {
    long from = 0;
    for (int d = 0; d < 5; ++d) from += static_cast<long>(at[d]) * s.steps[d];
    for (int i = 0; i < s.extents[5]; ++i) dst[out++] = src[0][from + static_cast<long>(i) * s.steps[5]];
    int d = 4;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

/// Whether dimensions of more than one element stay in their order, so that all elements do.
bool keeps_order(const Shape& src, const std::vector<std::int64_t>& order) {
  std::vector<std::int64_t> moved;
  for (const std::int64_t d : order) {
    if (src[static_cast<std::size_t>(d)] != 1) moved.push_back(d);
  }
  return std::is_sorted(moved.begin(), moved.end());
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::size_t rank = src.size();
  if (rank > 6) return "at most six dimensions are supported";
  std::vector<std::int64_t> order = node.integers("perm", {});
  if (order.empty()) {
    for (std::size_t i = 0; i < rank; ++i) order.push_back(static_cast<std::int64_t>(rank - 1 - i));
  }
  std::vector<std::int64_t> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted.size() != rank || sorted[i] != static_cast<std::int64_t>(i)) return "perm is no order of " + std::to_string(rank) + " dimensions";
  }
  Shape out;
  for (const std::int64_t d : order) out.push_back(src[static_cast<std::size_t>(d)]);
  node.attributes["perm"] = order;
  if (!is_constant(graph, node, 0) && keeps_order(src, order)) node.op = "reshape";
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const auto order = node.integers("perm", {});
  const std::vector<std::int64_t> steps = steps_of(src);
  TransposeShape s{{1, 1, 1, 1, 1, 1}, {0, 0, 0, 0, 0, 0}};
  for (std::size_t i = 0; i < order.size(); ++i) {
    s.extents[6 - order.size() + i] = static_cast<int>(src[static_cast<std::size_t>(order[i])]);
    s.steps[6 - order.size() + i] = static_cast<int>(steps[static_cast<std::size_t>(order[i])]);
  }
  return lowered_kernel("transpose", transpose, "TransposeShape", s, "{" + braced_ints(s.extents) + ", " + braced_ints(s.steps) + "}");
}

}  // namespace

void register_op_transpose(OpRegistry& registry) {
  OpDefinition definition{"transpose", {"Transpose"}, "Any order of up to six dimensions.", infer};
  definition.only_moves = true;
  registry.add(std::move(definition));
}

void register_primitive_ops_transpose(PrimitiveRegistry& registry) { registry.add(reference_primitive("transpose", lower)); }

}  // namespace lne
