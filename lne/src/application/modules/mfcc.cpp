/// Mel-frequency cepstral coefficients of sound, by the same code that makes the training data.
#include "../../../runtime/audio/mfcc.hpp"
#include "../../ops/op.hpp"
#include "../module.hpp"

namespace lne {
namespace {

// kernel-begin
struct MfccShape {
  int rate_hz, clip, frame, stride, bands, mels, is_reflect, has_top_db, htk;
  double top_db;
};

static inline lne::audio::MfccParameters mfcc_parameters(const MfccShape& s) {
  lne::audio::MfccParameters p;
  p.rate_hz = s.rate_hz;
  p.clip_samples = s.clip;
  p.frame_samples = s.frame;
  p.stride_samples = s.stride;
  p.bands = s.bands;
  p.mels = s.mels;
  p.pad_mode = s.is_reflect != 0 ? lne::audio::PadMode::kReflect : lne::audio::PadMode::kConstant;
  p.has_top_db = s.has_top_db != 0;
  p.top_db = s.top_db;
  p.htk = s.htk != 0;
  return p;
}

/// sound [clip] -> [1, 1, band, frame]
class MfccModule {
 public:
  explicit MfccModule(const MfccShape& shape) : mfcc_(mfcc_parameters(shape)) {}
  void run(const float* const* src, const float*, float* dst, float* memory) const { mfcc_.compute(src[0], mfcc_.parameters().clip_samples, memory, dst); }

 private:
  lne::audio::Mfcc mfcc_;
};
// kernel-end

/// The parameters as a model carries them; what the sound itself says is not asked for again.
AudioPreprocessing parameters_of(ModuleUse& use) {
  AudioPreprocessing audio;
  const ValueType& sound = use.sources[0];
  if (use.with.has("from")) {
    const AudioPreprocessing* carried = audio_from(use);
    if (carried == nullptr) return audio;
    audio = *carried;
    audio.mean.clear();
    audio.deviation.clear();
    if (audio.rate_hz == sound.rate_hz && audio.clip_samples == sound.shape[0]) return audio;
    use.with.fail("from", "the model wants sound of " + std::to_string(audio.clip_samples) + " samples at " + std::to_string(audio.rate_hz) + " Hz, and this is " + text_of(sound));
    return audio;
  }
  Json::Object parameters;
  for (const char* key : {"frameMs", "strideMs", "bands", "mels", "padMode", "topDb", "htk"}) {
    if (const YamlNode* node = use.with.find(key)) parameters[key] = json_of(*node);
  }
  parameters["sampleRateHz"] = Json(sound.rate_hz);
  parameters["clipMs"] = Json(static_cast<double>(sound.shape[0]) * 1000.0 / sound.rate_hz);
  if (use.with.has("padMode")) use.with.choice("padMode", {"constant", "reflect"}, "constant");
  const std::string problem = read_audio(Json(Json::Object{{"parameters", Json(std::move(parameters))}}), audio);
  if (!problem.empty()) use.with.fail(problem.substr(0, problem.find(' ')), problem);
  audio.clip_samples = static_cast<int>(sound.shape[0]);
  return audio;
}

MadeModule make(ModuleUse& use) {
  const AudioPreprocessing a = parameters_of(use);
  const MfccShape s{a.rate_hz, a.clip_samples, a.frame_samples, a.stride_samples, a.bands, a.mels, a.is_reflect, a.has_top_db, a.htk, a.top_db};
  if (a.bands == 0 || a.stride_samples < 1) return {};
  const std::string problem = audio::check_mfcc(mfcc_parameters(s));
  if (!problem.empty()) return use.with.fail("", problem), MadeModule();
  MadeModule made;
  const std::string flags = braced({s.rate_hz, s.clip, s.frame, s.stride, s.bands, s.mels, s.is_reflect, s.has_top_db, s.htk});
  made.lowered = lowered_module<MfccModule>("MfccModule", "MfccShape", s, flags.substr(0, flags.size() - 1) + ", " + Json(s.top_db).text() + "}");
  made.lowered.scratch_floats = static_cast<std::int64_t>(audio::Mfcc(mfcc_parameters(s)).workspace_size());
  ValueType type;
  type.shape = {1, 1, a.bands, 1 + a.clip_samples / a.stride_samples};
  type.audio = a;
  made.results.push_back({"", std::move(type)});
  return made;
}

}  // namespace

void register_module_mfcc(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "mfcc";
  kind.summary = "Mel-frequency cepstral coefficients of a clip, by the same code that makes the training data.";
  kind.takes = {{ValueType::Kind::kSound}};
  kind.gives = "a tensor [1, 1, band, frame]";
  kind.parameters = "`frameMs`, `strideMs`, `bands`, `mels` (as `bands`), `padMode` (constant), `topDb` (none), `htk` (false), as of `extract-mfcc`; or `from`: a model that says them";
  kind.headers = {"audio/mfcc.hpp"};
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
