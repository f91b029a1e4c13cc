// What a model says of its own use, checked: classes, preprocessing, kind of output.
#pragma once

#include <string>
#include <vector>

#include "../base/json.hpp"
#include "../base/result.hpp"
#include "../graph/graph.hpp"

namespace lne {

/// A recipe for the audio front end; sizes in samples.
struct AudioPreprocessing {
  int rate_hz = 0, clip_samples = 0, frame_samples = 0, stride_samples = 0, bands = 0, mels = 0;
  bool is_reflect = false, has_top_db = false, htk = false;
  double top_db = 0;
  std::vector<double> mean, deviation;

  bool operator==(const AudioPreprocessing&) const = default;
};

struct ModelMetadata {
  std::vector<std::string> classes;
  bool is_logits = true;
  bool has_audio = false;
  AudioPreprocessing audio;
};

/// Reads `parameters` of extract-mfcc and `normalization`. @returns what is wrong, or an empty text
std::string read_audio(const Json& preprocessing, AudioPreprocessing& audio);

/// Reads the JSON under the key `sedge`; an empty text gives a network without classes or preprocessing.
Result<ModelMetadata> read_metadata(const std::string& text, const Graph& graph);

}  // namespace lne
