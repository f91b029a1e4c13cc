#include "files.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "../src/base/json.hpp"
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
  const std::string plan = arguments.has("--plan") ? read_file_text(arguments.text("--plan")) : std::string();
  if (arguments.has("--plan") && plan.empty()) fail(arguments.text("--plan") + ": it is empty, and a plan is a JSON object with a list 'layers'");
  return plan_with(plan, settings);
}

void check_writable(const std::string& path) {
  if (path.empty()) throw UsageError("a name for a file is empty");
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) fail(path + ": it is a folder");
  if (std::filesystem::exists(folder, ignored) && !std::filesystem::is_directory(folder, ignored)) fail(path + ": " + folder.string() + " is no folder");
  if (std::filesystem::exists(path, ignored) ? ::access(path.c_str(), W_OK) != 0 : std::filesystem::exists(folder, ignored) && ::access(folder.c_str(), W_OK) != 0) fail(path + ": it can't be written");
}

void check_runs_here(const std::string& plan) {
  const std::optional<Json> json = Json::parse(plan);
  const std::string* target = json ? (*json)["target"].string() : nullptr;
  if (target != nullptr && !can_run(*target)) fail("the plan is for " + *target + ", and this machine (" + native_target() + ") runs no program for that; build one there with `lne generate`");
}

std::string plan_or_explored(const Arguments& arguments, const std::string& model) {
  const std::string plan = plan_text(arguments);
  if (!plan.empty()) return plan;
  const std::string explored = explored_plan(model);
  if (!explored.empty()) std::fprintf(stderr, "lne: with the plan that was explored for this model on this machine\n");
  return explored;
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

Option max_error_option() { return {"--max-error", "E", "bound on what Winograd layers may differ by from the reference, as a share of the largest element; without it the depth of the network decides, and layers for which a plan names a primitive keep that"}; }

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
