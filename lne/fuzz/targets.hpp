// What is fuzzed: each reader of bytes that somebody else made, with the folder of the corpus from which it starts.
#pragma once

#include <string_view>

namespace lne::fuzz {

/// Reads bytes of whatever content. @returns whether they are good
using Target = bool (*)(std::string_view bytes);

/// A model, ONNX or a Caffe bundle: all that `lne import` does, and planning where it is small.
bool read_model(std::string_view bytes);

/// A plan file for the network of the corpus: followed, run, and written again.
bool read_plan_file(std::string_view bytes);

/// An application file whose modules may take the network of the corpus: its chain is checked, typed and placed.
bool read_application_file(std::string_view bytes);

/// .npy of any type, or .npz, as `app run` gets its inputs.
bool read_array(std::string_view bytes);

/// WAV, as `app classify` and the addon get recordings.
bool read_recording(std::string_view bytes);

struct Reading {
  const char* folder;
  Target read;
};

inline constexpr Reading kReadings[] = {{"onnx", read_model}, {"caffe", read_model}, {"plan", read_plan_file}, {"application", read_application_file}, {"array", read_array}, {"recording", read_recording}};

}  // namespace lne::fuzz
