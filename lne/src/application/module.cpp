#include "module.hpp"

namespace lne {

const AudioPreprocessing* audio_from(ModuleUse& use) {
  const std::string path = use.with.text("from", "");
  std::string problem;
  const ModelMetadata* metadata = use.models.metadata(path, problem);
  if (metadata != nullptr && metadata->has_audio) return &metadata->audio;
  use.with.fail("from", metadata == nullptr ? problem : path + " does not say how its sound is prepared; write the parameters here");
  return nullptr;
}

const ModuleRegistry& ModuleRegistry::instance() {
  static const ModuleRegistry registry = [] {
    ModuleRegistry made;
    register_all_modules(made);
    return made;
  }();
  return registry;
}

const ModuleKind* ModuleRegistry::find(const std::string& name) const {
  for (const ModuleKind& kind : kinds_) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> ModuleRegistry::names() const {
  std::vector<std::string> names;
  for (const ModuleKind& kind : kinds_) names.push_back(kind.name);
  return names;
}

void ModuleRegistry::set_current(std::string file, std::string text) {
  current_file_ = std::move(file);
  current_text_ = std::move(text);
}

void ModuleRegistry::add(ModuleKind kind) {
  kind.kernel_file = current_file_;
  kind.kernel_text = current_text_;
  kinds_.push_back(std::move(kind));
}

}  // namespace lne
