/// Turns a classifier's outputs into shares that sum to one.
#include <cmath>

#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
struct SoftmaxModuleShape {
  int classes;
};

/// In double precision, largest value first subtracted, so that no class overflows.
class SoftmaxModule {
 public:
  explicit SoftmaxModule(const SoftmaxModuleShape& shape) : s_(shape) {}
  void run(const float* const* src, const float*, float* dst, float*) const {
    float largest = src[0][0];
    for (int k = 1; k < s_.classes; ++k) largest = src[0][k] > largest ? src[0][k] : largest;
    double sum = 0;
    for (int k = 0; k < s_.classes; ++k) sum += std::exp(static_cast<double>(src[0][k]) - largest);
    for (int k = 0; k < s_.classes; ++k) dst[k] = static_cast<float>(std::exp(static_cast<double>(src[0][k]) - largest) / sum);
  }

 private:
  SoftmaxModuleShape s_;
};
// kernel-end

MadeModule make(ModuleUse& use) {
  ValueType type = use.sources[0];
  if (type.kind == ValueType::Kind::kScores) return use.with.fail("", "it takes scores, whose softmax was taken already; leave this module away"), MadeModule();
  const std::vector<std::string> classes = use.with.texts("classes");
  if (!classes.empty()) type.classes = classes;
  const std::int64_t count = element_count(type.shape);
  if (static_cast<std::int64_t>(type.classes.size()) != count) {
    const std::string known = type.classes.empty() ? "what it takes does not say its classes" : std::to_string(type.classes.size()) + " classes are named";
    return use.with.fail("classes", known + ", and there are " + std::to_string(count) + " values; write classes: [one name for each]"), MadeModule();
  }
  type.kind = ValueType::Kind::kScores;
  type.shape = {count};
  type.audio.reset();
  const SoftmaxModuleShape s{static_cast<int>(count)};
  MadeModule made;
  made.lowered = lowered_module<SoftmaxModule>("SoftmaxModule", "SoftmaxModuleShape", s, braced({s.classes}));
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_softmax(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "softmax";
  kind.summary = "Turns a classifier's outputs into shares of its classes that sum to one.";
  kind.takes = {{ValueType::Kind::kTensor, ValueType::Kind::kScores}};
  kind.gives = "scores";
  kind.parameters = "`classes`, where the network does not name them";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
