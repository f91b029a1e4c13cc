#include "files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "../src/plan/plugins.hpp"
#include "../src/plan/target.hpp"
#include "../src/toolchain/home.hpp"

namespace lne::cli {

void fail(const std::string& message) { throw Failure{{{"", message}}}; }
void fail(const std::vector<Problem>& problems) { throw Failure{problems}; }

std::string read_file_text(const std::string& path) {
  std::string text;
  errno = 0;
  if (!read_text(path, text)) fail(path + ": " + program::reason_of(errno));
  return text;
}

void write_file_text(const std::string& path, const std::string& text) {
  const std::string problem = write_file(path, text);
  if (!problem.empty()) fail(problem);
}

std::string plan_text(const Arguments& arguments) {
  const std::string target = arguments.text("--target", "native");
  if (find_target(target) == nullptr) throw UsageError(unknown_target(target).message);
  PlanSettings settings;
  settings.target = target;
  settings.max_error = arguments.real("--max-error", 0, 0, 1);
  settings.plugins = words_between_commas(arguments.text("--plugins"));
  settings.without = words_between_commas(arguments.text("--without"));
  return plan_with(arguments.has("--plan") ? read_file_text(arguments.text("--plan")) : std::string(), settings);
}

std::string read_model(const Arguments& arguments) {
  const std::string& path = arguments.words[0];
  std::string model = read_file_text(path);
  if (arguments.has("--weights")) return caffe_bundle(model, read_file_text(arguments.text("--weights")));
  // NET.caffemodel beside NET.prototxt belongs to it.
  const std::string ending = ".prototxt", beside = path.substr(0, path.size() - std::min(path.size(), ending.size())) + ".caffemodel";
  std::string weights;
  const bool is_prototxt = path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
  return is_prototxt && read_text(beside, weights) ? caffe_bundle(model, weights) : model;
}

Option max_error_option() { return {"--max-error", "E", "bound on what Winograd layers may differ by from the reference, as a share of the largest element; without it the depth of the network decides"}; }

Option without_option() { return {"--without", "PASS,…", "graph passes that are left out (`lne optimize MODEL --passes` lists them); without it what the plan says"}; }

Option plugins_option() {
  std::string names;
  for (const LibraryPlugin& library : library_plugins()) names += " +" + library.plugin + (library.is_built ? "" : " (not built: " + library.package + " was missing)");
  return {"--plugins", "LIST", "+A adds a plugin to those that need no library, -A takes one away, A,B leaves only those beside core." + (names.empty() ? "" : " Over libraries:" + names)};
}

Option weights_option() { return {"--weights", "FILE", "the caffemodel of a Caffe network; without it NET.caffemodel beside NET.prototxt"}; }

std::unique_ptr<Network> load_network(const Arguments& arguments) {
  const std::string plan = plan_text(arguments), model = read_model(arguments);
  std::vector<Problem> problems;
  std::unique_ptr<Network> network = Network::load(model, arguments.words[0], plan, problems);
  if (!network) fail(problems);
  return network;
}

std::vector<program::PortInfo> ports_of(const std::vector<Port>& ports) {
  std::vector<program::PortInfo> list;
  for (const Port& port : ports) list.push_back({port.name, port.type, port.shape});
  return list;
}

void show_progress(const std::string& line) {
  if (::isatty(2)) std::fprintf(stderr, "\r\033[K%s", line.c_str());
  else std::fprintf(stderr, "%s\n", line.c_str());
}

void end_progress() {
  if (::isatty(2)) std::fprintf(stderr, "\n");
}

}  // namespace lne::cli
