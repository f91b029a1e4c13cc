// Runs a chain in this process, with the same kernels at the same places as in the generated program.
#pragma once

#include <functional>

#include "chain.hpp"

namespace lne {

/// One running instance: its arena, and what modules remember.
class ChainRunner {
 public:
  explicit ChainRunner(std::shared_ptr<const ModuleChain> chain);

  /// Shows what each step wrote before the next one starts; no floats where a condition left it out.
  using Observer = std::function<void(std::size_t step, const float* result, std::int64_t floats)>;
  /// @param inputs one pointer per input @param outputs one per output; all NaN where a condition left its module out
  void run(const float* const* inputs, float* const* outputs, const Observer& observe = nullptr);
  /// Runs one module alone, whatever its conditions. Not for networks and sources.
  void run_module(std::size_t module, const float* const* sources, float* result);
  /// Forgets what modules remember.
  void reset();

  const ModuleChain& chain() const { return *chain_; }

 private:
  bool is_due(int module) const;
  const float* at(const Place& place, const float* const* inputs) const { return place.input >= 0 ? inputs[place.input] : arena_ + place.offset; }
  void execute(const ChainStep& step, const float* const* inputs) const;

  std::shared_ptr<const ModuleChain> chain_;
  std::vector<ChainStep> steps_;
  std::unique_ptr<float[]> memory_;
  float* arena_ = nullptr;
};

}  // namespace lne
