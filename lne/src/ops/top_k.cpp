/// TopK gives the k largest or smallest elements along one axis in order, and their positions.
#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner], searched along the middle. Of equal elements the first comes first.
struct TopKShape {
  int outer, extent, inner, count;
  int is_smallest;
};

/// dst: the elements [outer, count, inner], then the positions. Scratch: a mark per element of the axis.
static inline void top_k(const TopKShape& s, const float* const* src, const float*, float* dst, float* scratch) {
  float* positions = dst + static_cast<long>(s.outer) * s.count * s.inner;
  for (int o = 0; o < s.outer; ++o) {
    for (int i = 0; i < s.inner; ++i) {
      const float* x = src[0] + static_cast<long>(o) * s.extent * s.inner + i;
      for (int e = 0; e < s.extent; ++e) scratch[e] = 0.0f;
      for (int k = 0; k < s.count; ++k) {
        int best = -1;
        for (int e = 0; e < s.extent; ++e) {
          if (scratch[e] != 0.0f) continue;
          const float element = x[static_cast<long>(e) * s.inner];
          if (best < 0 || (s.is_smallest ? element < x[static_cast<long>(best) * s.inner] : element > x[static_cast<long>(best) * s.inner])) best = e;
        }
        scratch[best] = 1.0f;
        const long at = (static_cast<long>(o) * s.count + k) * s.inner + i;
        dst[at] = x[static_cast<long>(best) * s.inner];
        positions[at] = static_cast<float>(best);
      }
    }
  }
}
// kernel-end

/// The kernel's result is one tensor [2, …]; both results of the layer are cut out of it.
std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (node.has("view") && node.has(":packed")) return set_shape(graph, node, node.integers(":packed", {})), std::string();
  std::int64_t axis = node.integer("axis", -1);
  std::vector<std::int64_t> count;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "k", count, is_given); !refusal.empty()) return refusal;
  if (!is_given || count.empty()) count = {node.integer("k", 0)};
  if (!resolve_axis(axis, src.size())) return "its axis lies outside " + text_of(src);
  const std::int64_t extent = src[static_cast<std::size_t>(axis)];
  if (extent > kMostNumbered) return "its axis has more than 2^24 elements in " + text_of(src);
  if (count.size() != 1 || count[0] < 1 || count[0] > extent) return "k must be a number from 1 to " + std::to_string(extent);
  Shape out = src;
  out[static_cast<std::size_t>(axis)] = count[0];
  const std::int64_t outer = element_count(Shape(src.begin(), src.begin() + axis)), inner = element_count(Shape(src.begin() + axis + 1, src.end()));
  Shape packed = out;
  packed.insert(packed.begin(), 2);
  LayerBuilder builder(graph, node);
  const ValueId both = builder.add("TopK", {node.inputs[0]}, {{"view", std::vector<std::int64_t>{outer, extent, inner, count[0], node.integer("largest", 1) == 0}}, {":packed", packed}});
  const auto part = [&](std::int64_t index) { return builder.add("Slice", {both, builder.integers({index}), builder.integers({index + 1}), builder.integers({0})}); };
  if (node.outputs.size() > 1) {
    builder.add_output(node.outputs[1], "Reshape", {part(1), builder.integers(out)});
    graph.value(node.outputs[1]).dtype = DType::kInt64;
  }
  node.outputs.resize(1);
  return builder.finish(node, "Reshape", {part(0), builder.integers(out)});
}

Lowered lower(const Graph&, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  Lowered lowered = lowered_kernel("top_k", top_k, "TopKShape", TopKShape{i(0), i(1), i(2), i(3), i(4)}, braced(view));
  lowered.scratch_floats = view[1];
  return lowered;
}

}  // namespace

void register_op_top_k(OpRegistry& registry) { registry.add({"top_k", {"TopK"}, "Constant k, largest or smallest, always in order.", infer}); }

void register_primitive_ops_top_k(PrimitiveRegistry& registry) { registry.add(reference_primitive("top_k", lower)); }

}  // namespace lne
