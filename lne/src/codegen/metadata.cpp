#include "metadata.hpp"

#include <cmath>

namespace lne {
namespace {

Error broken(const std::string& what) { return {"LNE_METADATA", "the model's metadata: " + what}; }

/// A whole number within bounds, or nothing.
bool read_whole(const Json& json, double low, double high, int& out) {
  const double* number = json.number();
  if (number == nullptr || *number < low || *number > high || std::floor(*number) != *number) return false;
  out = static_cast<int>(*number);
  return true;
}

bool read_numbers(const Json& json, std::vector<double>& out) {
  const Json::Array* items = json.array();
  if (items == nullptr) return json.is_null();
  for (const Json& item : *items) {
    if (item.number() == nullptr) return false;
    out.push_back(*item.number());
  }
  return true;
}

/// Milliseconds at a rate, as a whole number of samples.
bool to_samples(const Json& json, int rate_hz, int& out) {
  const double* ms = json.number();
  if (ms == nullptr || *ms <= 0 || *ms > 600000) return false;
  out = static_cast<int>(std::lround(*ms * rate_hz / 1000.0));
  return true;
}

}  // namespace

std::string read_audio(const Json& preprocessing, AudioPreprocessing& audio) {
  const Json& p = preprocessing["parameters"];
  if (!read_whole(p["sampleRateHz"], 1000, 768000, audio.rate_hz)) return "sampleRateHz must be a whole number from 1000 to 768000";
  if (!to_samples(p["clipMs"], audio.rate_hz, audio.clip_samples)) return "clipMs must be a positive number";
  if (!to_samples(p["frameMs"], audio.rate_hz, audio.frame_samples)) return "frameMs must be a positive number";
  if (!to_samples(p["strideMs"], audio.rate_hz, audio.stride_samples)) return "strideMs must be a positive number";
  if (!read_whole(p["bands"], 1, 1024, audio.bands)) return "bands must be a whole number from 1 to 1024";
  audio.mels = audio.bands;
  if (!p["mels"].is_null() && !read_whole(p["mels"], 1, 1024, audio.mels)) return "mels must be a whole number from 1 to 1024";
  if (const std::string* mode = p["padMode"].string()) audio.is_reflect = *mode == "reflect";
  if (const double* top = p["topDb"].number()) audio.top_db = *top;
  audio.has_top_db = p["topDb"].number() != nullptr;
  if (const bool* htk = p["htk"].boolean()) audio.htk = *htk;
  const Json& normalization = preprocessing["normalization"];
  if (!read_numbers(normalization["mean"], audio.mean) || !read_numbers(normalization["std"], audio.deviation)) return "normalization must be lists of numbers, mean and std";
  const std::size_t bands = static_cast<std::size_t>(audio.bands);
  const bool fits = audio.mean.size() == audio.deviation.size() && (audio.mean.empty() || audio.mean.size() == bands);
  if (!fits) return "normalization must have one mean and one std per band";
  for (const double deviation : audio.deviation) {
    if (!(deviation > 0)) return "a std of normalization is not positive";
  }
  return {};
}

Result<ModelMetadata> read_metadata(const std::string& text, const Graph& graph) {
  ModelMetadata metadata;
  if (text.empty()) return metadata;
  const std::optional<Json> json = Json::parse(text);
  if (!json || json->object() == nullptr) return broken("it is no JSON object");
  if (const Json::Array* classes = (*json)["classes"].array()) {
    for (const Json& name : *classes) {
      if (name.string() == nullptr || name.string()->empty()) return broken("classes must be a list of names");
      metadata.classes.push_back(*name.string());
    }
  }
  if (const std::string* kind = (*json)["output"]["kind"].string()) metadata.is_logits = *kind != "softmax";
  const std::int64_t outputs = graph.outputs.empty() ? 0 : element_count(graph.value(graph.outputs[0]).shape);
  if (!metadata.classes.empty() && static_cast<std::int64_t>(metadata.classes.size()) != outputs) {
    return broken("it names " + std::to_string(metadata.classes.size()) + " classes, and the network has " + std::to_string(outputs) + " outputs");
  }
  const std::string* tool = (*json)["preprocessing"]["tool"].string();
  if (tool != nullptr && *tool == "extract-mfcc" && !metadata.classes.empty()) {
    const std::string problem = read_audio((*json)["preprocessing"], metadata.audio);
    if (!problem.empty()) return broken(problem);
    metadata.has_audio = true;
    const std::int64_t features = metadata.audio.bands * (1 + metadata.audio.clip_samples / metadata.audio.stride_samples);
    if (features != element_count(graph.value(graph.inputs[0]).shape)) {
      return broken("its preprocessing makes " + std::to_string(features) + " values, and the network takes " + text_of(graph.value(graph.inputs[0]).shape));
    }
  }
  return metadata;
}

}  // namespace lne
