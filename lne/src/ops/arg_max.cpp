/// ArgMax and ArgMin give the position of the largest or smallest element along one axis.
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner], searched along the middle. The first of equal elements counts, or the last.
struct ArgMaxShape {
  int outer, extent, inner;
  int is_minimum, takes_last;
};

static inline void arg_max(const ArgMaxShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int o = 0; o < s.outer; ++o) {
    for (int i = 0; i < s.inner; ++i) {
      const float* x = src[0] + static_cast<long>(o) * s.extent * s.inner + i;
      int best = 0;
      for (int k = 1; k < s.extent; ++k) {
        const float element = x[static_cast<long>(k) * s.inner], leader = x[static_cast<long>(best) * s.inner];
        if (s.is_minimum ? element < leader : element > leader) best = k;
        else if (s.takes_last && element == leader) best = k;
      }
      *dst++ = static_cast<float>(best);
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  std::int64_t axis = node.integer("axis", 0);
  if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
  const std::size_t at = static_cast<std::size_t>(axis);
  if (src[at] > kMostNumbered) return "its axis has more than 2^24 elements in " + text_of(src);
  const std::int64_t outer = element_count(Shape(src.begin(), src.begin() + axis)), inner = element_count(Shape(src.begin() + axis + 1, src.end()));
  node.attributes["view"] = std::vector<std::int64_t>{outer, src[at], inner};
  Shape out = src;
  if (node.integer("keepdims", 1) != 0) out[at] = 1;
  else out.erase(out.begin() + axis);
  graph.value(node.outputs[0]).dtype = DType::kInt64;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph&, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const ArgMaxShape s{static_cast<int>(view[0]), static_cast<int>(view[1]), static_cast<int>(view[2]), node.string("onnx", "") == "ArgMin" ? 1 : 0, node.integer("select_last_index", 0) != 0 ? 1 : 0};
  return lowered_kernel("arg_max", arg_max, "ArgMaxShape", s, braced({s.outer, s.extent, s.inner, s.is_minimum, s.takes_last}));
}

}  // namespace

void register_op_arg_max(OpRegistry& registry) { registry.add({"arg_max", {"ArgMax", "ArgMin"}, "Along one axis.", infer}); }

void register_primitive_ops_arg_max(PrimitiveRegistry& registry) { registry.add(reference_primitive("arg_max", lower)); }

}  // namespace lne
