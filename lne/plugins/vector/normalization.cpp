/// Layer, instance, group and root-mean-square normalization of rows, a vector of neighbours at a time.
#include "../../simd/part.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne {
namespace {

// kernel-begin
/// Rows of runs of elements. Elements of a run share a scale, number row % row_period * row_step + run; or, where a run is the whole row, each has one.
struct VectorNormalizationShape {
  int rows, runs, run;
  int row_period, row_step;
  int is_shared;  // whether elements of a run share a scale
  int centers;    // whether the mean is taken away first
  int factors;    // how many scales there are
  float epsilon;
};

/// weights: the scales, then the shifts.
static inline void vector_normalize(const VectorNormalizationShape& s, const float* const* src, const float* weights, float* dst, float*) {
  using namespace simd;
  using W = Width<Widest>;
  const int extent = s.runs * s.run;
  for (int row = 0; row < s.rows; ++row) {
    const float* x = src[0] + static_cast<long>(row) * extent;
    float* y = dst + static_cast<long>(row) * extent;
    const float mean = s.centers ? static_cast<float>(sum_of_row<Widest>(extent, [&](int i, int left) { return load_part<Widest>(x + i, left, 0.0f); }) / extent) : 0.0f;
    const Widest means = W::set1(mean);
    const double squares = sum_of_row<Widest>(extent, [&](int i, int left) {
      const Widest centred = sub(load_part<Widest>(x + i, left, mean), means);
      return mul(centred, centred);
    });
    const Widest share = W::set1(static_cast<float>(1.0 / std::sqrt(squares / extent + static_cast<double>(s.epsilon))));
    const float* scales = weights + row % s.row_period * s.row_step;
    for (int run = 0; run < s.runs; ++run, x += s.run, y += s.run) {
      const Widest scale = W::set1(scales[run]), shift = W::set1(scales[s.factors + run]);
      for (int i = 0; i < s.run; i += kWidest) {
        const int left = s.run - i;
        const Widest normal = mul(sub(load_part<Widest>(x + i, left, 0.0f), means), share);
        store_part(y + i, left, multiply_add(normal, s.is_shared ? scale : load_part<Widest>(scales + i, left, 0.0f), s.is_shared ? shift : load_part<Widest>(scales + s.factors + i, left, 0.0f)));
      }
    }
  }
}
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  // As the operator has it: rows, extent, the rows that have scales of their own, how many each, and the elements that share one.
  const auto view = node.integers("view", {});
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const bool is_shared = view[4] > 1 || view[1] == 1;
  const std::int64_t run = is_shared ? view[4] : view[1];
  const VectorNormalizationShape s{i(view[0]), i(view[1] / run), i(run), i(view[2]), i(view[3]), is_shared, i(node.integer("centers", 1)), i(node.integer("factors", 1)), static_cast<float>(node.real("epsilon", 1e-5))};
  Lowered lowered = lowered_kernel("vector_normalize", vector_normalize, "VectorNormalizationShape", s, "{" + listed({s.rows, s.runs, s.run, s.row_period, s.row_step, s.is_shared, s.centers, s.factors}) + ", " + float_text(s.epsilon) + "}");
  lowered.weights = normalization_weights(graph, node);
  return lowered;
}

}  // namespace

void register_primitive_vector_normalization(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "vector.normalization";
  primitive.op = "normalization";
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  primitive.overwrites = overwrites_alike;
  primitive.preference = always(10);
  registry.add(std::move(primitive));
}

}  // namespace lne
