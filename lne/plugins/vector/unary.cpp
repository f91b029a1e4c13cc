/// Functions of single elements, a vector at a time, in either layout. What fills up the channels is computed like the rest, and nobody reads it.
#include "../../simd/activation.hpp"
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// Lines of `count` elements: one in plain layout, one per position in channels-last layout.
struct VectorUnaryShape {
  int lines, count, src_step, dst_step;
  int function;  // an activation, or: 13 square root, 14 exp, 15 magnitude, 16 negative, 17 reciprocal, 18 error function
  float a, b;
};

template <class Vec>
static inline Vec unary_vector(const VectorUnaryShape& s, Vec x) {
  using namespace simd;
  switch (s.function) {
    case 13: return sqrt(x);
    case 14: return exponential(x);
    case 15: return magnitude(x);
    case 16: return sub(Width<Vec>::set1(0.0f), x);
    case 17: return div(Width<Vec>::set1(1.0f), x);
    case 18: return error_function(x);
    default: return activate(x, s.function, s.a, s.b);
  }
}

static inline void vector_unary(const VectorUnaryShape& s, const float* const* src, const float*, float* dst, float*) {
  using namespace simd;
  for (int line = 0; line < s.lines; ++line) {
    const float* from = src[0] + static_cast<long>(line) * s.src_step;
    float* to = dst + static_cast<long>(line) * s.dst_step;
    int i = 0;
    for (; i + kWidest <= s.count; i += kWidest) store(to + i, unary_vector(s, Width<Widest>::load(from + i)));
    if (i + 8 <= s.count) {
      store(to + i, unary_vector(s, load(from + i)));
      i += 8;
    }
    if (i < s.count) store_part(to + i, s.count - i, unary_vector(s, load_part<Vec8>(from + i, s.count - i, 0.0f)));
  }
}
// kernel-end

constexpr std::int64_t kLastFunction = 18;

std::string refuse(const Node& node) {
  const std::int64_t function = node.integer("function", 0);
  return function > 0 && function <= kLastFunction ? "" : "it has no vectors for this function";
}

VectorUnaryShape channels_last_shape(const Graph& graph, const Node& node) {
  const Shape& shape = shape_of(graph, node, 0);
  const std::int64_t channels = padded_channels(shape[1]), positions = shape[2] * shape[3], from = src_step_of(graph, node, 0), to = dst_step_of(graph, node);
  const bool is_packed = from == channels && to == channels;
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  return {i(is_packed ? 1 : positions), i(is_packed ? positions * channels : channels), i(from), i(to), 0, 0, 0};
}

Lowered lowered_from(VectorUnaryShape s, const Node& node) {
  s.function = static_cast<int>(node.integer("function", 0));
  s.a = static_cast<float>(node.real("a", 0));
  s.b = static_cast<float>(node.real("b", 0));
  return lowered_kernel("vector_unary", vector_unary, "VectorUnaryShape", s, "{" + listed({s.lines, s.count, s.src_step, s.dst_step, s.function}) + ", " + float_text(s.a) + ", " + float_text(s.b) + "}");
}

}  // namespace

void register_primitive_vector_unary(PrimitiveRegistry& registry) {
  Primitive primitive = channels_last_primitive("vector.unary", "unary");
  primitive.refuse = [](const Graph& graph, const Node& node) { return shape_of(graph, node, 0).size() == 4 ? refuse(node) : std::string("it is for four dimensions"); };
  primitive.lower = [](const Graph& graph, const Node& node, const Variant&) { return lowered_from(channels_last_shape(graph, node), node); };
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));

  Primitive plain = reference_primitive("unary", nullptr);
  plain.name = "vector.unary_plain";
  plain.refuse = [](const Graph&, const Node& node) { return refuse(node); };
  plain.lower = [](const Graph& graph, const Node& node, const Variant&) { return lowered_from({1, static_cast<int>(element_count(shape_of(graph, node, 0))), 0, 0, 0, 0, 0}, node); };
  plain.overwrites = overwrites_alike;
  plain.preference = always(10);
  registry.add(std::move(plain));
}

}  // namespace lne
