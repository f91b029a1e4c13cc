/// The mean of scores over the last runs: one window that happens to look like a word is no word.
#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
struct SmoothShape {
  int classes, windows;
};

/// Memory: how many windows it holds, which comes next, and the windows. Summed anew each time, oldest first, so that nothing drifts.
class SmoothModule {
 public:
  explicit SmoothModule(const SmoothShape& shape) : s_(shape) {}
  void run(const float* const* src, const float*, float* dst, float* memory) const {
    float* windows = memory + 2;
    const int next = static_cast<int>(memory[1]);
    for (int k = 0; k < s_.classes; ++k) windows[next * s_.classes + k] = src[0][k];
    const int count = static_cast<int>(memory[0]) < s_.windows ? static_cast<int>(memory[0]) + 1 : s_.windows;
    memory[0] = static_cast<float>(count);
    memory[1] = static_cast<float>((next + 1) % s_.windows);
    const int oldest = (next + 1 + s_.windows - count) % s_.windows;
    for (int k = 0; k < s_.classes; ++k) {
      double sum = 0;
      for (int i = 0; i < count; ++i) sum += windows[(oldest + i) % s_.windows * s_.classes + k];
      dst[k] = static_cast<float>(sum / count);
    }
  }

 private:
  SmoothShape s_;
};
// kernel-end

MadeModule make(ModuleUse& use) {
  const std::int64_t windows = use.with.whole("windows", 3, 1, 1000);
  ValueType type = use.sources[0];
  const SmoothShape s{static_cast<int>(type.classes.size()), static_cast<int>(windows)};
  MadeModule made;
  made.lowered = lowered_module<SmoothModule>("SmoothModule", "SmoothShape", s, braced({s.classes, s.windows}));
  made.lowered.scratch_floats = 2 + windows * s.classes;
  made.keeps_memory = true;
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_smooth(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "smooth";
  kind.summary = "The mean of scores over the last runs, for streams. Runs in which it is left out by a condition do not count.";
  kind.takes = {{ValueType::Kind::kScores}};
  kind.gives = "scores";
  kind.parameters = "`windows` (3): how many runs";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
