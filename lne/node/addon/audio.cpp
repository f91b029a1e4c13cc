// The audio front end for JavaScript. The samples of asynchronous calls are copied: JavaScript may change or transfer its buffers meanwhile.
#include "audio.hpp"

#include <cmath>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>

#include "guard.hpp"
#include "runtime/audio/mfcc.hpp"
#include "runtime/audio/resample.hpp"
#include "runtime/audio/wav.hpp"

namespace lne::node {
namespace {

using audio::Mfcc;
using audio::MfccParameters;

Napi::Value decode_wav(const Napi::CallbackInfo& info) {
  const std::string_view bytes = bytes_argument(info, 0, "bytes");
  audio::Recording recording;
  const audio::AudioError error = audio::read_wav(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), recording);
  if (error) throw Failure{error.code, error.message};
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("samples", to_js(info.Env(), recording.samples.data(), recording.samples.size()));
  result.Set("sampleRateHz", recording.rate_hz);
  result.Set("channels", recording.channels);
  return result;
}

/// The last few filters are kept: a data set has few rates, and a filter takes longer to make than a clip to convert.
std::shared_ptr<const audio::Resampler> resampler_for(std::int32_t from_hz, std::int32_t to_hz) {
  struct Kept {
    std::int32_t from_hz, to_hz;
    std::shared_ptr<const audio::Resampler> filter;
  };
  constexpr std::size_t most = 4;
  static std::mutex mutex;
  static std::deque<Kept> kept;
  {
    const std::lock_guard<std::mutex> lock(mutex);
    for (const Kept& one : kept) {
      if (one.from_hz == from_hz && one.to_hz == to_hz) return one.filter;
    }
  }
  auto made = std::make_shared<const audio::Resampler>(from_hz, to_hz);
  const std::lock_guard<std::mutex> lock(mutex);
  kept.push_back({from_hz, to_hz, made});
  if (kept.size() > most) kept.pop_front();
  return made;
}

Napi::Value resample(const Napi::CallbackInfo& info) {
  const Napi::Float32Array array = floats_of(info[0], "samples");
  const auto from_hz = static_cast<std::int32_t>(whole_argument(info, 1, "fromHz", audio::Resampler::kMinRateHz, audio::kMaxRateHz));
  const auto to_hz = static_cast<std::int32_t>(whole_argument(info, 2, "toHz", audio::Resampler::kMinRateHz, audio::kMaxRateHz));
  auto samples = std::make_shared<std::vector<float>>(array.Data(), array.Data() + array.ElementLength());
  return run_async(
      info.Env(), [=] { *samples = resampler_for(from_hz, to_hz)->convert(*samples); }, [=](Napi::Env env) { return to_js(env, samples->data(), samples->size()); });
}

double number_of(const Napi::Object& object, const char* key, double low, double high) {
  const Napi::Value value = object.Get(key);
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(number >= low && number <= high)) {
    throw Failure{"MFCC_PARAMETERS", std::string(key) + " must be a number from " + std::to_string(static_cast<std::int64_t>(low)) + " to " + std::to_string(static_cast<std::int64_t>(high))};
  }
  return number;
}

std::int32_t whole_of(const Napi::Object& object, const char* key, double low, double high) {
  const double number = number_of(object, key, low, high);
  if (std::floor(number) != number) throw Failure{"MFCC_PARAMETERS", std::string(key) + " must be a whole number"};
  return static_cast<std::int32_t>(number);
}

std::string choice_of(const Napi::Object& object, const char* key, const std::vector<std::string>& choices) {
  const Napi::Value value = object.Get(key);
  const std::string text = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  std::string all;
  for (const std::string& choice : choices) {
    if (choice == text) return text;
    all += (all.empty() ? "" : ", ") + choice;
  }
  throw Failure{"MFCC_PARAMETERS", std::string(key) + " must be one of: " + all};
}

/// Milliseconds at a rate as samples, rounded as the generated program rounds them.
std::int32_t samples_of(const Napi::Object& object, const char* key, std::int32_t rate_hz) {
  return static_cast<std::int32_t>(std::lround(number_of(object, key, 0, 600000) * rate_hz / 1000.0));
}

/// The parameters object of `extract-mfcc`, complete and checked.
MfccParameters parameters_argument(const Napi::CallbackInfo& info, std::size_t at) {
  const Napi::Object object = object_argument(info, at, "parameters");
  MfccParameters p;
  p.rate_hz = whole_of(object, "sampleRateHz", 1000, audio::kMaxRateHz);
  p.clip_samples = samples_of(object, "clipMs", p.rate_hz);
  p.frame_samples = samples_of(object, "frameMs", p.rate_hz);
  p.stride_samples = samples_of(object, "strideMs", p.rate_hz);
  p.mels = whole_of(object, "mels", 1, 1024);
  p.bands = whole_of(object, "bands", 1, 1024);
  p.pad_mode = choice_of(object, "padMode", {"constant", "reflect"}) == "reflect" ? audio::PadMode::kReflect : audio::PadMode::kConstant;
  choice_of(object, "norm", {"ortho"});
  const Napi::Value top_db = object.Get("topDb");
  p.has_top_db = !top_db.IsNull() && !top_db.IsUndefined();
  if (p.has_top_db) p.top_db = number_of(object, "topDb", 0, 1000);
  if (!object.Get("htk").IsBoolean()) throw Failure{"MFCC_PARAMETERS", "htk must be true or false"};
  p.htk = object.Get("htk").As<Napi::Boolean>().Value();
  const std::string problem = audio::check_mfcc(p);
  if (!problem.empty()) throw Failure{"MFCC_PARAMETERS", problem};
  return p;
}

Napi::Value mfcc_shape(const Napi::CallbackInfo& info) {
  const MfccParameters p = parameters_argument(info, 0);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("clipSamples", p.clip_samples);
  result.Set("bands", p.bands);
  result.Set("frames", 1 + p.clip_samples / p.stride_samples);
  return result;
}

/// Clips as they came, and their features. One kind of samples is empty.
struct Batch {
  std::vector<std::int16_t> integers;
  std::vector<float> floats;
  std::size_t clips = 0;
  std::vector<float> features;
};

void compute_batch(Batch& batch, const MfccParameters& parameters) {
  const Mfcc mfcc(parameters);
  const std::size_t clip_samples = static_cast<std::size_t>(parameters.clip_samples);
  std::vector<float> workspace(mfcc.workspace_size());
  std::vector<float> clip(clip_samples);
  batch.features.resize(batch.clips * mfcc.output_size());
  for (std::size_t i = 0; i < batch.clips; ++i) {
    const float* samples = batch.floats.empty() ? clip.data() : &batch.floats[i * clip_samples];
    if (batch.floats.empty()) {
      const std::int16_t* from = &batch.integers[i * clip_samples];
      for (std::size_t n = 0; n < clip_samples; ++n) clip[n] = static_cast<float>(from[n]) * (1.0f / 32768.0f);
    }
    mfcc.compute(samples, parameters.clip_samples, workspace.data(), &batch.features[i * mfcc.output_size()]);
  }
}

Napi::Value mfcc(const Napi::CallbackInfo& info) {
  const MfccParameters parameters = parameters_argument(info, 1);
  auto batch = std::make_shared<Batch>();
  const bool is_integer = info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_int16_array;
  if (is_integer) {
    const Napi::Int16Array array = info[0].As<Napi::Int16Array>();
    batch->integers.assign(array.Data(), array.Data() + array.ElementLength());
  } else if (info[0].IsTypedArray() && info[0].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array) {
    const Napi::Float32Array array = floats_of(info[0], "clips");
    batch->floats.assign(array.Data(), array.Data() + array.ElementLength());
  } else {
    throw Failure{"LNE_ARGUMENT", "clips must be an Int16Array or a Float32Array"};
  }
  const std::size_t length = is_integer ? batch->integers.size() : batch->floats.size();
  const std::size_t clip_samples = static_cast<std::size_t>(parameters.clip_samples);
  if (length % clip_samples != 0) {
    throw Failure{"MFCC_CLIPS", std::to_string(length) + " samples are no whole number of clips of " + std::to_string(clip_samples) + "; fill the last one with zeros"};
  }
  batch->clips = length / clip_samples;
  return run_async(
      info.Env(), [=] { compute_batch(*batch, parameters); }, [=](Napi::Env env) { return to_js(env, batch->features.data(), batch->features.size()); });
}

}  // namespace

void export_audio(Napi::Env env, Napi::Object exports) {
  exports.Set("decodeWav", Napi::Function::New<guarded<decode_wav>>(env));
  exports.Set("resample", Napi::Function::New<guarded<resample>>(env));
  exports.Set("mfccShape", Napi::Function::New<guarded<mfcc_shape>>(env));
  exports.Set("mfcc", Napi::Function::New<guarded<mfcc>>(env));
}

}  // namespace lne::node
