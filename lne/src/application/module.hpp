// What a module of an application is: its name, the types that it takes and gives, its parameters, and the kernel that runs here and is
// generated. One file per module in modules/, found by the build.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../plan/program.hpp"
#include "fields.hpp"
#include "value_type.hpp"

namespace lne {

/// The networks of an application: each file is read and planned once.
class ModelShelf {
 public:
  virtual ~ModelShelf() = default;
  struct Model {
    std::shared_ptr<const Program> program;
    ModelMetadata metadata;
    std::uint64_t fnv64 = 0;
  };
  /// @param plan path of its plan, or empty @returns null with `problem` filled
  virtual const Model* network(const std::string& path, const std::string& plan, std::string& problem) = 0;
  /// What a model says of itself. @returns null with `problem` filled
  virtual const ModelMetadata* metadata(const std::string& path, std::string& problem) = 0;
};

/// Where a module stands: its parameters, and what it takes.
struct ModuleUse {
  Fields& with;
  std::vector<ValueType> sources;
  ModelShelf& models;
};

/// How the model that the key `from` names wants its sound, or nothing with a problem where it does not say.
const AudioPreprocessing* audio_from(ModuleUse& use);

/// What a module gives.
struct ModuleResult {
  std::string name;
  ValueType type;
};

/// A module as it runs in a chain. `Lowered::function` is the kernel's type, a struct that is made of the shape once and has
/// `void run(const float* const* src, const float* weights, float* dst, float* memory) const`.
struct MadeModule {
  std::vector<ModuleResult> results;
  Lowered lowered;
  /// whether what is in its memory (`lowered.scratch_floats`) must last from one run to the next; it is zero at first
  bool keeps_memory = false;
  /// of a network, or null
  const ModelShelf::Model* network = nullptr;
};

struct ModuleKind {
  std::string name;
  /// one sentence for the manual
  std::string summary;
  /// for each thing that it takes the kinds of values; a network takes as many as it has inputs, all of the first list
  std::vector<ValueKinds> takes;
  bool takes_any_number = false;
  /// for the manual
  std::string gives, parameters;
  /// Problems go to `use.with`; what it makes then does not matter.
  std::function<MadeModule(ModuleUse& use)> make;
  /// headers below runtime/ that the kernel needs
  std::vector<std::string> headers;
  /// set by the registry
  std::string kernel_file, kernel_text;

  bool is_source() const { return takes.empty(); }
};

class ModuleRegistry {
 public:
  static const ModuleRegistry& instance();
  const std::vector<ModuleKind>& all() const { return kinds_; }
  /// @returns null for an unknown name
  const ModuleKind* find(const std::string& name) const;
  std::vector<std::string> names() const;

  void set_current(std::string file, std::string text);
  void add(ModuleKind kind);

 private:
  std::vector<ModuleKind> kinds_;
  std::string current_file_, current_text_;
};

/// Written by the build: calls the registration of each file in modules/.
void register_all_modules(ModuleRegistry& registry);

/// A kernel with its shape. @param value the shape's braced initializer
template <class Kernel, class KernelShape>
Lowered lowered_module(std::string kernel, std::string type, const KernelShape& shape, std::string value) {
  Lowered lowered;
  lowered.run = [made = std::make_shared<const Kernel>(shape)](const float* const* src, const float* weights, float* dst, float* memory) { made->run(src, weights, dst, memory); };
  lowered.function = std::move(kernel);
  lowered.shape_type = std::move(type);
  lowered.shape_value = std::move(value);
  return lowered;
}

}  // namespace lne
