#include "chain_runner.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace lne {
ChainRunner::ChainRunner(std::shared_ptr<const ModuleChain> chain) : chain_(std::move(chain)), steps_(chain_->steps()) {
  memory_ = std::make_unique<float[]>(static_cast<std::size_t>(chain_->arena_floats + kAlignmentFloats));
  arena_ = aligned(memory_.get());
}

void ChainRunner::reset() { std::fill(arena_, arena_ + chain_->arena_floats, 0.0f); }

bool ChainRunner::is_due(int module) const {
  const std::vector<int>& conditions = chain_->modules[static_cast<std::size_t>(module)].conditions;
  return std::all_of(conditions.begin(), conditions.end(), [&](int condition) { return arena_[chain_->value(condition).place.offset] != 0.0f; });
}

void ChainRunner::execute(const ChainStep& step, const float* const* inputs) const {
  const ChainModule& module = chain_->modules[static_cast<std::size_t>(step.module)];
  const float* sources[64];
  std::vector<const float*> many;
  if (step.sources.size() > 64) many.resize(step.sources.size());
  const float** found = many.empty() ? sources : many.data();
  for (std::size_t i = 0; i < step.sources.size(); ++i) found[i] = at(step.sources[i], inputs);
  if (step.lowered == nullptr) std::memmove(arena_ + step.destination, found[0], static_cast<std::size_t>(step.floats) * sizeof(float));
  else step.lowered->run(found, module.weights() + (step.weights - module.weights_offset), arena_ + step.destination, arena_ + step.memory);
}

void ChainRunner::run(const float* const* inputs, float* const* outputs, const Observer& observe) {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const bool runs = is_due(steps_[i].module);
    if (runs) execute(steps_[i], inputs);
    if (observe) observe(i, arena_ + steps_[i].destination, runs ? steps_[i].floats : 0);
  }
  for (std::size_t i = 0; i < chain_->outputs.size(); ++i) {
    const ChainValue& value = chain_->value(chain_->outputs[i].value);
    const std::int64_t floats = value.floats();
    if (is_due(value.module)) std::memcpy(outputs[i], at(value.place, inputs), static_cast<std::size_t>(floats) * sizeof(float));
    else std::fill(outputs[i], outputs[i] + floats, std::numeric_limits<float>::quiet_NaN());
  }
}

void ChainRunner::run_module(std::size_t module, const float* const* sources, float* result) {
  const ChainModule& at = chain_->modules[module];
  at.made.lowered.run(sources, at.weights(), result, arena_ + at.memory_offset);
}

}  // namespace lne
