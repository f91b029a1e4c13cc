/// Softmax and its logarithm: along rows a vector of neighbours at a time, along other dimensions a vector of rows at a time.
#include "../../simd/functions.hpp"
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner], normalized along the middle.
struct VectorSoftmaxShape {
  int outer, extent, inner, is_logarithm;
};

/// One row. What fills the last vector up is minus infinity, whose exponential is 0.
static inline void softmax_row(const VectorSoftmaxShape& s, const float* x, float* y) {
  using namespace simd;
  const auto part = [&](int i) { return load_part<Widest>(x + i, s.extent - i, -INFINITY); };
  Widest most = part(0);
  for (int i = kWidest; i < s.extent; i += kWidest) most = max(most, part(i));
  const Widest largest = Width<Widest>::set1(join_lanes(most, [](float a, float b) { return a > b ? a : b; }));
  const double sum = sum_of_row<Widest>(s.extent, [&](int i, int left) {
    const Widest power = exponential(sub(part(i), largest));
    if (!s.is_logarithm) store_part(y + i, left, power);
    return power;
  });
  const Widest by = Width<Widest>::set1(static_cast<float>(s.is_logarithm ? std::log(sum) : 1.0 / sum));
  for (int i = 0; i < s.extent; i += kWidest) store_part(y + i, s.extent - i, s.is_logarithm ? sub(sub(part(i), largest), by) : mul(load_part<Widest>(y + i, s.extent - i, 0.0f), by));
}

/// Rows that lie beside each other, one in each of `count` lanes.
static inline void softmax_lanes(const VectorSoftmaxShape& s, const float* x, float* y, int count) {
  using namespace simd;
  const auto part = [&](const float* from, int k) { return load_part<Widest>(from + static_cast<long>(k) * s.inner, count, 0.0f); };
  Widest largest = part(x, 0), sum = Width<Widest>::set1(0.0f);
  for (int k = 1; k < s.extent; ++k) largest = max(largest, part(x, k));
  for (int k = 0; k < s.extent; ++k) {
    const Widest power = exponential(sub(part(x, k), largest));
    if (!s.is_logarithm) store_part(y + static_cast<long>(k) * s.inner, count, power);
    sum = add(sum, power);
  }
  float lanes[kWidest];
  store(lanes, sum);
  for (float& lane : lanes) lane = s.is_logarithm ? std::log(lane) : 1.0f / lane;
  const Widest by = Width<Widest>::load(lanes);
  for (int k = 0; k < s.extent; ++k) store_part(y + static_cast<long>(k) * s.inner, count, s.is_logarithm ? sub(sub(part(x, k), largest), by) : mul(part(y, k), by));
}

static inline void vector_softmax(const VectorSoftmaxShape& s, const float* const* src, const float*, float* dst, float*) {
  for (int o = 0; o < s.outer; ++o) {
    const long first = static_cast<long>(o) * s.extent * s.inner;
    if (s.inner == 1) softmax_row(s, src[0] + first, dst + first);
    else
      for (int i = 0; i < s.inner; i += simd::kWidest) softmax_lanes(s, src[0] + first + i, dst + first + i, s.inner - i);
  }
}
// kernel-end

Lowered lower(const Graph&, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const VectorSoftmaxShape s{i(view[0]), i(view[1]), i(view[2]), node.string("onnx", "") == "LogSoftmax"};
  return lowered_kernel("vector_softmax", vector_softmax, "VectorSoftmaxShape", s, braced({s.outer, s.extent, s.inner, s.is_logarithm}));
}

}  // namespace

void register_primitive_vector_softmax(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.softmax";
  primitive.op = "softmax";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
