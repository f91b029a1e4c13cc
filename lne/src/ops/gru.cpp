/// GRU runs a layer of gated recurrent units over a sequence, in one or both directions (Cho et al. 2014).
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_recurrent.hpp"

namespace lne {
namespace {

// kernel-begin
struct GruShape {
  int steps, batch, inputs, hidden, directions, is_reverse;
  int has_hidden;          // whether an initial state is given
  int resets_after;        // the reset gate is applied after the product with R (linear_before_reset)
  float clip;
};

static inline float gru_sigmoid(float x, float clip) {
  if (clip > 0.0f) x = x < -clip ? -clip : x > clip ? clip : x;
  return 1.0f / (1.0f + std::exp(-x));
}

/// Sum of factors[k] * x[k].
static inline float gru_dot(const float* factors, const float* x, int count) {
  float sum = 0.0f;
  for (int k = 0; k < count; ++k) sum += factors[k] * x[k];
  return sum;
}

/// src: X, then the initial state where it is given. weights per direction: W, R, biases of W, biases of R (gates z, r, h).
/// dst: Y, then the last state. Scratch: three gates, and the state as the reset gate leaves it.
static inline void gru(const GruShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  const long states = static_cast<long>(s.directions) * s.batch * s.hidden;
  const int n = s.hidden;
  float* reset_state = scratch + 3 * n;
  for (int d = 0; d < s.directions; ++d) {
    const float* w = weights + static_cast<long>(d) * 3 * n * (s.inputs + n + 2);
    const float* r = w + 3L * n * s.inputs;
    const float* input_bias = r + 3L * n * n;
    const float* state_bias = input_bias + 3L * n;
    const bool runs_back = d == 1 || s.is_reverse;
    for (int b = 0; b < s.batch; ++b) {
      const long state = (static_cast<long>(d) * s.batch + b) * n;
      float* h = dst + s.steps * states + state;
      for (int j = 0; j < n; ++j) h[j] = s.has_hidden ? src[1][state + j] : 0.0f;
      for (int step = 0; step < s.steps; ++step) {
        const int t = runs_back ? s.steps - 1 - step : step;
        const float* x = src[0] + (static_cast<long>(t) * s.batch + b) * s.inputs;
        for (int g = 0; g < 2 * n; ++g) {
          const float sum = gru_dot(w + static_cast<long>(g) * s.inputs, x, s.inputs) + gru_dot(r + static_cast<long>(g) * n, h, n) + input_bias[g] + state_bias[g];
          scratch[g] = gru_sigmoid(sum, s.clip);
        }
        for (int j = 0; j < n; ++j) reset_state[j] = s.resets_after ? h[j] : scratch[n + j] * h[j];
        for (int j = 0; j < n; ++j) {
          const long g = 2L * n + j;
          const float recurrent = gru_dot(r + g * n, reset_state, n) + state_bias[g];
          float sum = gru_dot(w + g * s.inputs, x, s.inputs) + input_bias[g] + (s.resets_after ? scratch[n + j] * recurrent : recurrent);
          if (s.clip > 0.0f) sum = sum < -s.clip ? -s.clip : sum > s.clip ? s.clip : sum;
          scratch[g] = std::tanh(sum);
        }
        for (int j = 0; j < n; ++j) {
          h[j] = (1.0f - scratch[j]) * scratch[2 * n + j] + scratch[j] * h[j];
          dst[static_cast<long>(t) * states + state + j] = h[j];
        }
      }
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) { return infer_recurrent(graph, node, {3, 1, {"sigmoid", "tanh"}}); }

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  const GruShape s{i(0), i(1), i(2), i(3), i(4), i(5), has_input(node, 5) ? 1 : 0, node.integer("linear_before_reset", 0) != 0 ? 1 : 0, static_cast<float>(node.real("clip", 0.0))};
  Lowered lowered = lowered_kernel("gru", gru, "GruShape", s, "{" + listed(view) + ", " + listed({s.has_hidden, s.resets_after}) + ", " + float_text(s.clip) + "}");
  const std::int64_t gates = 3 * view[3];
  for (std::int64_t d = 0; d < view[4]; ++d) {
    for (const auto& part : {direction_part(graph, node, 1, d, gates * view[2]), direction_part(graph, node, 2, d, gates * view[3]), direction_part(graph, node, 3, d, 2 * gates)}) {
      lowered.weights.insert(lowered.weights.end(), part.begin(), part.end());
    }
  }
  lowered.scratch_floats = 4 * view[3];
  return lowered;
}

}  // namespace

void register_op_gru(OpRegistry& registry) { registry.add({"gru", {"GRU"}, "Both directions and layouts, initial state, linear_before_reset, clip; default activations, full sequences.", infer}); }

void register_primitive_ops_gru(PrimitiveRegistry& registry) { registry.add(reference_primitive("gru", lower)); }

}  // namespace lne
