/// Sound from outside: recordings on the command line, samples in the C interface.
#include <cmath>

#include "../module.hpp"

namespace lne {
namespace {

MadeModule make(ModuleUse& use) {
  ValueType type;
  type.kind = ValueType::Kind::kSound;
  std::int64_t samples = 0;
  if (use.with.has("from")) {
    const AudioPreprocessing* audio = audio_from(use);
    if (audio == nullptr) return {};
    type.rate_hz = audio->rate_hz;
    samples = audio->clip_samples;
  } else {
    type.rate_hz = static_cast<int>(use.with.whole("sampleRateHz", 16000, 1000, 768000));
    const double clip_ms = use.with.number("clipMs", 1000, 0.1, 600000);
    samples = std::llround(clip_ms * type.rate_hz / 1000.0);
    if (samples < 1 || samples > 1 << 26) use.with.fail("clipMs", "a clip has 1 to 67108864 samples");
  }
  type.shape = {std::max<std::int64_t>(samples, 1)};
  return {{{"", std::move(type)}}, {}, false, nullptr};
}

}  // namespace

void register_module_wav(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "wav";
  kind.summary = "Sound from outside: WAV files on the command line (any rate, cut or filled with silence to the clip's length), samples in the C interface.";
  kind.gives = "sound";
  kind.parameters = "`sampleRateHz` (16000), `clipMs` (1000); or `from`: a model that says them";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
