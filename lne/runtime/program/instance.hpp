// What the parts of a program's command line share.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "app.h"

inline constexpr int kGood = 0, kFailed = 1, kUsage = 2, kPartly = 3;

struct Deleter {
  void operator()(app_instance* instance) const { app_destroy(instance); }
};
using Instance = std::unique_ptr<app_instance, Deleter>;

inline std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    char code[8];
    if (c == '"' || c == '\\') out += '\\', out += c;
    else if (static_cast<unsigned char>(c) < 0x20) std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c))), out += code;
    else out += c;
  }
  return out + '"';
}

inline int number_option(int argc, char** argv, const char* name, int otherwise) {
  for (int i = 0; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::atoi(argv[i + 1]);
  }
  return otherwise;
}

/// Buffers for all inputs and outputs of the program.
struct Ports {
  std::vector<std::vector<float>> input_data, output_data;
  std::vector<const float*> inputs;
  std::vector<float*> outputs;
  Ports() {
    for (size_t i = 0; i < app_input_count(); ++i) input_data.emplace_back(app_input_elements(i));
    for (size_t i = 0; i < app_output_count(); ++i) output_data.emplace_back(app_output_elements(i));
    for (auto& data : input_data) inputs.push_back(data.data());
    for (auto& data : output_data) outputs.push_back(data.data());
  }
};
