/// Holds when classes score high enough; other modules run only then (`when`).
#include <algorithm>

#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
struct ThresholdShape {
  int classes, is_below;
};

/// Weights: 1 for each class that counts, else 0; then the bound.
class ThresholdModule {
 public:
  explicit ThresholdModule(const ThresholdShape& shape) : s_(shape) {}
  void run(const float* const* src, const float* weights, float* dst, float*) const {
    float sum = 0.0f;
    for (int k = 0; k < s_.classes; ++k) sum += weights[k] != 0.0f ? src[0][k] : 0.0f;
    const bool is_reached = sum >= weights[s_.classes];
    dst[0] = is_reached == (s_.is_below == 0) ? 1.0f : 0.0f;
  }

 private:
  ThresholdShape s_;
};
// kernel-end

MadeModule make(ModuleUse& use) {
  const std::vector<std::string>& known = use.sources[0].classes;
  const std::vector<std::string> wanted = use.with.texts("class");
  const bool is_below = use.with.has("below");
  if (use.with.has("atLeast") == is_below) use.with.fail("atLeast", "write either atLeast or below, e.g. atLeast: 0.8");
  const double bound = use.with.number(is_below ? "below" : "atLeast", 0, 0, 1);
  std::vector<float> weights(known.size() + 1, 0.0f);
  if (wanted.empty()) use.with.fail("class", "class takes the name of a class, or a list of them");
  for (const std::string& name : wanted) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) use.with.fail("class", "there is no class '" + name + "'" + nearest_of(name, known));
    else weights[static_cast<std::size_t>(found - known.begin())] = 1.0f;
  }
  weights.back() = static_cast<float>(bound);
  const ThresholdShape s{static_cast<int>(known.size()), is_below};
  MadeModule made;
  made.lowered = lowered_module<ThresholdModule>("ThresholdModule", "ThresholdShape", s, braced({s.classes, s.is_below}));
  made.lowered.weights = std::move(weights);
  ValueType type;
  type.kind = ValueType::Kind::kCondition;
  type.shape = {1};
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_threshold(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "threshold";
  kind.summary = "Holds when the scores of one or several classes together reach a bound; modules with `when` run only then.";
  kind.takes = {{ValueType::Kind::kScores}};
  kind.gives = "a condition";
  kind.parameters = "`class`: a name or a list; `atLeast` or `below`: 0 to 1";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
