/// LSTM runs a long short-term memory layer over a sequence, in one or both directions (Hochreiter and Schmidhuber 1997, with forget gate and optional peepholes).
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_recurrent.hpp"

namespace lne {
namespace {

// kernel-begin
struct LstmShape {
  int steps, batch, inputs, hidden, directions, is_reverse;
  int has_hidden, has_cell;  // whether initial states are given
  float clip;
};

static inline float lstm_sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

/// src: X, then the initial states that are given. weights per direction: W, R, the sum of both biases (gates i, o, f, c), peepholes (i, o, f).
/// dst: Y, last hidden state, last cell state. Scratch: four gates.
static inline void lstm(const LstmShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  const long states = static_cast<long>(s.directions) * s.batch * s.hidden;
  const int gates = 4 * s.hidden;
  for (int d = 0; d < s.directions; ++d) {
    const float* w = weights + static_cast<long>(d) * (static_cast<long>(gates) * (s.inputs + s.hidden + 1) + 3L * s.hidden);
    const float* r = w + static_cast<long>(gates) * s.inputs;
    const float* bias = r + static_cast<long>(gates) * s.hidden;
    const float* peephole = bias + gates;
    const bool runs_back = d == 1 || s.is_reverse;
    for (int b = 0; b < s.batch; ++b) {
      const long state = (static_cast<long>(d) * s.batch + b) * s.hidden;
      float* h = dst + s.steps * states + state;
      float* c = h + states;
      for (int j = 0; j < s.hidden; ++j) {
        h[j] = s.has_hidden ? src[1][state + j] : 0.0f;
        c[j] = s.has_cell ? src[1 + s.has_hidden][state + j] : 0.0f;
      }
      for (int step = 0; step < s.steps; ++step) {
        const int t = runs_back ? s.steps - 1 - step : step;
        const float* x = src[0] + (static_cast<long>(t) * s.batch + b) * s.inputs;
        for (int g = 0; g < gates; ++g) {
          float sum = bias[g];
          for (int k = 0; k < s.inputs; ++k) sum += w[static_cast<long>(g) * s.inputs + k] * x[k];
          for (int k = 0; k < s.hidden; ++k) sum += r[static_cast<long>(g) * s.hidden + k] * h[k];
          scratch[g] = sum;
        }
        for (int j = 0; j < s.hidden; ++j) {
          float i = scratch[j] + peephole[j] * c[j], f = scratch[2 * s.hidden + j] + peephole[2 * s.hidden + j] * c[j], n = scratch[3 * s.hidden + j], o = scratch[s.hidden + j];
          if (s.clip > 0.0f) {
            i = i < -s.clip ? -s.clip : i > s.clip ? s.clip : i;
            f = f < -s.clip ? -s.clip : f > s.clip ? s.clip : f;
            n = n < -s.clip ? -s.clip : n > s.clip ? s.clip : n;
          }
          c[j] = lstm_sigmoid(f) * c[j] + lstm_sigmoid(i) * std::tanh(n);
          o += peephole[s.hidden + j] * c[j];
          if (s.clip > 0.0f) o = o < -s.clip ? -s.clip : o > s.clip ? s.clip : o;
          h[j] = lstm_sigmoid(o) * std::tanh(c[j]);
          dst[static_cast<long>(t) * states + state + j] = h[j];
        }
      }
    }
  }
}
// kernel-end

std::string infer(Graph& graph, Node& node) { return infer_recurrent(graph, node, {4, 2, {"sigmoid", "tanh", "tanh"}}); }

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  const LstmShape s{i(0), i(1), i(2), i(3), i(4), i(5), has_input(node, 5) ? 1 : 0, has_input(node, 6) ? 1 : 0, static_cast<float>(node.real("clip", 0.0))};
  Lowered lowered = lowered_kernel("lstm", lstm, "LstmShape", s, "{" + listed(view) + ", " + listed({s.has_hidden, s.has_cell}) + ", " + float_text(s.clip) + "}");
  const std::int64_t gates = 4 * view[3];
  for (std::int64_t d = 0; d < view[4]; ++d) {
    const auto both = direction_part(graph, node, 3, d, 2 * gates);
    std::vector<float> bias(both.begin(), both.begin() + gates);
    for (std::size_t g = 0; g < bias.size(); ++g) bias[g] += both[bias.size() + g];
    for (const auto& part : {direction_part(graph, node, 1, d, gates * view[2]), direction_part(graph, node, 2, d, gates * view[3]), bias, direction_part(graph, node, 7, d, 3 * view[3])}) {
      lowered.weights.insert(lowered.weights.end(), part.begin(), part.end());
    }
  }
  lowered.scratch_floats = gates;
  return lowered;
}

}  // namespace

void register_op_lstm(OpRegistry& registry) { registry.add({"lstm", {"LSTM"}, "Both directions and layouts, initial states, peepholes, clip; default activations, full sequences.", infer}); }

void register_primitive_ops_lstm(PrimitiveRegistry& registry) { registry.add(reference_primitive("lstm", lower)); }

}  // namespace lne
