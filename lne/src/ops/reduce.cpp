/// Reductions join all elements along some axes: sum, mean, maximum, minimum, product, norms and logarithms of sums.
#include <algorithm>
#include <cmath>
#include <map>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// Extents and steps in the source of the dimensions that stay and of those that are reduced.
struct ReduceShape {
  int function;  // 0 sum, 1 mean, 2 maximum, 3 minimum, 4 product, 5 sum of magnitudes, 6 root of the sum of squares, 7 sum of squares, 8 log of sum, 9 log of sum of exp
  int kept[8];
  int kept_steps[8];
  int reduced[8];
  int reduced_steps[8];
};

/// Sums in double: many elements may be joined.
static inline void reduce(const ReduceShape& s, const float* const* src, const float*, float* dst, float*) {
  int at[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  for (long out = 0;; ++out) {
    const float* x = src[0];
    for (int d = 0; d < 8; ++d) x += static_cast<long>(at[d]) * s.kept_steps[d];
    // The largest element comes off before exponentials are taken, so that none overflows.
    float largest = x[0], smallest = x[0];
    double sum = 0.0, product = 1.0;
    long count = 0;
    for (int pass = s.function == 9 ? 0 : 1; pass < 2; ++pass) {
      int in[8] = {0, 0, 0, 0, 0, 0, 0, 0};
      for (;;) {
        long from = 0;
        for (int d = 0; d < 8; ++d) from += static_cast<long>(in[d]) * s.reduced_steps[d];
        const float element = x[from];
        largest = element > largest ? element : largest;
        smallest = element < smallest ? element : smallest;
        if (pass == 1) {
          const double value = static_cast<double>(element);
          if (s.function == 5) sum += value < 0.0 ? -value : value;
          else if (s.function == 6 || s.function == 7) sum += value * value;
          else if (s.function == 9) sum += static_cast<double>(std::exp(element - largest));
          else sum += value;
          product *= value;
          ++count;
        }
        int d = 7;
        while (d >= 0 && ++in[d] == s.reduced[d]) in[d--] = 0;
        if (d < 0) break;
      }
    }
    switch (s.function) {
      case 1: dst[out] = static_cast<float>(sum / static_cast<double>(count)); break;
      case 2: dst[out] = largest; break;
      case 3: dst[out] = smallest; break;
      case 4: dst[out] = static_cast<float>(product); break;
      case 6: dst[out] = static_cast<float>(std::sqrt(sum)); break;
      case 8: dst[out] = static_cast<float>(std::log(sum)); break;
      case 9: dst[out] = largest + static_cast<float>(std::log(sum)); break;
      default: dst[out] = static_cast<float>(sum);
    }
    int d = 7;
    while (d >= 0 && ++at[d] == s.kept[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

const std::map<std::string, int> kFunctions{{"ReduceSum", 0}, {"ReduceMean", 1}, {"ReduceMax", 2}, {"ReduceMin", 3}, {"ReduceProd", 4}, {"ReduceL1", 5}, {"ReduceL2", 6}, {"ReduceSumSquare", 7}, {"ReduceLogSum", 8}, {"ReduceLogSumExp", 9}};

/// The mean over height and width is average pooling of the whole map, for which there are fast primitives.
void make_pool(Graph& graph, Node& node, const Shape& src) {
  node.op = "pool";
  node.attributes["kernel_shape"] = std::vector<std::int64_t>{src[2], src[3]};
  node.attributes["strides"] = std::vector<std::int64_t>{1, 1};
  node.attributes["pads"] = std::vector<std::int64_t>{0, 0, 0, 0};
  node.attributes["dilations"] = std::vector<std::int64_t>{1, 1};
  node.attributes["maximum"] = std::int64_t{0};
  set_shape(graph, node, node.integer("keepdims", 1) != 0 ? Shape{1, src[1], 1, 1} : Shape{1, src[1]});
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::string name = node.string("onnx", "");
  std::vector<std::int64_t> axes;
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 1, "axes", axes, is_given); !refusal.empty()) return refusal;
  if (axes.empty() && node.integer("noop_with_empty_axes", 0) == 0) {
    for (std::size_t i = 0; i < src.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  }
  for (std::int64_t& axis : axes) {
    if (!resolve_axis(axis, src.size())) return "its axes lie outside " + text_of(src);
  }
  std::sort(axes.begin(), axes.end());
  axes.erase(std::unique(axes.begin(), axes.end()), axes.end());
  if (element_count(src) == 0) return "its input has no elements";
  node.inputs.resize(1);
  if (name == "ReduceMean" && src.size() == 4 && src[0] == 1 && axes == std::vector<std::int64_t>{2, 3} && !is_constant(graph, node, 0)) return make_pool(graph, node, src), std::string();
  Shape out;
  for (std::size_t i = 0; i < src.size(); ++i) {
    const bool is_reduced = std::binary_search(axes.begin(), axes.end(), static_cast<std::int64_t>(i));
    if (!is_reduced) out.push_back(src[i]);
    else if (node.integer("keepdims", 1) != 0) out.push_back(1);
  }
  node.attributes["function"] = static_cast<std::int64_t>(kFunctions.at(name));
  node.attributes["axes"] = axes;
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const Shape& src = shape_of(graph, node, 0);
  const auto steps = steps_of(src), axes = node.integers("axes", {});
  ReduceShape s{static_cast<int>(node.integer("function", 0)), {1, 1, 1, 1, 1, 1, 1, 1}, {}, {1, 1, 1, 1, 1, 1, 1, 1}, {}};
  for (std::size_t i = 0, kept = 8 - (src.size() - axes.size()), reduced = 8 - axes.size(); i < src.size(); ++i) {
    const bool is_reduced = std::binary_search(axes.begin(), axes.end(), static_cast<std::int64_t>(i));
    const std::size_t at = is_reduced ? reduced++ : kept++;
    (is_reduced ? s.reduced : s.kept)[at] = static_cast<int>(src[i]);
    (is_reduced ? s.reduced_steps : s.kept_steps)[at] = static_cast<int>(steps[i]);
  }
  return lowered_kernel("reduce", reduce, "ReduceShape", s, "{" + std::to_string(s.function) + ", " + braced_ints(s.kept) + ", " + braced_ints(s.kept_steps) + ", " + braced_ints(s.reduced) + ", " + braced_ints(s.reduced_steps) + "}");
}

}  // namespace

void register_op_reduce(OpRegistry& registry) {
  std::vector<std::string> names;
  for (const auto& [name, code] : kFunctions) names.push_back(name);
  registry.add({"reduce", names, "Over any constant axes.", infer});
}

void register_primitive_ops_reduce(PrimitiveRegistry& registry) { registry.add(reference_primitive("reduce", lower)); }

}  // namespace lne
