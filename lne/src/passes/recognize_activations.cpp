#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "../graph/uses.hpp"
#include "../ops/op.hpp"
#include "pass.hpp"

namespace lne {
namespace {

/// The longest known composition, GELU by its tanh, has nine layers.
constexpr std::size_t kMostLayers = 10;
constexpr float kTolerance = 2e-6f;
/// From here on, every known function is nought, one, or a line, and compositions of it keep to that but for their last bits.
constexpr float kFar = 61.0f;
/// Beyond this an exponential overflows in some compositions where the function that they mean does not.
constexpr float kOverflowing = 88.0f;

using Kind = Activation::Kind;

/// Where functions are compared: densely around zero, at round numbers and at such as no function is made for, and so far from zero that bounds show
/// which clamp them.
const std::vector<float>& samples() {
  static const std::vector<float> points = [] {
    std::vector<float> made;
    for (int i = -96; i <= 96; ++i) made.push_back(static_cast<float>(i) / 8.0f);
    // Multiples of the golden ratio, as far as they go beyond whole numbers, lie evenly and nowhere twice.
    for (int i = 1; i <= 64; ++i) {
      const double share = std::fmod(i * 0.6180339887498949, 1.0) - 0.5;
      for (const double range : {0.05, 2.0, 20.0}) made.push_back(static_cast<float>(share * range));
    }
    for (const float far : {17.0f, 25.0f, kFar, 1e3f, 1e5f, 1e30f}) made.insert(made.end(), {-far, far});
    return made;
  }();
  return points;
}

float value_at(const std::vector<float>& results, float x) {
  const auto at = std::find(samples().begin(), samples().end(), x);
  return results[static_cast<std::size_t>(at - samples().begin())];
}

/// Whether a result differs from the function's value by no more than rounding. A small term that guards a logarithm or a divisor, or a bound that is
/// nearly one, makes a function of its own: it shows at zero and far from it, where nothing else rounds.
bool is_rounded(float result, float wanted, float x) {
  if (x == 0.0f && wanted == 0.0f) return result == 0.0f;
  if (std::abs(x) < kFar) return std::abs(result - wanted) <= kTolerance * std::max(1.0f, std::abs(wanted));
  if (std::abs(x) > kOverflowing && std::isnan(result)) return true;
  return std::abs(result - wanted) <= 4e-7f * std::abs(wanted) + 1e-20f;
}

bool is_same(const std::vector<float>& results, const Activation& activation) {
  Node node;
  node.attributes["function"] = static_cast<std::int64_t>(activation.kind);
  node.attributes["a"] = static_cast<double>(activation.low);
  node.attributes["b"] = static_cast<double>(activation.high);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!is_rounded(results[i], unary_value(node, samples()[i]), samples()[i])) return false;
  }
  return true;
}

/// The activation with these values. Its parameters follow from single values.
std::optional<Activation> known_activation(const std::vector<float>& results) {
  const float zero = value_at(results, 0.0f), one = value_at(results, 1.0f), eighth = value_at(results, 0.125f);
  const std::vector<Activation> candidates{
      {Kind::kRelu, 0, 0},  {Kind::kHardSwish, 0, 0}, {Kind::kSwish, -std::log(1.0f / one - 1.0f), 0}, {Kind::kSwish, 1, 0},    {Kind::kGelu, 0, 0}, {Kind::kGeluTanh, 0, 0}, {Kind::kMish, 0, 0},
      {Kind::kTanh, 0, 0}, {Kind::kSigmoid, 0, 0},   {Kind::kHardSigmoid, (eighth - zero) * 8.0f, zero}, {Kind::kHardSigmoid, 1.0f / 6.0f, 0.5f}, {Kind::kLeakyRelu, -value_at(results, -1.0f), 0},
  };
  const auto found = std::find_if(candidates.begin(), candidates.end(), [&](const Activation& activation) { return is_same(results, activation); });
  return found == candidates.end() ? std::nullopt : std::optional<Activation>(*found);
}

/// Whether activations are composed of such layers.
bool is_part(const Node& node) { return node.op == "unary" ? unary_is_gradual(node) : node.op == "binary" && binary_is_gradual(node); }

/// Layers that go element by element from one tensor on, with no other source than numbers.
class Composition {
 public:
  Composition(const Graph& graph, const Uses& uses, ValueId source, const std::vector<bool>& is_gone) : graph_(graph), uses_(uses), source_(source), is_gone_(is_gone) { results_[source] = samples(); }

  /// The largest part that is an activation; its last layer comes last. Empty where there is none.
  std::vector<std::size_t> largest(Activation& activation) {
    std::vector<std::size_t> best;
    std::set<std::size_t> next;
    add_readers(source_, next);
    bool has_binary = false;
    while (!next.empty() && nodes_.size() < kMostLayers) {
      const std::size_t at = *next.begin();
      next.erase(next.begin());
      if (!take(at)) continue;
      has_binary = has_binary || graph_.nodes[at].op == "binary";
      add_readers(graph_.nodes[at].outputs[0], next);
      // One function after the other is no composition that has a name.
      if (!has_binary || nodes_.size() < 2 || !is_closed()) continue;
      if (const std::optional<Activation> found = known_activation(results_.at(graph_.nodes[at].outputs[0]))) {
        activation = *found;
        best = nodes_;
      }
    }
    return best;
  }

 private:
  void add_readers(ValueId value, std::set<std::size_t>& next) const {
    for (const std::size_t reader : uses_.readers_of(value)) next.insert(reader);
  }

  bool take(std::size_t at) {
    const Node& node = graph_.nodes[at];
    if (is_gone_[at] || !is_part(node) || node.activation.kind != Kind::kNone || graph_.value(node.outputs[0]).dtype != DType::kFloat32) return false;
    std::vector<std::vector<float>> sources;
    for (const ValueId input : node.inputs) {
      if (input < 0) return false;
      const Value& value = graph_.value(input);
      if (value.dtype != DType::kFloat32) return false;
      if (const auto known = results_.find(input); known != results_.end()) sources.push_back(known->second);
      else if (value.is_constant && value.floats.size() == 1) sources.push_back(std::vector<float>(samples().size(), value.floats[0]));
      else return false;
    }
    // A number with more dimensions than the tensor would change its shape.
    if (graph_.value(node.outputs[0]).shape != graph_.value(source_).shape) return false;
    std::vector<float> results;
    for (std::size_t i = 0; i < samples().size(); ++i) results.push_back(node.op == "unary" ? unary_value(node, sources[0][i]) : binary_value(node, sources[0][i], sources[1][i]));
    results_[node.outputs[0]] = std::move(results);
    nodes_.push_back(at);
    return true;
  }

  /// Whether nothing but the last layer's result is read elsewhere.
  bool is_closed() const {
    return std::all_of(nodes_.begin(), nodes_.end() - 1, [&](std::size_t at) {
      const ValueId result = graph_.nodes[at].outputs[0];
      if (uses_.is_output(result)) return false;
      const std::vector<std::size_t>& readers = uses_.readers_of(result);
      return !readers.empty() && std::all_of(readers.begin(), readers.end(), [&](std::size_t reader) { return std::find(nodes_.begin(), nodes_.end(), reader) != nodes_.end(); });
    });
  }

  const Graph& graph_;
  const Uses& uses_;
  const ValueId source_;
  const std::vector<bool>& is_gone_;
  std::vector<std::size_t> nodes_;
  std::map<ValueId, std::vector<float>> results_;
};

}  // namespace

PassChanges recognize_activations(Graph& graph) {
  PassChanges changes;
  const Uses uses(graph);
  std::vector<bool> is_gone(graph.nodes.size(), false), is_source(graph.values.size(), false);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!is_part(graph.nodes[i])) continue;
    for (const ValueId source : graph.nodes[i].inputs) {
      if (source < 0 || graph.value(source).is_constant || is_source[static_cast<std::size_t>(source)]) continue;
      is_source[static_cast<std::size_t>(source)] = true;
      Activation activation;
      const std::vector<std::size_t> layers = Composition(graph, uses, source, is_gone).largest(activation);
      if (layers.empty()) continue;
      Node& last = graph.nodes[layers.back()];
      for (const std::size_t at : layers) {
        if (at == layers.back()) continue;
        is_gone[at] = true;
        last.merged.push_back(graph.nodes[at].name);
        changes.push_back({graph.nodes[at].name, last.name});
      }
      last.op = "unary";
      last.inputs = {source};
      last.attributes = {{"function", static_cast<std::int64_t>(activation.kind)}, {"a", static_cast<double>(activation.low)}, {"b", static_cast<double>(activation.high)}};
    }
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
