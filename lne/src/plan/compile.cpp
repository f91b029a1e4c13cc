#include <algorithm>
#include <cmath>
#include <set>

#include "../base/release.hpp"
#include "../memory/placement.hpp"
#include "program.hpp"
#include "target.hpp"

namespace lne {
namespace {

class Builder {
 public:
  Builder(Graph graph, const Assignment& assignment, Lowering lowering, bool is_sharing = true) : assignment_(assignment), lowering_(std::move(lowering)), is_sharing_(is_sharing) { program_.graph = std::move(graph); }

  Result<Program> run() {
    const Uses uses(graph());
    for (std::size_t i = 0; i < graph().inputs.size(); ++i) add_input(i);
    std::vector<int> head(graph().nodes.size(), -1);
    for (std::size_t i = 0; i < graph().nodes.size(); ++i) {
      const Choice& choice = assignment_[i];
      if (is_view(graph().nodes[i])) {
        add_view(graph().nodes[i]);
        continue;
      }
      if (choice.primitive != nullptr) {
        chains_[i] = chain_of(graph(), uses, i, *choice.primitive);
        if (!chains_[i].refusal.empty()) return Error{"LNE_PLAN_REFUSED", "layer '" + graph().nodes[i].name + "': " + choice.primitive->name + " can't compute it: " + chains_[i].refusal};
        for (const std::size_t covered : chains_[i].nodes) head[covered] = static_cast<int>(i);
      }
      if (head[i] < 0) return Error{"LNE_PLAN_NO_PRIMITIVE", "layer '" + graph().nodes[i].name + "' is left without a primitive"};
      // A chain runs where its last layer stands, so that everything is there that a later layer of it adds.
      const Chain& chain = chains_.at(static_cast<std::size_t>(head[i]));
      if (chain.nodes.back() == i) add_layer(chain.node, assignment_[static_cast<std::size_t>(head[i])]);
    }
    for (const ValueId output : graph().outputs) {
      if (graph().value(output).is_constant) return Error{"LNE_PLAN_CONSTANT", "output '" + graph().value(output).name + "' does not depend on the input"};
      program_.outputs.push_back(in_layout(output, Layout::kPlain));
    }
    if (is_sharing_) share_buffers(program_);
    for (Step& step : program_.steps) lower(step);
    place_buffers(program_);
    pack_weights();
    return std::move(program_);
  }

 private:
  Graph& graph() { return program_.graph; }
  Buffer& buffer(int at) { return program_.buffers[static_cast<std::size_t>(at)]; }

  int add_buffer(const std::string& name, const Shape& shape, Layout layout) {
    Buffer made;
    made.name = name;
    made.shape = shape;
    made.layout = layout;
    made.floats = floats_of(shape, layout);
    program_.buffers.push_back(std::move(made));
    return static_cast<int>(program_.buffers.size()) - 1;
  }

  void add_input(std::size_t index) {
    const ValueId id = graph().inputs[index];
    const int at = add_buffer(graph().value(id).name, graph().value(id).shape, Layout::kPlain);
    buffer(at).input = static_cast<int>(index);
    program_.inputs.push_back(at);
    where_[{id, Layout::kPlain}] = at;
  }

  /// The buffer of a value in a layout; adds a conversion where the value is there in others only.
  int in_layout(ValueId id, Layout layout) {
    const auto found = where_.find({id, layout});
    if (found != where_.end()) return found->second;
    for (int other = 0; other < kLayouts; ++other) {
      const auto from = where_.find({id, static_cast<Layout>(other)});
      if (from == where_.end()) continue;
      const Shape& shape = graph().value(id).shape;
      if (is_same_order(shape, static_cast<Layout>(other), layout)) return where_[{id, layout}] = from->second;
      const Node node = conversion_of(graph(), id, layout);
      const Primitive* conversion = PrimitiveRegistry::instance().find_conversion(graph(), node, static_cast<Layout>(other), layout);
      if (conversion == nullptr) continue;
      const int source = from->second;
      const int to = add_buffer(node.name, shape, layout);
      add_step(node, {conversion, {}}, {source}, to);
      return where_[{id, layout}] = to;
    }
    return -1;  // every layout has conversions from and to kPlain
  }

  void add_view(const Node& node) {
    where_[{node.outputs[0], Layout::kPlain}] = in_layout(node.inputs[0], Layout::kPlain);
    program_.views.push_back({node.name, node.op});
  }

  void add_layer(const Node& node, const Choice& choice) {
    std::vector<int> sources;
    for (const Read& read : reads_of(graph(), node, *choice.primitive)) sources.push_back(in_layout(read.value, read.layout));
    const ValueId result = last_of(node).outputs[0];
    const int destination = add_buffer(graph().value(result).name, graph().value(result).shape, choice.primitive->dst_layout);
    where_[{result, choice.primitive->dst_layout}] = destination;
    add_step(node, choice, sources, destination);
  }

  void add_step(const Node& node, const Choice& choice, std::vector<int> sources, int destination) {
    Step step;
    step.layer = node.name;
    step.op = node.op;
    step.node = node;
    step.primitive = choice.primitive;
    step.variant = choice.variant;
    step.sources = std::move(sources);
    step.destination = destination;
    step.multiply_adds = multiply_adds_of(graph(), node);
    for (const Node& follower : node.followers) step.multiply_adds += multiply_adds_of(graph(), follower);
    program_.steps.push_back(std::move(step));
  }

  void lower(Step& step) {
    step.node.dst_step = buffer(step.destination).step;
    for (const int source : step.sources) step.node.src_steps.push_back(buffer(source).step);
    step.lowered = lowering_ ? lowering_(step) : step.primitive->lower(graph(), step.node, step.variant);
    if (!lowering_) step.weights_floats = static_cast<std::int64_t>(step.lowered.weights.size());
  }

  void pack_weights() {
    std::int64_t total = 0;
    for (Step& step : program_.steps) {
      step.weights_offset = total;
      total += aligned(step.weights_floats);
    }
    if (lowering_) return;
    // Large networks fill much of a machine's memory: what is packed is let go of at once, the network as it was imported first.
    for (Value& value : graph().values) release(value.floats);
    program_.weights.reserve(static_cast<std::size_t>(total));
    for (Step& step : program_.steps) {
      program_.weights.resize(static_cast<std::size_t>(step.weights_offset), 0.0f);
      program_.weights.insert(program_.weights.end(), step.lowered.weights.begin(), step.lowered.weights.end());
      release(step.lowered.weights);
    }
    program_.weights.resize(static_cast<std::size_t>(total), 0.0f);
  }

  const Assignment& assignment_;
  Lowering lowering_;
  bool is_sharing_;
  Program program_;
  std::map<std::pair<ValueId, Layout>, int> where_;
  std::map<std::size_t, Chain> chains_;
};

}  // namespace

std::vector<std::string> Step::fused() const {
  std::vector<std::string> names = node.merged;
  for (const Node& follower : node.followers) {
    names.push_back(follower.name);
    names.insert(names.end(), follower.merged.begin(), follower.merged.end());
  }
  return names;
}

std::vector<const LinkedLibrary*> Program::libraries() const {
  std::map<std::string, const LinkedLibrary*> found;
  for (const Step& step : steps) {
    if (step.primitive->library) found[step.primitive->library->plugin] = step.primitive->library.get();
  }
  std::vector<const LinkedLibrary*> list;
  for (const auto& [plugin, library] : found) list.push_back(library);
  return list;
}

namespace {

/// The most layers with weights that lie behind one another.
int depth_of(const Graph& graph) {
  std::vector<int> depths(graph.values.size(), 0);
  int deepest = 0;
  for (const Node& node : graph.nodes) {
    int depth = node.residual >= 0 ? depths[static_cast<std::size_t>(node.residual)] : 0;
    for (const ValueId input : node.inputs) depth = std::max(depth, input >= 0 ? depths[static_cast<std::size_t>(input)] : 0);
    if (node.op == "conv" || node.op == "conv_transpose" || node.op == "gemm" || node.op == "matmul") ++depth;
    for (const ValueId output : node.outputs) depths[static_cast<std::size_t>(output)] = depth;
    deepest = std::max(deepest, depth);
  }
  return deepest;
}

/// Rounding errors of layers that follow each other add up as noise does. With this much for the whole network, outputs of deep residual ones stay
/// within 1e-4 of their largest element (`lne/bench/bench.py` tells for its nets).
constexpr double kNetworkRounding = 6e-5;

/// Most floats of tensors and scratch memory of one instance.
constexpr std::int64_t kMostInstanceFloats = std::int64_t{1} << 32;

}  // namespace

std::vector<PassReport> prepare(Graph& graph, const PlanOptions& options) {
  std::vector<PassReport> reports = run_passes(graph, options.passes_off);
  if (const Target* target = find_target(options.target)) graph.vector_unit = target->unit;
  // A bound of the plan's own is measured instead.
  if (options.max_error <= 0) graph.layer_rounding = kNetworkRounding / std::sqrt(std::max(1, depth_of(graph)));
  std::set<std::string> names;
  std::map<std::string, int> tried;
  for (Node& node : graph.nodes) {
    const std::string name = node.name;
    while (!names.insert(node.name).second) node.name = name + "#" + std::to_string(++tried.try_emplace(name, 1).first->second);
  }
  return reports;
}

Result<Program> build(Graph graph, const Assignment& assignment) { return Builder(std::move(graph), assignment, nullptr).run(); }

Result<Program> build_apart(Graph graph, const Assignment& assignment) { return Builder(std::move(graph), assignment, nullptr, false).run(); }

Result<Program> build_hollow(const Graph& graph, const Assignment& assignment, const Lowering& lowering) { return Builder(graph, assignment, lowering).run(); }

Result<Program> compile(Graph graph, const PlanOptions& options) {
  std::vector<PassReport> reports = prepare(graph, options);
  const Result<Assignment> assignment = assign(graph, options);
  if (!assignment) return assignment.errors();
  Result<Program> program = build(std::move(graph), assignment.value());
  if (!program) return program;
  if (const std::int64_t floats = program.value().instance_floats(); floats > kMostInstanceFloats) {
    return Error{"LNE_PLAN_TOO_LARGE", "the network's tensors need " + std::to_string(4 * floats) + " bytes at the same time; at most " + std::to_string(4 * kMostInstanceFloats) + " are supported"};
  }
  program.value().passes = std::move(reports);
  program.value().target = options.target;
  program.value().passes_off = options.passes_off;
  program.value().plugins = {options.plugins.begin(), options.plugins.end()};
  return program;
}

}  // namespace lne
