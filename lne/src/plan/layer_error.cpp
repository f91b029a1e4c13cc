#include "layer_error.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "../interpret/interpreter.hpp"

namespace lne {
namespace {

/// The layers of a chain as a network of their own: what they read from others are its inputs.
class Excerpt {
 public:
  Excerpt(const Graph& graph, const Chain& chain) : graph_(graph) {
    part_.name = "excerpt";
    part_.vector_unit = graph.vector_unit;
    for (const std::size_t at : chain.nodes) {
      Node node = graph.nodes[at];
      node.src_steps.clear();
      node.dst_step = 0;
      for (ValueId& id : node.inputs) id = id < 0 ? id : taken(id);
      if (node.residual >= 0) node.residual = taken(node.residual);
      for (ValueId& id : node.outputs) id = made(id);
      part_.nodes.push_back(std::move(node));
    }
    part_.outputs = {part_.nodes.back().outputs[0]};
  }

  const Graph& graph() const { return part_; }

 private:
  ValueId taken(ValueId id) {
    const bool is_new = ids_.count(id) == 0;
    const ValueId mapped = made(id);
    if (is_new && !graph_.value(id).is_constant) part_.inputs.push_back(mapped);
    return mapped;
  }

  ValueId made(ValueId id) {
    const auto found = ids_.find(id);
    return found != ids_.end() ? found->second : ids_[id] = part_.add_value(graph_.value(id));
  }

  const Graph& graph_;
  Graph part_;
  std::map<ValueId, ValueId> ids_;
};

std::vector<std::vector<float>> sources_for(const Graph& graph) {
  std::vector<std::vector<float>> sources;
  std::uint32_t state = 2463534242u;
  for (const ValueId id : graph.inputs) {
    std::vector<float>& source = sources.emplace_back(static_cast<std::size_t>(element_count(graph.value(id).shape)));
    for (float& element : source) {
      state = state * 1664525u + 1013904223u;
      element = static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
    }
  }
  return sources;
}

std::vector<float> result_of(const Graph& graph, const Assignment& assignment, const std::vector<std::vector<float>>& sources) {
  Result<Program> program = build(graph, assignment);
  if (!program) return {};
  Interpreter interpreter(std::make_shared<const Program>(std::move(program.value())));
  std::vector<const float*> inputs;
  for (const std::vector<float>& source : sources) inputs.push_back(source.data());
  std::vector<float> result(static_cast<std::size_t>(element_count(graph.value(graph.outputs[0]).shape)));
  float* output = result.data();
  interpreter.run(inputs.data(), &output);
  return result;
}

}  // namespace

LayerError::LayerError(const Graph& graph, const Chain& chain) : excerpt_(Excerpt(graph, chain).graph()), sources_(sources_for(excerpt_)) {
  PlanOptions core;
  core.plugins = {"core"};
  const Result<Assignment> reference = assign(excerpt_, core);
  if (reference) wanted_ = result_of(excerpt_, reference.value(), sources_);
}

double LayerError::of(const Choice& choice) const {
  Assignment chosen(excerpt_.nodes.size());
  chosen[0] = choice;
  const std::vector<float> got = result_of(excerpt_, chosen, sources_);
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < wanted_.size() && i < got.size(); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(wanted_[i])));
    difference = std::max(difference, std::fabs(static_cast<double>(wanted_[i]) - static_cast<double>(got[i])));
  }
  return largest > 0 ? difference / largest : 0;
}

}  // namespace lne
