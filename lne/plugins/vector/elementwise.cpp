/// Sums, products and the like of two tensors, a vector at a time, in either layout; either may be constant, or broadcast. In channels-last layout
/// what fills up the channels is computed like the rest, and nobody reads it.
#include <algorithm>
#include <array>

#include "../../simd/activation.hpp"
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// Lines of `count` elements that lie side by side in the result, along up to five outer dimensions. A source that is broadcast along a dimension has
/// the step 0 there; along the lines themselves a source moves by 1 or by 0.
struct ElementwiseShape {
  int function;  // 0 add, 1 subtract, 2 multiply, 3 divide, 4 maximum, 5 minimum, 6 PReLU with slopes on the right
  int constant;  // which source comes from the weights: 0 or 1, or 2 for none
  int extents[5], left_steps[5], right_steps[5], dst_steps[5];
  int count, left_step, right_step;
  int activation;
  float low, high;
};

template <class Vec>
static inline Vec elementwise_joined(const ElementwiseShape& s, Vec x, Vec y) {
  using namespace simd;
  const Vec zero = Width<Vec>::set1(0.0f);
  const Vec joined = s.function == 0 ? add(x, y) : s.function == 1 ? sub(x, y) : s.function == 2 ? mul(x, y) : s.function == 3 ? div(x, y) : s.function == 4 ? max(x, y) : s.function == 5 ? min(x, y) : where_less(x, zero, mul(x, y), x);
  return activate(joined, s.activation, s.low, s.high);
}

/// LeftStep and RightStep: 1, or 0 for a source of one number.
template <int LeftStep, int RightStep>
static inline void elementwise_line(const ElementwiseShape& s, const float* left, const float* right, float* to) {
  using namespace simd;
  using W = Width<Widest>;
  int i = 0;
  for (; i + kWidest <= s.count; i += kWidest) {
    store(to + i, elementwise_joined(s, LeftStep ? W::load(left + i) : W::set1(*left), RightStep ? W::load(right + i) : W::set1(*right)));
  }
  for (; i + 8 <= s.count; i += 8) store(to + i, elementwise_joined(s, LeftStep ? load(left + i) : set1(*left), RightStep ? load(right + i) : set1(*right)));
  const int rest = s.count - i;
  if (rest > 0) store_part(to + i, rest, elementwise_joined(s, LeftStep ? load_part<Vec8>(left + i, rest, 1.0f) : set1(*left), RightStep ? load_part<Vec8>(right + i, rest, 1.0f) : set1(*right)));
}

static inline void vector_elementwise(const ElementwiseShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* left = s.constant == 0 ? weights : src[0];
  const float* right = s.constant == 1 ? weights : s.constant == 0 ? src[0] : src[1];
  int at[5] = {0, 0, 0, 0, 0};
  for (;;) {
    const float *x = left, *y = right;
    float* to = dst;
    for (int d = 0; d < 5; ++d) {
      x += static_cast<long>(at[d]) * s.left_steps[d];
      y += static_cast<long>(at[d]) * s.right_steps[d];
      to += static_cast<long>(at[d]) * s.dst_steps[d];
    }
    if (s.left_step == 1 && s.right_step == 1) elementwise_line<1, 1>(s, x, y, to);
    else if (s.left_step == 1) elementwise_line<1, 0>(s, x, y, to);
    else elementwise_line<0, 1>(s, x, y, to);
    int d = 4;
    while (d >= 0 && ++at[d] == s.extents[d]) at[d--] = 0;
    if (d < 0) return;
  }
}
// kernel-end

/// One dimension of the result, and how far a step along it moves in each tensor.
struct Dimension {
  std::int64_t extent, left, right, dst;
};

std::string refuse(const Node& node) {
  const std::int64_t function = node.integer("function", -1);
  return function >= 0 && function <= 6 ? "" : "it has no vectors for this function";
}

Lowered lowered_from(const Graph& graph, const Node& node, std::vector<Dimension> dimensions, std::vector<float> weights) {
  // Dimensions that all tensors run through in one go are one.
  std::vector<Dimension> joined;
  for (const Dimension& d : dimensions) {
    if (d.extent == 1) continue;
    const bool continues = !joined.empty() && joined.back().left == d.left * d.extent && joined.back().right == d.right * d.extent && joined.back().dst == d.dst * d.extent;
    if (continues) joined.back() = {joined.back().extent * d.extent, d.left, d.right, d.dst};
    else joined.push_back(d);
  }
  if (joined.empty()) joined.push_back({1, 1, 1, 1});
  ElementwiseShape s{};
  s.function = static_cast<int>(node.integer("function", 0));
  s.constant = is_constant(graph, node, 0) ? 0 : is_constant(graph, node, 1) ? 1 : 2;
  s.count = static_cast<int>(joined.back().extent);
  s.left_step = static_cast<int>(joined.back().left);
  s.right_step = static_cast<int>(joined.back().right);
  std::fill(s.extents, s.extents + 5, 1);
  for (std::size_t i = 0; i + 1 < joined.size(); ++i) {
    const Dimension& d = joined[i];
    const std::size_t at = 6 - joined.size() + i;
    s.extents[at] = static_cast<int>(d.extent);
    s.left_steps[at] = static_cast<int>(d.left);
    s.right_steps[at] = static_cast<int>(d.right);
    s.dst_steps[at] = static_cast<int>(d.dst);
  }
  s.activation = static_cast<int>(node.activation.kind);
  s.low = node.activation.low;
  s.high = node.activation.high;
  const std::string text = "{" + listed({s.function, s.constant}) + ", " + braced_ints(s.extents) + ", " + braced_ints(s.left_steps) + ", " + braced_ints(s.right_steps) + ", " + braced_ints(s.dst_steps) + ", " + listed({s.count, s.left_step, s.right_step}) + ", " + text_of(node.activation) + "}";
  Lowered lowered = lowered_kernel("vector_elementwise", vector_elementwise, "ElementwiseShape", s, text);
  lowered.weights = std::move(weights);
  return lowered;
}

/// The shape with ones before it, up to the number of dimensions.
Shape filled(const Shape& shape, std::size_t rank) {
  Shape all(rank - shape.size(), 1);
  all.insert(all.end(), shape.begin(), shape.end());
  return all;
}

std::vector<float> constant_of(const Graph& graph, const Node& node) {
  for (std::size_t i = 0; i < 2; ++i) {
    if (is_constant(graph, node, i)) return floats_in(graph.value(node.inputs[i]));
  }
  return {};
}

Lowered lower_plain(const Graph& graph, const Node& node, const Variant&) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  const Shape left = filled(shape_of(graph, node, 0), out.size()), right = filled(shape_of(graph, node, 1), out.size());
  const auto own = steps_of(out), left_steps = steps_of(left), right_steps = steps_of(right);
  std::vector<Dimension> dimensions;
  for (std::size_t d = 0; d < out.size(); ++d) dimensions.push_back({out[d], left[d] == 1 ? 0 : left_steps[d], right[d] == 1 ? 0 : right_steps[d], own[d]});
  return lowered_from(graph, node, std::move(dimensions), constant_of(graph, node));
}

/// The sources of a channels-last kernel: how each lies along lines, columns and channels.
struct MapSource {
  std::int64_t line, column, channel;
};

/// A constant is laid out like the map that it stands for; where it has one channel, all lanes share its numbers.
std::vector<float> packed_constant(const Value& constant, const Shape& shape) {
  const std::vector<float> numbers = floats_in(constant);
  const std::int64_t channels = shape[1], lanes = channels == 1 ? 1 : padded_channels(channels), positions = shape[2] * shape[3];
  // Ones fill up, so that nothing is divided by zero.
  std::vector<float> packed(static_cast<std::size_t>(positions * lanes), 1.0f);
  for (std::int64_t p = 0; p < positions; ++p) {
    for (std::int64_t c = 0; c < channels; ++c) packed[static_cast<std::size_t>(p * lanes + c)] = numbers[static_cast<std::size_t>(c * positions + p)];
  }
  return packed;
}

Lowered lower_channels_last(const Graph& graph, const Node& node, const Variant&) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  std::array<MapSource, 2> sources{};
  std::vector<float> weights;
  for (std::size_t i = 0, computed = 0; i < 2; ++i) {
    const Value& value = graph.value(node.inputs[i]);
    const Shape shape = filled(value.shape, 4);
    const bool is_one_number = shape[1] == 1 && (value.is_constant || out[1] != 1);
    std::int64_t lanes = shape[1] == 1 && value.is_constant ? 1 : padded_channels(shape[1]);
    if (!value.is_constant && computed < node.src_steps.size() && node.src_steps[computed] > 0) lanes = node.src_steps[computed];
    sources[i] = {shape[2] == 1 ? 0 : shape[3] * lanes, shape[3] == 1 ? 0 : lanes, is_one_number ? 0 : 1};
    if (value.is_constant) weights = packed_constant(value, shape);
    else ++computed;
  }
  const std::int64_t step = dst_step_of(graph, node);
  return lowered_from(graph, node, {{out[2], sources[0].line, sources[1].line, out[3] * step}, {out[3], sources[0].column, sources[1].column, step}, {padded_channels(out[1]), sources[0].channel, sources[1].channel, 1}}, std::move(weights));
}

/// Both broadcast along the lines: nothing for vectors to do.
std::string refuse_plain(const Graph& graph, const Node& node) {
  if (is_constant(graph, node, 0) && is_constant(graph, node, 1)) return "one of its sources must be computed";
  const Shape& out = graph.value(node.outputs[0]).shape;
  const Shape left = filled(shape_of(graph, node, 0), out.size()), right = filled(shape_of(graph, node, 1), out.size());
  for (std::size_t d = out.size(); d-- > 0;) {
    if (out[d] == 1) continue;
    return left[d] == 1 && right[d] == 1 ? "it is broadcast along its lines" : refuse(node);
  }
  return refuse(node);
}

std::string refuse_channels_last(const Graph& graph, const Node& node) {
  const Shape& out = graph.value(node.outputs[0]).shape;
  if (out.size() != 4 || out[0] != 1) return "it is for maps of one example";
  bool is_map = false;
  for (const ValueId input : node.inputs) {
    const Value& value = graph.value(input);
    if (!value.is_constant && value.shape.size() != 4) return "it is for computed maps of four dimensions";
    if (value.shape.size() > 4) return "it is for up to four dimensions";
    is_map = is_map || (!value.is_constant && value.shape[1] == out[1]);
  }
  if (!is_map) return "none of its computed sources has all channels";
  return refuse(node);
}

}  // namespace

void register_primitive_vector_elementwise(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.elementwise", "binary");
  primitive.refuse = refuse_channels_last;
  primitive.lower = lower_channels_last;
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));

  Primitive plain = reference_primitive("binary", nullptr);
  plain.name = "vector.elementwise_plain";
  plain.refuse = refuse_plain;
  plain.lower = lower_plain;
  plain.overwrites = overwrites_alike;
  plain.preference = always(10);
  registry.add(std::move(plain));
}

}  // namespace lne
