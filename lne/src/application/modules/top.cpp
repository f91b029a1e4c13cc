/// The classes with the highest scores, best first.
#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
struct TopShape {
  int classes, count;
};

/// Pairs of class number and score, best first; of equal ones the first.
class TopModule {
 public:
  explicit TopModule(const TopShape& shape) : s_(shape) {}
  void run(const float* const* src, const float*, float* dst, float*) const {
    for (int rank = 0; rank < s_.count; ++rank) {
      int best = -1;
      for (int k = 0; k < s_.classes; ++k) {
        bool is_taken = false;
        for (int r = 0; r < rank; ++r) is_taken = is_taken || static_cast<int>(dst[2 * r]) == k;
        if (!is_taken && (best < 0 || src[0][k] > src[0][best])) best = k;
      }
      dst[2 * rank] = static_cast<float>(best);
      dst[2 * rank + 1] = src[0][best];
    }
  }

 private:
  TopShape s_;
};
// kernel-end

MadeModule make(ModuleUse& use) {
  ValueType type = use.sources[0];
  const std::int64_t classes = static_cast<std::int64_t>(type.classes.size());
  const std::int64_t count = use.with.whole("count", 1, 1, classes);
  const TopShape s{static_cast<int>(classes), static_cast<int>(count)};
  MadeModule made;
  made.lowered = lowered_module<TopModule>("TopModule", "TopShape", s, braced({s.classes, s.count}));
  type.kind = ValueType::Kind::kAnswer;
  type.shape = {count, 2};
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_top(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "top";
  kind.summary = "The classes with the highest scores, best first.";
  kind.takes = {{ValueType::Kind::kScores}};
  kind.gives = "an answer: class and score by rank";
  kind.parameters = "`count` (1)";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
