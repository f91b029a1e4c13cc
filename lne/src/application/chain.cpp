#include "chain.hpp"

#include <algorithm>
#include <cstring>

#include "../memory/arena.hpp"

namespace lne {
namespace {

/// A network that stands alone needs no shelf.
class SingleModel : public ModelShelf {
 public:
  explicit SingleModel(std::shared_ptr<const Program> program) { model_.program = std::move(program); }
  const Model* network(const std::string&, const std::string&, std::string&) override { return &model_; }
  const ModelMetadata* metadata(const std::string&, std::string&) override { return &model_.metadata; }

 private:
  Model model_;
};

const ModuleKind& network_kind() { return *ModuleRegistry::instance().find("network"); }

/// The layers of a network, and its results where they are handed on.
void add_network_steps(const ModuleChain& chain, std::size_t index, std::vector<ChainStep>& steps) {
  const ChainModule& module = chain.modules[index];
  const Program& program = *module.made.network->program;
  const auto place_of = [&](int buffer) {
    const Buffer& at = program.buffers[static_cast<std::size_t>(buffer)];
    return at.input >= 0 ? chain.value(module.sources[static_cast<std::size_t>(at.input)]).place : Place{-1, module.memory_offset + at.offset};
  };
  for (const Step& step : program.steps) {
    ChainStep out;
    out.layer = step.layer;
    out.comment = step.layer + " (" + step.op + ") by " + step.primitive->name;
    const std::vector<std::string> fused = step.fused();
    for (std::size_t i = 0; i < fused.size(); ++i) out.comment += (i == 0 ? "; with " : ", ") + fused[i];
    out.module = static_cast<int>(index);
    out.lowered = &step.lowered;
    out.primitive = step.primitive;
    for (const int source : step.sources) out.sources.push_back(place_of(source));
    out.weights = module.weights_offset + step.weights_offset;
    out.destination = module.memory_offset + program.buffers[static_cast<std::size_t>(step.destination)].offset;
    out.memory = module.memory_offset + step.scratch_offset;
    out.floats = program.buffers[static_cast<std::size_t>(step.destination)].floats;
    steps.push_back(std::move(out));
  }
  for (std::size_t i = 0; !module.is_in_place && i < module.results.size(); ++i) {
    const ChainValue& value = chain.value(module.results[i]);
    ChainStep out;
    out.layer = value.name;
    out.comment = value.name + " is handed on";
    out.module = static_cast<int>(index);
    out.sources = {place_of(program.outputs[i])};
    out.destination = value.place.offset;
    out.floats = value.floats();
    steps.push_back(std::move(out));
  }
}

}  // namespace

const float* ChainModule::weights() const { return made.network ? made.network->program->weights.data() : made.lowered.weights.data(); }
std::int64_t ChainModule::weights_floats() const { return static_cast<std::int64_t>(made.network ? made.network->program->weights.size() : made.lowered.weights.size()); }
std::int64_t ChainModule::memory_floats() const { return made.network ? made.network->program->instance_floats() : made.lowered.scratch_floats; }

std::vector<const LinkedLibrary*> ModuleChain::libraries() const {
  std::map<std::string, const LinkedLibrary*> by_plugin;
  for (const ChainModule& module : modules) {
    if (module.made.network == nullptr) continue;
    for (const LinkedLibrary* library : module.made.network->program->libraries()) by_plugin[library->plugin] = library;
  }
  std::vector<const LinkedLibrary*> list;
  for (const auto& [plugin, library] : by_plugin) list.push_back(library);
  return list;
}

std::vector<ChainStep> ModuleChain::steps() const {
  std::vector<ChainStep> steps;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const ChainModule& module = modules[i];
    if (module.kind->is_source()) continue;
    if (module.made.network) {
      add_network_steps(*this, i, steps);
      continue;
    }
    ChainStep step;
    step.layer = module.id;
    step.comment = module.id + " (" + module.kind->name + ")";
    step.module = static_cast<int>(i);
    step.lowered = &module.made.lowered;
    for (const int source : module.sources) step.sources.push_back(value(source).place);
    step.weights = module.weights_offset;
    step.destination = value(module.results[0]).place.offset;
    step.memory = module.memory_offset;
    step.floats = value(module.results[0]).floats();
    steps.push_back(std::move(step));
  }
  return steps;
}

void place_chain(ModuleChain& chain) {
  const int end = static_cast<int>(chain.modules.size());
  std::vector<Lifetime> lifetimes;
  std::vector<std::int64_t*> offsets;
  const auto add = [&](std::int64_t floats, int first, int last, std::int64_t& offset) {
    if (floats > 0) lifetimes.push_back({aligned(floats), first, last}), offsets.push_back(&offset);
  };
  std::vector<int> last_use(chain.values.size());
  for (std::size_t i = 0; i < chain.values.size(); ++i) last_use[i] = chain.values[i].type.kind == ValueType::Kind::kCondition ? end : chain.values[i].module;
  for (int i = 0; i < end; ++i) {
    for (const int source : chain.modules[static_cast<std::size_t>(i)].sources) last_use[static_cast<std::size_t>(source)] = std::max(last_use[static_cast<std::size_t>(source)], i);
  }
  for (const ChainPort& port : chain.outputs) last_use[static_cast<std::size_t>(port.value)] = end;
  chain.weights_floats = 0;
  for (int i = 0; i < end; ++i) {
    ChainModule& module = chain.modules[static_cast<std::size_t>(i)];
    module.weights_offset = chain.weights_floats;
    chain.weights_floats += i + 1 < end ? aligned(module.weights_floats()) : module.weights_floats();
    // What runs last may leave its results where they are: nothing comes after it that could use their memory.
    module.is_in_place = module.made.network != nullptr && i + 1 == end;
    const bool is_kept = module.made.keeps_memory;
    add(module.memory_floats(), is_kept ? 0 : i, is_kept || module.is_in_place ? end : i, module.memory_offset);
    for (const int result : module.results) {
      ChainValue& value = chain.values[static_cast<std::size_t>(result)];
      if (!module.kind->is_source() && !module.is_in_place) add(value.floats(), i, last_use[static_cast<std::size_t>(result)], value.place.offset);
    }
  }
  const ArenaPlan plan = plan_arena(lifetimes);
  for (std::size_t i = 0; i < offsets.size(); ++i) *offsets[i] = plan.offsets[i];
  chain.arena_floats = plan.size;
  chain.lower_bound_floats = plan.lower_bound;
  if (chain.modules.empty() || !chain.modules.back().is_in_place) return;
  const ChainModule& module = chain.modules.back();
  const Program& program = *module.made.network->program;
  for (std::size_t i = 0; i < module.results.size(); ++i) {
    const Buffer& buffer = program.buffers[static_cast<std::size_t>(program.outputs[i])];
    const Place handed = buffer.input >= 0 ? chain.value(module.sources[static_cast<std::size_t>(buffer.input)]).place : Place{-1, module.memory_offset + buffer.offset};
    chain.values[static_cast<std::size_t>(module.results[i])].place = handed;
  }
}

ModuleChain chain_of(std::shared_ptr<const Program> program, const std::string& name) {
  ModuleChain chain;
  chain.name = name;
  chain.target = program->target;
  auto model = std::make_shared<SingleModel>(program);
  std::string problem;
  ChainModule network;
  network.id = name;
  network.kind = &network_kind();
  network.made.network = model->network("", "", problem);
  const Graph& graph = program->graph;
  const auto add_value = [&](ValueId id, int module) {
    ChainValue value;
    value.name = graph.value(id).name;
    value.type.shape = graph.value(id).shape;
    value.module = module;
    chain.values.push_back(std::move(value));
    return static_cast<int>(chain.values.size() - 1);
  };
  const auto port = [&](ValueId id, int value) { return ChainPort{graph.value(id).name, graph.value(id).shape, name_of(graph.value(id).dtype), value}; };
  for (const ValueId id : graph.inputs) {
    ChainModule source;
    source.id = graph.value(id).name;
    source.kind = ModuleRegistry::instance().find("array");
    const int value = add_value(id, static_cast<int>(chain.modules.size()));
    chain.values.back().place = {static_cast<int>(chain.inputs.size()), 0};
    source.results = {value};
    network.sources.push_back(value);
    chain.inputs.push_back(port(id, value));
    chain.modules.push_back(std::move(source));
  }
  for (const ValueId id : graph.outputs) {
    network.results.push_back(add_value(id, static_cast<int>(chain.modules.size())));
    chain.outputs.push_back(port(id, network.results.back()));
  }
  chain.modules.push_back(std::move(network));
  chain.models = std::move(model);
  place_chain(chain);
  return chain;
}

}  // namespace lne
