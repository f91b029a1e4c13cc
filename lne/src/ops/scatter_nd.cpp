/// ScatterND copies a tensor and writes slices into it, at positions that another tensor lists; what is there is replaced, or joined with the slice.
#include <algorithm>
#include <array>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// `count` tuples of `depth` numbers, each the position of a slice of `inner` elements along the outermost dimensions. Negative numbers count from the
/// back; others outside are clamped.
struct ScatterShape {
  int elements, count, depth, inner;
  int extents[8], steps[8];
  int constants;  // bits 0 to 2: whether data, indices, updates come from the weights, in this order
  int reduction;  // 0 replaces, 1 adds, 2 multiplies, 3 takes the greater, 4 the lesser
};

/// `join(old, update)` gives the new element. Of slices for the same position the later ones meet what the earlier ones left. dst may be data.
template <class T, class Join>
static inline void scatter_slices(const ScatterShape& s, const T* data, const T* indices, const T* updates, T* dst, const Join& join) {
  for (long i = 0; data != dst && i < s.elements; ++i) dst[i] = data[i];
  for (long n = 0; n < s.count; ++n) {
    T* to = dst;
    for (int d = 0; d < s.depth; ++d) {
      const T index = indices[n * s.depth + d], extent = static_cast<T>(s.extents[d]), number = index < 0 ? index + extent : index;
      to += (number > 0 ? number < extent ? static_cast<long>(number) : s.extents[d] - 1L : 0L) * s.steps[d];
    }
    for (long i = 0; i < s.inner; ++i) to[i] = join(to[i], updates[n * s.inner + i]);
  }
}

static inline float scatter_joined(int reduction, float old, float update) {
  switch (reduction) {
    case 1: return old + update;
    case 2: return old * update;
    case 3: return old > update ? old : update;
    case 4: return old < update ? old : update;
    default: return update;
  }
}

static inline void scatter_nd(const ScatterShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const long sizes[3] = {s.elements, static_cast<long>(s.count) * s.depth, static_cast<long>(s.count) * s.inner};
  const float* operands[3];
  for (int i = 0, computed = 0; i < 3; ++i) {
    const bool is_constant = (s.constants >> i & 1) != 0;
    operands[i] = is_constant ? weights : src[computed];
    if (is_constant) weights += sizes[i];
    else ++computed;
  }
  scatter_slices(s, operands[0], operands[1], operands[2], dst, [&](float old, float update) { return scatter_joined(s.reduction, old, update); });
}
// kernel-end

constexpr std::array kReductions{"none", "add", "mul", "max", "min"};

std::string check_operands(const Graph& graph, const Node& node) {
  if (node.inputs.size() != 3 || !has_input(node, 1) || !has_input(node, 2)) return "it must have data, indices and updates";
  const Shape &data = shape_of(graph, node, 0), &indices = shape_of(graph, node, 1), &updates = shape_of(graph, node, 2);
  if (!is_integer(graph.value(node.inputs[1]).dtype)) return "its indices must be integers";
  if (graph.value(node.inputs[0]).dtype != graph.value(node.inputs[2]).dtype) return "its updates are " + name_of(graph.value(node.inputs[2]).dtype) + ", its data " + name_of(graph.value(node.inputs[0]).dtype);
  if (indices.empty() || indices.back() < 1 || indices.back() > static_cast<std::int64_t>(data.size())) return "its indices " + text_of(indices) + " must end with 1 to " + std::to_string(data.size()) + " numbers, for as many dimensions of " + text_of(data);
  if (std::any_of(data.begin(), data.begin() + indices.back(), [](std::int64_t extent) { return extent > kMostNumbered; })) return "its indices reach over a dimension of more than 2^24 elements in " + text_of(data);
  Shape wanted(indices.begin(), indices.end() - 1);
  wanted.insert(wanted.end(), data.begin() + indices.back(), data.end());
  return updates == wanted ? "" : "its updates " + text_of(updates) + " do not fit; the indices " + text_of(indices) + " ask for " + text_of(wanted);
}

std::string check_indices(const Shape& data, const Value& indices) {
  const std::size_t depth = static_cast<std::size_t>(indices.shape.back());
  for (std::size_t i = 0; i < indices.ints.size(); ++i) {
    const std::int64_t extent = data[i % depth], number = indices.ints[i];
    if (number < -extent || number >= extent) return "its index " + std::to_string(number) + " for dimension " + std::to_string(i % depth) + " lies outside " + text_of(data);
  }
  return {};
}

std::string infer(Graph& graph, Node& node) {
  if (std::string refusal = check_operands(graph, node); !refusal.empty()) return refusal;
  const Shape data = shape_of(graph, node, 0);
  if (is_constant(graph, node, 1)) {
    if (std::string refusal = check_indices(data, graph.value(node.inputs[1])); !refusal.empty()) return refusal;
  }
  const std::string reduction = node.string("reduction", "none");
  const auto found = std::find(kReductions.begin(), kReductions.end(), reduction);
  if (found == kReductions.end()) return "reduction '" + reduction + "' is not supported; none, add, mul, max and min are";
  if (reduction != "none" && graph.value(node.inputs[0]).dtype == DType::kBool) return "reduction '" + reduction + "' is not for truth values";
  node.attributes["function"] = static_cast<std::int64_t>(found - kReductions.begin());
  set_shape(graph, node, data);
  return {};
}

ScatterShape scatter_shape(const Graph& graph, const Node& node) {
  const Shape &data = shape_of(graph, node, 0), &indices = shape_of(graph, node, 1);
  const std::size_t depth = static_cast<std::size_t>(indices.back());
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  ScatterShape s{i(element_count(data)), i(element_count(indices) / indices.back()), i(indices.back()), i(element_count(Shape(data.begin() + indices.back(), data.end()))), {}, {}, 0, i(node.integer("function", 0))};
  const std::vector<std::int64_t> steps = steps_of(data);
  for (std::size_t d = 0; d < depth; ++d) {
    s.extents[d] = i(data[d]);
    s.steps[d] = i(steps[d]);
  }
  for (std::size_t operand = 0; operand < 3; ++operand) s.constants |= is_constant(graph, node, operand) ? 1 << operand : 0;
  return s;
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const ScatterShape s = scatter_shape(graph, node);
  Lowered lowered = lowered_kernel("scatter_nd", scatter_nd, "ScatterShape", s, "{" + listed({s.elements, s.count, s.depth, s.inner}) + ", " + braced_ints(s.extents) + ", " + braced_ints(s.steps) + ", " + listed({s.constants, s.reduction}) + "}");
  for (std::size_t operand = 0; operand < 3; ++operand) {
    if (!is_constant(graph, node, operand)) continue;
    const std::vector<float> values = floats_in(graph.value(node.inputs[operand]));
    lowered.weights.insert(lowered.weights.end(), values.begin(), values.end());
  }
  return lowered;
}

std::int64_t integer_joined(int reduction, std::int64_t old, std::int64_t update) {
  const auto bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  switch (reduction) {
    case 1: return static_cast<std::int64_t>(bits(old) + bits(update));
    case 2: return static_cast<std::int64_t>(bits(old) * bits(update));
    case 3: return std::max(old, update);
    case 4: return std::min(old, update);
    default: return update;
  }
}

/// Integers with all their bits.
std::string fold(Graph& graph, const Node& node) {
  const ScatterShape s = scatter_shape(graph, node);
  std::vector<std::int64_t> result = graph.value(node.inputs[0]).ints;
  scatter_slices(s, result.data(), graph.value(node.inputs[1]).ints.data(), graph.value(node.inputs[2]).ints.data(), result.data(), [&](std::int64_t old, std::int64_t update) { return integer_joined(s.reduction, old, update); });
  graph.value(node.outputs[0]).ints = std::move(result);
  return {};
}

}  // namespace

void register_op_scatter_nd(OpRegistry& registry) {
  OpDefinition definition{"scatter_nd", {"ScatterND"}, "Constant or computed data, indices and updates; every reduction.", infer};
  definition.fold = fold;
  registry.add(std::move(definition));
}

void register_primitive_ops_scatter_nd(PrimitiveRegistry& registry) {
  Primitive primitive = reference_primitive("scatter_nd", lower);
  primitive.overwrites = [](const Graph& graph, const Node& node) { return is_constant(graph, node, 0) ? std::vector<std::size_t>() : std::vector<std::size_t>{0}; };
  registry.add(std::move(primitive));
}

}  // namespace lne
