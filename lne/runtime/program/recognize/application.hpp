// Of an application that begins with sound: clips, or windows that slide over a recording, go through all its modules.
#pragma once

#include <cmath>

#include "instance.hpp"
#include "npy.hpp"
#include "program_data.hpp"
#include "recording.hpp"

inline const char* const kRecognizeHelp =
    "usage: app [--json] [--hop MS] clip.wav …         run all modules on recordings; with --hop on windows that slide over each\n";

/// What an output holds, as JSON: scores by class, answers by rank, numbers as a list; null where a condition left it out.
inline std::string json_of(size_t index, const std::vector<float>& data, bool is_there) {
  if (!is_there) return "null";
  const std::string kind = app_output_kind(index);
  char number[40];
  std::string out;
  const auto append = [&](float value) {
    std::snprintf(number, sizeof number, std::isfinite(value) ? "%.9g" : "null", static_cast<double>(value));
    out += number;
  };
  if (kind == "condition") return data[0] != 0.0f ? "true" : "false";
  if (kind == "scores") {
    size_t best = 0;
    for (size_t k = 1; k < data.size(); ++k) best = data[k] > data[best] ? k : best;
    out = "{\"label\":" + quoted(app_output_class_name(index, best)) + ",\"score\":";
    append(data[best]);
    out += ",\"scores\":{";
    for (size_t k = 0; k < data.size(); ++k) out += (k > 0 ? "," : "") + quoted(app_output_class_name(index, k)) + ":", append(data[k]);
    return out + "}}";
  }
  out = "[";
  for (size_t k = 0; k < data.size(); ++k) {
    if (k > 0) out += ",";
    if (kind != "answer") append(data[k]);
    else out += "{\"label\":" + quoted(app_output_class_name(index, static_cast<size_t>(data[k]))) + ",\"score\":", append(data[k + 1]), out += "}", ++k;
  }
  return out + "]";
}

/// The last output of scores that was reached: the application's word on the recording.
inline int deciding_output(const app_instance* instance) {
  for (size_t i = app_output_count(); i-- > 0;) {
    if (std::string(app_output_kind(i)) == "scores" && app_output_is_there(instance, i)) return static_cast<int>(i);
  }
  return -1;
}

inline void print_results(const app_instance* instance, const std::string& file, double at_ms, const Ports& ports) {
  const int deciding = deciding_output(instance);
  std::printf("{\"file\":%s,", quoted(file).c_str());
  if (at_ms >= 0) std::printf("\"atMs\":%.9g,", at_ms);
  const std::string word = deciding < 0 ? "{\"label\":null,\"score\":null,\"scores\":{}}" : json_of(static_cast<size_t>(deciding), ports.output_data[static_cast<size_t>(deciding)], true);
  std::printf("%s,\"outputs\":{", word.substr(1, word.size() - 2).c_str());
  for (size_t i = 0; i < app_output_count(); ++i) std::printf("%s%s:%s", i > 0 ? "," : "", quoted(app_output_name(i)).c_str(), json_of(i, ports.output_data[i], app_output_is_there(instance, i)).c_str());
  std::printf("}}\n");
}

inline void print_lines(const app_instance* instance, const std::string& file, double at_ms, const Ports& ports) {
  std::printf("%s", file.c_str());
  if (at_ms >= 0) std::printf(" at %.0f ms", at_ms);
  std::printf("\n");
  for (size_t i = 0; i < app_output_count(); ++i) {
    const std::vector<float>& data = ports.output_data[i];
    const std::string kind = app_output_kind(i);
    std::printf("    %-16s ", app_output_name(i));
    if (!app_output_is_there(instance, i)) {
      std::printf("left out by its condition\n");
    } else if (kind == "scores") {
      size_t best = 0;
      for (size_t k = 1; k < data.size(); ++k) best = data[k] > data[best] ? k : best;
      std::printf("%s %.3f\n", app_output_class_name(i, best), static_cast<double>(data[best]));
    } else if (kind == "answer") {
      for (size_t k = 0; k + 1 < data.size(); k += 2) std::printf("%s%s %.3f", k > 0 ? ", " : "", app_output_class_name(i, static_cast<size_t>(data[k])), static_cast<double>(data[k + 1]));
      std::printf("\n");
    } else {
      std::printf("%zu numbers, the first %.6g\n", data.size(), static_cast<double>(data[0]));
    }
  }
}

/// One recording from its start, with nothing remembered of the one before.
inline void run_recording(app_instance* instance, Ports& ports, const std::string& file, const std::vector<float>& samples, size_t hop, bool is_json) {
  const size_t clip = ports.input_data[0].size();
  app_reset(instance);
  for (size_t start = 0; start == 0 || (hop > 0 && start + clip <= samples.size()); start += hop) {
    for (size_t i = 0; i < clip; ++i) ports.input_data[0][i] = start + i < samples.size() ? samples[start + i] : 0.0f;
    app_run(instance, ports.inputs.data(), ports.outputs.data());
    const double at_ms = hop > 0 ? 1000.0 * static_cast<double>(start + clip) / kAppRateHz : -1;
    if (is_json) print_results(instance, file, at_ms, ports);
    else print_lines(instance, file, at_ms, ports);
    if (hop == 0) return;
  }
}

inline int recognize(int argc, char** argv) {
  std::vector<std::string> files;
  bool is_json = false;
  int hop_ms = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) is_json = true;
    else if (std::strcmp(argv[i], "--hop") == 0) hop_ms = i + 1 < argc ? std::atoi(argv[++i]) : -1;
    else files.push_back(argv[i]);
    if (hop_ms < 0 || (hop_ms == 0 && std::strcmp(argv[i - 1], "--hop") == 0)) return std::fprintf(stderr, "--hop takes a whole number of milliseconds from 1 on\n"), kUsage;
  }
  if (files.empty()) return kUsage;
  if (app_input_count() != 1) return std::fprintf(stderr, "this application takes several inputs: app run INPUTS.npz OUTPUTS.npz\n"), kUsage;
  Instance instance(app_create());
  Ports ports;
  if (!instance) return kFailed;
  const size_t hop = static_cast<size_t>(static_cast<long long>(hop_ms) * kAppRateHz / 1000);
  int code = kGood;
  for (const std::string& file : files) {
    std::vector<std::uint8_t> bytes;
    std::vector<float> samples;
    std::string problem = lne::program::read_file(file, bytes);
    if (problem.empty()) problem = lne::program::read_recording(bytes, kAppRateHz, samples);
    if (problem.empty()) {
      run_recording(instance.get(), ports, file, samples, hop, is_json);
    } else {
      code = kPartly;
      if (is_json) std::printf("{\"file\":%s,\"error\":%s}\n", quoted(file).c_str(), quoted(problem).c_str());
      else std::printf("%s: %s\n", file.c_str(), problem.c_str());
    }
    std::fflush(stdout);
  }
  return code;
}
