#include <algorithm>

#include "program.hpp"

namespace lne {
namespace {

std::int64_t aligned(std::int64_t floats) { return (floats + kAlignmentFloats - 1) / kAlignmentFloats * kAlignmentFloats; }

class Compiler {
 public:
  Compiler(Graph graph, const PlanOptions& options) : options_(options) { program_.graph = std::move(graph); }

  Result<Program> run() {
    program_.passes = run_passes(program_.graph, options_.passes_off);
    if (std::optional<Error> error = check_names()) return *error;
    for (std::size_t i = 0; i < program_.graph.inputs.size(); ++i) add_input(i);
    for (const Node& node : program_.graph.nodes) {
      if (std::optional<Error> error = node.op == "reshape" ? add_view(node) : add_layer(node)) return *error;
    }
    for (const ValueId output : program_.graph.outputs) {
      if (graph().value(output).is_constant) return Error{"LNE_PLAN_CONSTANT", "output '" + graph().value(output).name + "' does not depend on the input"};
      program_.outputs.push_back(in_layout(output, Layout::kPlain));
    }
    place_buffers();
    pack_weights();
    return std::move(program_);
  }

 private:
  Graph& graph() { return program_.graph; }

  std::optional<Error> check_names() {
    for (const auto& [name, choice] : options_.layers) {
      const bool is_layer = name == "*" || std::any_of(graph().nodes.begin(), graph().nodes.end(), [&n = name](const Node& node) { return node.name == n; });
      if (!is_layer) return Error{"LNE_PLAN_LAYER", "the plan names layer '" + name + "', which the network does not have after its passes"};
      if (!choice.primitive.empty() && !PrimitiveRegistry::instance().find(choice.primitive)) {
        return Error{"LNE_PLAN_PRIMITIVE", "the plan names primitive '" + choice.primitive + "' for layer '" + name + "', which no plugin has"};
      }
    }
    return std::nullopt;
  }

  int add_buffer(const std::string& name, const Shape& shape, Layout layout) {
    program_.buffers.push_back({name, shape, layout, floats_of(shape, layout), -1, 0});
    return static_cast<int>(program_.buffers.size()) - 1;
  }

  void add_input(std::size_t index) {
    const ValueId id = graph().inputs[index];
    const int buffer = add_buffer(graph().value(id).name, graph().value(id).shape, Layout::kPlain);
    program_.buffers[static_cast<std::size_t>(buffer)].input = static_cast<int>(index);
    program_.inputs.push_back(buffer);
    where_[{id, Layout::kPlain}] = buffer;
  }

  /// The buffer of a value in a layout; adds a conversion where the value is there in another one only.
  int in_layout(ValueId id, Layout layout) {
    const auto found = where_.find({id, layout});
    if (found != where_.end()) return found->second;
    const Layout other = layout == Layout::kPlain ? Layout::kChannelsLast8 : Layout::kPlain;
    const int from = where_.at({id, other});
    const Shape& shape = graph().value(id).shape;
    // One position, or one channel on its way to plain: the elements lie in the same order already.
    if (shape.size() == 4 && shape[2] * shape[3] == 1 && layout == Layout::kPlain) return where_[{id, layout}] = from;
    Node convert;
    convert.op = "convert";
    convert.name = graph().value(id).name + (layout == Layout::kPlain ? ".plain" : ".channels_last");
    convert.inputs = {id};
    convert.outputs = {id};
    const Primitive& primitive = *PrimitiveRegistry::instance().find(layout == Layout::kPlain ? "core.to_plain" : "core.to_channels_last");
    const int to = add_buffer(convert.name, shape, layout);
    add_step(convert, primitive, {}, {from}, to);
    return where_[{id, layout}] = to;
  }

  std::optional<Error> add_view(const Node& node) {
    where_[{node.outputs[0], Layout::kPlain}] = in_layout(node.inputs[0], Layout::kPlain);
    return std::nullopt;
  }

  const LayerChoice* choice_for(const Node& node) const {
    const auto named = options_.layers.find(node.name);
    if (named != options_.layers.end()) return &named->second;
    const auto any = options_.layers.find("*");
    return any == options_.layers.end() ? nullptr : &any->second;
  }

  bool is_allowed(const Primitive& primitive, const LayerChoice* choice) const {
    const auto names = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), primitive.name) != list.end() || std::find(list.begin(), list.end(), primitive.plugin()) != list.end();
    };
    if (choice != nullptr && names(choice->forbidden)) return false;
    return options_.plugins.empty() || primitive.plugin() == "core" || names(options_.plugins);
  }

  std::optional<Error> add_layer(const Node& node) {
    const LayerChoice* choice = choice_for(node);
    const Primitive* best = nullptr;
    int best_rank = 0;
    std::string reasons;
    if (choice != nullptr && !choice->primitive.empty()) {
      const std::string& op = PrimitiveRegistry::instance().find(choice->primitive)->op;
      const bool is_for_all = options_.layers.find(node.name) == options_.layers.end();
      if (op != node.op && !is_for_all) return Error{"LNE_PLAN_PRIMITIVE", "layer '" + node.name + "': the plan wants " + choice->primitive + ", which computes " + op + ", not " + node.op};
    }
    for (const Primitive* primitive : PrimitiveRegistry::instance().for_op(node.op)) {
      const bool is_forced = choice != nullptr && choice->primitive == primitive->name;
      if (!is_forced && !is_allowed(*primitive, choice)) continue;
      const std::string refusal = primitive->refuse(graph(), node);
      if (!refusal.empty()) {
        reasons += " " + primitive->name + ": " + refusal + ";";
        if (is_forced) return Error{"LNE_PLAN_REFUSED", "layer '" + node.name + "': the plan wants " + primitive->name + ", but " + refusal};
        continue;
      }
      if (is_forced) {
        best = primitive;
        break;
      }
      const int rank = primitive->preference(graph(), node);
      if (best == nullptr || rank > best_rank) {
        best = primitive;
        best_rank = rank;
      }
    }
    if (best == nullptr) return Error{"LNE_PLAN_NO_PRIMITIVE", "layer '" + node.name + "' (" + node.op + ") can't be run:" + reasons};
    const bool takes_variant = choice != nullptr && choice->primitive == best->name && !choice->variant.empty();
    const std::vector<Variant> variants = best->variants(graph(), node);
    if (takes_variant && std::find(variants.begin(), variants.end(), choice->variant) == variants.end()) {
      return Error{"LNE_PLAN_VARIANT", "layer '" + node.name + "': " + best->name + " has no variant " + text_of(Shape(choice->variant.begin(), choice->variant.end())) + " for it"};
    }
    const Variant variant = takes_variant ? choice->variant : variants.front();
    std::vector<int> sources;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      if (node.inputs[i] < 0 || graph().value(node.inputs[i]).is_constant) continue;
      sources.push_back(in_layout(node.inputs[i], best->src_layout));
    }
    if (node.residual >= 0) sources.push_back(in_layout(node.residual, best->dst_layout));
    const int destination = add_buffer(graph().value(node.outputs[0]).name, graph().value(node.outputs[0]).shape, best->dst_layout);
    where_[{node.outputs[0], best->dst_layout}] = destination;
    add_step(node, *best, variant, sources, destination);
    return std::nullopt;
  }

  void add_step(const Node& node, const Primitive& primitive, const Variant& variant, std::vector<int> sources, int destination) {
    Step step;
    step.layer = node.name;
    step.op = node.op;
    step.primitive = &primitive;
    step.variant = variant;
    step.lowered = primitive.lower(graph(), node, variant);
    step.sources = std::move(sources);
    step.destination = destination;
    step.multiply_adds = multiply_adds_of(graph(), node);
    step.merged = node.merged;
    program_.steps.push_back(std::move(step));
  }

  /// An element-wise step may write over a source of the same size that nobody reads afterwards.
  int in_place_source(const Step& step, int at, const std::vector<int>& last_use) const {
    const bool is_elementwise = step.op == "unary" || step.op == "softmax" || step.op == "batch_normalization";
    if (!is_elementwise) return -1;
    const int source = step.sources[0];
    const Buffer& from = program_.buffers[static_cast<std::size_t>(source)];
    const Buffer& to = program_.buffers[static_cast<std::size_t>(step.destination)];
    return from.input < 0 && from.floats == to.floats && last_use[static_cast<std::size_t>(source)] == at ? source : -1;
  }

  void place_buffers() {
    const int steps = static_cast<int>(program_.steps.size());
    const std::size_t count = program_.buffers.size();
    std::vector<int> first(count, 0), last(count, -1);
    for (int i = 0; i < steps; ++i) {
      const Step& step = program_.steps[static_cast<std::size_t>(i)];
      first[static_cast<std::size_t>(step.destination)] = i;
      last[static_cast<std::size_t>(step.destination)] = i;
      for (const int source : step.sources) last[static_cast<std::size_t>(source)] = i;
    }
    for (const int output : program_.outputs) last[static_cast<std::size_t>(output)] = steps;
    // `home` joins buffers that share their memory, from the first to the last use of either.
    std::vector<int> home(count);
    for (std::size_t i = 0; i < count; ++i) home[i] = static_cast<int>(i);
    for (int i = 0; i < steps; ++i) {
      const Step& step = program_.steps[static_cast<std::size_t>(i)];
      const int source = in_place_source(step, i, last);
      if (source >= 0) home[static_cast<std::size_t>(step.destination)] = home[static_cast<std::size_t>(source)];
    }
    std::vector<Lifetime> lifetimes;
    std::vector<int> slot(count, -1);
    for (std::size_t i = 0; i < count; ++i) {
      if (program_.buffers[i].input >= 0) continue;
      const std::size_t root = static_cast<std::size_t>(home[i]);
      if (slot[root] < 0) {
        slot[root] = static_cast<int>(lifetimes.size());
        lifetimes.push_back({aligned(program_.buffers[root].floats), first[root], last[root]});
      }
      Lifetime& life = lifetimes[static_cast<std::size_t>(slot[root])];
      life.first = std::min(life.first, first[i]);
      life.last = std::max(life.last, last[i]);
      slot[i] = slot[root];
    }
    std::vector<int> scratch_slot(program_.steps.size(), -1);
    for (int i = 0; i < steps; ++i) {
      const std::int64_t scratch = program_.steps[static_cast<std::size_t>(i)].lowered.scratch_floats;
      if (scratch == 0) continue;
      scratch_slot[static_cast<std::size_t>(i)] = static_cast<int>(lifetimes.size());
      lifetimes.push_back({aligned(scratch), i, i});
      program_.scratch_floats = std::max(program_.scratch_floats, scratch);
    }
    const ArenaPlan arena = plan_arena(lifetimes);
    for (std::size_t i = 0; i < count; ++i) {
      if (slot[i] >= 0) program_.buffers[i].offset = arena.offsets[static_cast<std::size_t>(slot[i])];
    }
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      if (scratch_slot[i] >= 0) program_.steps[i].scratch_offset = arena.offsets[static_cast<std::size_t>(scratch_slot[i])];
    }
    program_.arena_floats = arena.size;
    program_.lower_bound_floats = arena.lower_bound;
  }

  void pack_weights() {
    for (Step& step : program_.steps) {
      step.weights_offset = static_cast<std::int64_t>(program_.weights.size());
      program_.weights.insert(program_.weights.end(), step.lowered.weights.begin(), step.lowered.weights.end());
      program_.weights.resize(static_cast<std::size_t>(aligned(static_cast<std::int64_t>(program_.weights.size()))), 0.0f);
      step.lowered.weights.clear();
      step.lowered.weights.shrink_to_fit();
    }
    // Packed is enough: the network as it was imported would take the same memory once more.
    for (Value& value : graph().values) {
      value.floats.clear();
      value.floats.shrink_to_fit();
    }
  }

  const PlanOptions& options_;
  Program program_;
  std::map<std::pair<ValueId, Layout>, int> where_;
};

}  // namespace

std::int64_t multiply_adds_of(const Graph& graph, const Node& node) {
  if (node.op != "conv" && node.op != "gemm") return 0;
  const Value& weights = graph.value(node.inputs[1]);
  const std::int64_t out = element_count(graph.value(node.outputs[0]).shape);
  if (node.op == "gemm") return out * graph.value(node.inputs[0]).shape.back();
  return out * weights.shape[1] * weights.shape[2] * weights.shape[3];
}

Result<Program> compile(Graph graph, const PlanOptions& options) { return Compiler(std::move(graph), options).run(); }

}  // namespace lne
