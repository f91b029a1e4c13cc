// Of a network that says how its sound is prepared: clips in, scores of its classes out.
#pragma once

#include <cmath>

#include "instance.hpp"
#include "npy.hpp"
#include "program_data.hpp"

inline const char* const kRecognizeHelp = "usage: app [--json] clip.wav …                   recognize recordings\n";

/// Scores that sum to one: the network's own, or the softmax of its logits.
inline std::vector<double> scores_of(const std::vector<float>& output) {
  std::vector<double> scores(output.begin(), output.end());
  double sum = 0;
  if (APP_OUTPUT_IS_LOGITS) {
    double largest = scores[0];
    for (const double score : scores) largest = score > largest ? score : largest;
    for (double& score : scores) score = std::exp(score - largest);
  }
  for (const double score : scores) sum += score;
  for (double& score : scores) score /= sum > 0 ? sum : 1;
  return scores;
}

inline void print_result(const std::string& file, const std::vector<double>& scores, bool is_json) {
  size_t best = 0;
  for (size_t i = 1; i < scores.size(); ++i) best = scores[i] > scores[best] ? i : best;
  if (!is_json) {
    std::printf("%s: %s %.3f\n", file.c_str(), app_class_name(best), scores[best]);
    for (size_t i = 0; i < scores.size(); ++i) std::printf("    %-16s %.4f\n", app_class_name(i), scores[i]);
    return;
  }
  std::printf("{\"file\":%s,\"label\":%s,\"score\":%.9g,\"scores\":{", quoted(file).c_str(), quoted(app_class_name(best)).c_str(), scores[best]);
  for (size_t i = 0; i < scores.size(); ++i) std::printf("%s%s:%.9g", i > 0 ? "," : "", quoted(app_class_name(i)).c_str(), scores[i]);
  std::printf("}}\n");
}

inline int recognize(int argc, char** argv) {
  std::vector<std::string> files;
  bool is_json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) is_json = true;
    else files.push_back(argv[i]);
  }
  if (files.empty()) return kUsage;
  Instance instance(app_create());
  lne::program::AudioFrontend frontend = app_frontend();
  Ports ports;
  if (!instance || frontend.output_size() != app_input_elements(0)) return kFailed;
  int code = kGood;
  for (const std::string& file : files) {
    std::vector<std::uint8_t> bytes;
    std::string problem = lne::program::read_file(file, bytes);
    if (problem.empty()) problem = frontend.features_of(bytes, ports.input_data[0].data());
    if (problem.empty()) {
      app_run(instance.get(), ports.inputs.data(), ports.outputs.data());
      print_result(file, scores_of(ports.output_data[0]), is_json);
    } else {
      code = kPartly;
      if (is_json) std::printf("{\"file\":%s,\"error\":%s}\n", quoted(file).c_str(), quoted(problem).c_str());
      else std::printf("%s: %s\n", file.c_str(), problem.c_str());
    }
    std::fflush(stdout);
  }
  return code;
}
