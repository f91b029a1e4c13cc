/// Subtracts a mean and divides by a standard deviation, one for all or one for each place along an axis.
#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, extent, inner]; the means of the middle are followed by its deviations.
struct NormalizeShape {
  int outer, extent, inner;
};

class NormalizeModule {
 public:
  explicit NormalizeModule(const NormalizeShape& shape) : s_(shape) {}
  void run(const float* const* src, const float* weights, float* dst, float*) const {
    for (int o = 0; o < s_.outer; ++o) {
      for (int k = 0; k < s_.extent; ++k) {
        const long first = (static_cast<long>(o) * s_.extent + k) * s_.inner;
        for (int i = 0; i < s_.inner; ++i) dst[first + i] = (src[0][first + i] - weights[k]) / weights[s_.extent + k];
      }
    }
  }

 private:
  NormalizeShape s_;
};
// kernel-end

MadeModule make(ModuleUse& use) {
  ValueType type = use.sources[0];
  std::vector<double> mean, deviation;
  const std::int64_t rank = static_cast<std::int64_t>(type.shape.size());
  std::int64_t axis = type.audio ? rank - 2 : std::min<std::int64_t>(1, rank - 1);
  if (use.with.has("from")) {
    const AudioPreprocessing* audio = audio_from(use);
    if (audio == nullptr) return {};
    mean = audio->mean.empty() ? std::vector<double>{0} : audio->mean;
    deviation = audio->deviation.empty() ? std::vector<double>{1} : audio->deviation;
    if (type.audio) type.audio->mean = audio->mean, type.audio->deviation = audio->deviation;
  } else {
    mean = use.with.numbers("mean");
    deviation = use.with.numbers("std");
    axis = use.with.whole("axis", axis, 0, rank - 1);
    if (mean.empty()) use.with.fail("mean", "mean takes a number or a list of numbers");
    if (deviation.size() != mean.size()) use.with.fail("std", "std takes as many numbers as mean");
    if (type.audio && axis == rank - 2) {
      const std::size_t bands = static_cast<std::size_t>(type.shape[static_cast<std::size_t>(axis)]);
      type.audio->mean = mean.size() == 1 ? std::vector<double>(bands, mean[0]) : mean;
      type.audio->deviation = deviation.size() == 1 ? std::vector<double>(bands, deviation[0]) : deviation;
    }
  }
  const std::int64_t extent = static_cast<std::int64_t>(mean.size());
  const std::int64_t along = type.shape[static_cast<std::size_t>(axis)];
  if (extent > 1 && extent != along) use.with.fail("mean", "mean has " + std::to_string(extent) + " numbers, and axis " + std::to_string(axis) + " of " + text_of(type.shape) + " has " + std::to_string(along));
  for (const double value : deviation) {
    if (!(static_cast<float>(value) > 0)) use.with.fail("std", "a std must be positive");
  }
  NormalizeShape s{1, static_cast<int>(extent), 1};
  for (std::int64_t d = 0; d < axis; ++d) s.outer *= static_cast<int>(type.shape[static_cast<std::size_t>(d)]);
  for (std::int64_t d = axis + 1; d < rank; ++d) s.inner *= static_cast<int>(type.shape[static_cast<std::size_t>(d)]);
  if (extent == 1) s = {1, 1, static_cast<int>(element_count(type.shape))};
  MadeModule made;
  made.lowered = lowered_module<NormalizeModule>("NormalizeModule", "NormalizeShape", s, braced({s.outer, s.extent, s.inner}));
  for (const double value : mean) made.lowered.weights.push_back(static_cast<float>(value));
  for (const double value : deviation) made.lowered.weights.push_back(static_cast<float>(value));
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_normalize(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "normalize";
  kind.summary = "Subtracts a mean and divides by a standard deviation: one of each, or one for each place along an axis.";
  kind.takes = {{ValueType::Kind::kTensor, ValueType::Kind::kSound}};
  kind.gives = "what it takes";
  kind.parameters = "`mean`, `std`, `axis` (bands of MFCC, else 1); or `from`: a model that says them";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
