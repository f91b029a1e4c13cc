/// RNN runs a plain recurrent layer over a sequence, in one or both directions (Elman 1990).
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_recurrent.hpp"

namespace lne {
namespace {

// kernel-begin
struct RnnShape {
  int steps, batch, inputs, hidden, directions, is_reverse;
  int has_hidden;  // whether an initial state is given
  int is_relu;     // else tanh
  float clip;
};

/// src: X, then the initial state where it is given. weights per direction: W, R, the sum of both biases. dst: Y, then the last state. Scratch: a state.
static inline void rnn(const RnnShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  const long states = static_cast<long>(s.directions) * s.batch * s.hidden;
  for (int d = 0; d < s.directions; ++d) {
    const float* w = weights + static_cast<long>(d) * s.hidden * (s.inputs + s.hidden + 1);
    const float* r = w + static_cast<long>(s.hidden) * s.inputs;
    const float* bias = r + static_cast<long>(s.hidden) * s.hidden;
    const bool runs_back = d == 1 || s.is_reverse;
    for (int b = 0; b < s.batch; ++b) {
      const long state = (static_cast<long>(d) * s.batch + b) * s.hidden;
      float* h = dst + s.steps * states + state;
      for (int j = 0; j < s.hidden; ++j) h[j] = s.has_hidden ? src[1][state + j] : 0.0f;
      for (int step = 0; step < s.steps; ++step) {
        const int t = runs_back ? s.steps - 1 - step : step;
        const float* x = src[0] + (static_cast<long>(t) * s.batch + b) * s.inputs;
        for (int j = 0; j < s.hidden; ++j) {
          float sum = bias[j];
          for (int k = 0; k < s.inputs; ++k) sum += w[static_cast<long>(j) * s.inputs + k] * x[k];
          for (int k = 0; k < s.hidden; ++k) sum += r[static_cast<long>(j) * s.hidden + k] * h[k];
          if (s.clip > 0.0f) sum = sum < -s.clip ? -s.clip : sum > s.clip ? s.clip : sum;
          scratch[j] = s.is_relu ? (sum > 0.0f ? sum : 0.0f) : std::tanh(sum);
        }
        for (int j = 0; j < s.hidden; ++j) dst[static_cast<long>(t) * states + state + j] = h[j] = scratch[j];
      }
    }
  }
}
// kernel-end

bool is_relu(const Node& node) {
  const auto found = node.attributes.find("activations");
  const auto* names = found == node.attributes.end() ? nullptr : std::get_if<std::vector<std::string>>(&found->second);
  return names != nullptr && !names->empty() && (*names)[0] == "Relu";
}

std::string infer(Graph& graph, Node& node) { return infer_recurrent(graph, node, {1, 1, {is_relu(node) ? "relu" : "tanh"}}); }

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const auto view = node.integers("view", {});
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  const RnnShape s{i(0), i(1), i(2), i(3), i(4), i(5), has_input(node, 5) ? 1 : 0, is_relu(node) ? 1 : 0, static_cast<float>(node.real("clip", 0.0))};
  Lowered lowered = lowered_kernel("rnn", rnn, "RnnShape", s, "{" + listed(view) + ", " + listed({s.has_hidden, s.is_relu}) + ", " + float_text(s.clip) + "}");
  for (std::int64_t d = 0; d < view[4]; ++d) {
    const auto both = direction_part(graph, node, 3, d, 2 * view[3]);
    std::vector<float> bias(both.begin(), both.begin() + view[3]);
    for (std::size_t j = 0; j < bias.size(); ++j) bias[j] += both[bias.size() + j];
    for (const auto& part : {direction_part(graph, node, 1, d, view[3] * view[2]), direction_part(graph, node, 2, d, view[3] * view[3]), bias}) {
      lowered.weights.insert(lowered.weights.end(), part.begin(), part.end());
    }
  }
  lowered.scratch_floats = view[3];
  return lowered;
}

}  // namespace

void register_op_rnn(OpRegistry& registry) { registry.add({"rnn", {"RNN"}, "Both directions and layouts, initial state, clip; Tanh or Relu, full sequences.", infer}); }

void register_primitive_ops_rnn(PrimitiveRegistry& registry) { registry.add(reference_primitive("rnn", lower)); }

}  // namespace lne
