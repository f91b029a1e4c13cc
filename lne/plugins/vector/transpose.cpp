/// Transposes in plain layout: rows are copied where the last dimension stays the last, else the two innermost dimensions change places in blocks of 8 x 8.
#include "../../simd/part.hpp"
#include "../../simd/transpose.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents of the result's dimensions outside the block, and how far a step along each moves in source and result; then a block of the source, whose rows
/// become columns of the result, or one row that is copied.
struct VectorTransposeShape {
  int extents[5];
  int src_steps[5];
  int dst_steps[5];
  int rows, columns, src_step, dst_step;
};

static inline void vector_transpose(const VectorTransposeShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[5] = {0, 0, 0, 0, 0};
  for (;;) {
    const float* from = src[0];
    float* to = dst;
    for (int d = 0; d < 5; ++d) {
      from += static_cast<long>(at[d]) * s.src_steps[d];
      to += static_cast<long>(at[d]) * s.dst_steps[d];
    }
    if (s.rows == 1) simd::copy_row(from, to, s.columns);
    else simd::transpose_block(from, s.src_step, s.rows, s.columns, to, s.dst_step);
    int d = 4;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

/// A dimension of the result: its extent, and how far a step along it moves.
struct Dimension {
  std::int64_t extent, src_step, dst_step;
};

/// Without those of one element, and as one where two follow each other in the source too.
std::vector<Dimension> dimensions_of(const Graph& graph, const Node& node) {
  const auto order = node.integers("perm", {});
  const Shape& out = graph.value(node.outputs[0]).shape;
  const std::vector<std::int64_t> src_steps = steps_of(shape_of(graph, node, 0)), dst_steps = steps_of(out);
  std::vector<Dimension> found;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i] == 1) continue;
    const Dimension next{out[i], src_steps[static_cast<std::size_t>(order[i])], dst_steps[i]};
    const bool follows = !found.empty() && found.back().src_step == next.src_step * next.extent;
    if (follows) found.back() = {found.back().extent * next.extent, next.src_step, next.dst_step};
    else found.push_back(next);
  }
  if (found.empty()) found.push_back({1, 1, 1});
  return found;
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  std::vector<Dimension> dimensions = dimensions_of(graph, node);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const Dimension last = dimensions.back();
  dimensions.pop_back();
  VectorTransposeShape s{{1, 1, 1, 1, 1}, {}, {}, 1, i(last.extent), 0, 0};
  std::size_t outer = 0;
  for (const Dimension& dimension : dimensions) {
    if (last.src_step != 1 && dimension.src_step == 1) {
      s.rows = i(last.extent);
      s.columns = i(dimension.extent);
      s.src_step = i(last.src_step);
      s.dst_step = i(dimension.dst_step);
      continue;
    }
    const std::size_t at = 5 - dimensions.size() + outer++;
    s.extents[at] = i(dimension.extent);
    s.src_steps[at] = i(dimension.src_step);
    s.dst_steps[at] = i(dimension.dst_step);
  }
  return lowered_kernel("vector_transpose", vector_transpose, "VectorTransposeShape", s, "{" + braced_ints(s.extents) + ", " + braced_ints(s.src_steps) + ", " + braced_ints(s.dst_steps) + ", " + listed({s.rows, s.columns, s.src_step, s.dst_step}) + "}");
}

}  // namespace

void register_primitive_vector_transpose(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.transpose";
  primitive.op = "transpose";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
