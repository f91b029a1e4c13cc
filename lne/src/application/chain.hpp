// Modules that run one after the other, ready to run here or to be generated: types checked, and everything in one block of memory. A network
// alone is a chain of one module.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "declaration.hpp"
#include "module.hpp"

namespace lne {

/// Where floats lie: in an input of the chain, or in its arena.
struct Place {
  int input = -1;
  std::int64_t offset = 0;
};

struct ChainValue {
  /// `id`, or `id.output` of a network with several
  std::string name;
  ValueType type;
  int module = 0;
  Place place;
  std::int64_t floats() const { return element_count(type.shape); }
};

struct ChainModule {
  std::string id;
  const ModuleKind* kind = nullptr;
  MadeModule made;
  /// the network's file as it was named, or empty
  std::string model;
  std::vector<int> sources, results;
  /// conditions that must all hold, its own and those of what it takes
  std::vector<int> conditions;
  /// in floats from the start of the weights, its own or its network's
  std::int64_t weights_offset = 0;
  /// its memory, or its network's arena
  std::int64_t memory_offset = 0;
  /// whether results lie in the network's own arena
  bool is_in_place = false;

  const float* weights() const;
  std::int64_t weights_floats() const;
  std::int64_t memory_floats() const;
};

/// An input or output as the program's interface shows it.
struct ChainPort {
  std::string name;
  Shape shape;
  /// as `Port::type`
  std::string type;
  /// number of the value
  int value = 0;
};

/// One step: a layer of a network, a module, or a result that is handed on.
struct ChainStep {
  std::string layer, comment;
  int module = 0;
  /// null where floats are only copied
  const Lowered* lowered = nullptr;
  /// of a layer, or null
  const Primitive* primitive = nullptr;
  std::vector<Place> sources;
  std::int64_t weights = 0, destination = 0, memory = 0;
  std::int64_t floats = 0;
};

struct ModuleChain {
  std::string name;
  std::string target = "native";
  std::vector<ChainModule> modules;
  std::vector<ChainValue> values;
  std::vector<ChainPort> inputs, outputs;
  std::int64_t arena_floats = 0, lower_bound_floats = 0, weights_floats = 0;
  /// keeps the networks that modules point to
  std::shared_ptr<ModelShelf> models;

  const ChainValue& value(int index) const { return values[static_cast<std::size_t>(index)]; }
  /// Libraries that kernels of its networks call, each once, by plugin.
  std::vector<const LinkedLibrary*> libraries() const;
  /// All steps in the order in which they run.
  std::vector<ChainStep> steps() const;
};

/// @param models must give programs for `target`
/// @returns LNE_APPLICATION for each thing that is wrong, naming file, line and both modules where two do not fit
Result<ModuleChain> compile_chain(const ApplicationDeclaration& declaration, const std::string& target, std::shared_ptr<ModelShelf> models);

/// A network alone. Its results lie where it computes them.
ModuleChain chain_of(std::shared_ptr<const Program> program, const std::string& name);

/// Gives modules' memory, networks' arenas and values their places. What is not needed at the same time shares memory.
void place_chain(ModuleChain& chain);

}  // namespace lne
