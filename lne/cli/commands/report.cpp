#include <cstdio>
#include <map>

#include "../../src/base/json.hpp"
#include "../../src/report/layer_page.hpp"
#include "../files.hpp"

namespace lne::cli {
namespace {

Json with_errors(const Json& report, const std::map<std::string, double>& errors) {
  Json::Array extended;
  for (const Json& layer : *report["layers"].array()) {
    Json::Object entry = *layer.object();
    const auto found = errors.find(*layer["layer"].string());
    if (found != errors.end()) entry["error"] = Json(found->second);
    extended.push_back(Json(std::move(entry)));
  }
  Json::Object whole = *report.object();
  whole["layers"] = Json(std::move(extended));
  return Json(std::move(whole));
}

/// Puts what an exploration measured beside each layer.
Json with_options(const Json& report, const std::string& exploration) {
  const std::optional<Json> explored = Json::parse(exploration);
  const Json::Array* layers = explored ? (*explored)["layers"].array() : nullptr;
  if (layers == nullptr) return report;
  std::map<std::string, const Json*> options;
  for (const Json& layer : *layers) {
    if (layer["layer"].string()) options[*layer["layer"].string()] = &layer["options"];
  }
  Json::Array extended;
  for (const Json& layer : *report["layers"].array()) {
    Json::Object entry = *layer.object();
    const auto found = options.find(*layer["layer"].string());
    if (found != options.end()) entry["options"] = *found->second;
    extended.push_back(Json(std::move(entry)));
  }
  Json::Object whole = *report.object();
  whole["layers"] = Json(std::move(extended));
  return Json(std::move(whole));
}

int run(const Arguments& arguments) {
  const std::string model = read_model(arguments);
  const std::string plan = plan_or_explored(arguments, model);
  std::vector<Problem> problems;
  const std::unique_ptr<Network> network = Network::load(model, arguments.words[0], plan, problems);
  if (!network) fail(problems);
  const int runs = static_cast<int>(arguments.whole("--runs", 1, 0, 100000));
  const std::optional<Json> measured = Json::parse(network->report(runs));
  Json report = with_options(*measured, exploration_report(model));
  if (runs > 0) report = with_errors(report, layer_errors(model, arguments.words[0], plan, problems));
  if (arguments.has("--page")) write_file_text(arguments.text("--page"), layer_page(arguments.words[0], report));
  std::printf("%s\n", report.text().c_str());
  return kGood;
}

}  // namespace

Command report_command() {
  return {"report", "MODEL", 1, 1, "per layer: choice, what else could have been, time",
          "Prints JSON: what each graph pass did, and each layer with its primitive, what else could have run it (with times, where the model was explored) or why not, what was merged\n"
          "into it, work, bytes moved, weights and scratch; where --runs is not 0 its time, GFLOP/s and share of the machine's measured peak, and the error of\nWinograd layers against the reference kernels, as a share of the largest element. GFLOP/s count\nthe multiply-adds of the layer as written, of which Winograd does fewer: its share of the peak can be above 1.",
          {weights_option(), plugins_option(), without_option(), {"--plan", "PLAN", "the plan to explain; without it the explored one"}, max_error_option(), {"--runs", "N", "runs of which the median counts (1)"}, {"--page", "FILE.html", "the same as a page with plots"}},
          run};
}

}  // namespace lne::cli
