#include <algorithm>

#include "../../include/lne/lne.hpp"
#include "plugins.hpp"
#include "program.hpp"
#include "target.hpp"

namespace lne {

Json json_of(const Variant& variant) {
  Json::Array parameters;
  for (const int parameter : variant) parameters.push_back(Json(parameter));
  return Json(std::move(parameters));
}

namespace {

constexpr const char* kFormat = "lne-plan-1";

Json layer_json(const std::string& layer, const std::string& op, const Choice& choice, const std::vector<std::string>& fused) {
  return Json(Json::Object{{"layer", Json(layer)}, {"op", Json(op)}, {"primitive", Json(choice.primitive->name)}, {"variant", json_of(choice.variant)}, {"merged", Json::list(fused)}});
}

Json plan_of(Json::Array layers, const std::string& target, const std::set<std::string>& passes_off) {
  Json::Object plan{{"format", Json(kFormat)}, {"layers", Json(std::move(layers))}};
  if (target != "native") plan["target"] = Json(target);
  if (!passes_off.empty()) plan["without"] = Json::list({passes_off.begin(), passes_off.end()});
  return Json(std::move(plan));
}

}  // namespace

Json plan_json(const Graph& graph, const Assignment& assignment, const PlanOptions& options) {
  const Uses uses(graph);
  Json::Array layers;
  for (std::size_t i = 0; i < assignment.size(); ++i) {
    if (assignment[i].primitive == nullptr) continue;
    Step step;
    step.node = chain_of(graph, uses, i, *assignment[i].primitive).node;
    layers.push_back(layer_json(step.node.name, step.node.op, assignment[i], step.fused()));
  }
  return plan_of(std::move(layers), options.target, options.passes_off);
}

Json Program::plan() const {
  Json::Array layers;
  for (const Step& step : steps) {
    if (step.op != "convert") layers.push_back(layer_json(step.layer, step.op, {step.primitive, step.variant}, step.fused()));
  }
  Json::Array reports;
  for (const PassReport& pass : passes) {
    if (!pass.is_off) reports.push_back(Json(Json::Object{{"pass", Json(pass.name)}, {"changes", Json(pass.changes.size())}}));
  }
  Json::Object plan = *plan_of(std::move(layers), target, passes_off).object();
  plan["passes"] = Json(std::move(reports));
  return Json(std::move(plan));
}

Json json_of(const std::vector<PassReport>& passes) {
  const auto whole = [](std::int64_t value) { return Json(static_cast<long long>(value)); };
  const auto size = [&](const GraphSize& of) { return Json(Json::Object{{"nodes", whole(of.nodes)}, {"values", whole(of.values)}, {"multiplyAdds", whole(of.multiply_adds)}, {"activationBytes", whole(of.activation_bytes)}}); };
  Json::Array reports;
  for (const PassReport& pass : passes) {
    Json::Array changed;
    for (const PassChange& change : pass.changes) changed.push_back(Json(Json::Object{{"layer", Json(change.layer)}, {"into", change.into.empty() ? Json() : Json(change.into)}}));
    reports.push_back(Json(Json::Object{{"pass", Json(pass.name)}, {"isOff", Json(pass.is_off)}, {"changes", Json(pass.changes.size())}, {"before", size(pass.before)}, {"after", size(pass.after)}, {"changed", Json(std::move(changed))}}));
  }
  return Json(std::move(reports));
}

Json Program::footprint() const {
  const auto bytes = [](std::int64_t floats) { return Json(static_cast<long long>(floats * static_cast<std::int64_t>(sizeof(float)))); };
  std::int64_t work = 0;
  for (const Step& step : steps) work += step.multiply_adds;
  return Json(Json::Object{{"arenaBytes", bytes(arena_floats)},
                           {"arenaLowerBoundBytes", bytes(lower_bound_floats)},
                           {"instanceBytes", bytes(instance_floats())},
                           {"weightsBytes", bytes(static_cast<std::int64_t>(weights.size()))},
                           {"scratchBytes", bytes(scratch_floats)},
                           {"kernelScratchBytes", bytes(kernel_scratch_floats)},
                           {"multiplyAdds", Json(static_cast<long long>(work))}});
}

namespace {

std::optional<Error> read_passes_off(const Json& without, std::set<std::string>& off) {
  if (without.is_null()) return std::nullopt;
  if (without.array() == nullptr) return Error{"LNE_PLAN_BROKEN", "'without' must be a list of names of passes"};
  const std::vector<std::string> known = pass_names();
  for (const Json& name : *without.array()) {
    if (name.string() == nullptr) return Error{"LNE_PLAN_BROKEN", "'without' must be a list of names of passes"};
    if (std::find(known.begin(), known.end(), *name.string()) == known.end()) {
      std::string all;
      for (const std::string& pass : known) all += (all.empty() ? "" : ", ") + pass;
      return Error{"LNE_PLAN_PASS", "there is no pass '" + *name.string() + "'; the passes are " + all};
    }
    off.insert(*name.string());
  }
  return std::nullopt;
}

Result<LayerChoice> read_choice(const Json& entry, const std::string& place) {
  LayerChoice choice;
  if (const Json& primitive = entry["primitive"]; !primitive.is_null()) {
    if (primitive.string() == nullptr || primitive.string()->empty()) return Error{"LNE_PLAN_BROKEN", place + ".primitive must be the name of a primitive"};
    choice.primitive = *primitive.string();
  }
  if (const Json& variant = entry["variant"]; !variant.is_null()) {
    if (variant.array() == nullptr) return Error{"LNE_PLAN_BROKEN", place + ".variant must be a list of small whole numbers"};
    for (const Json& parameter : *variant.array()) {
      const double* number = parameter.number();
      if (number == nullptr || *number < 0 || *number > 4096 || *number != static_cast<double>(static_cast<int>(*number))) return Error{"LNE_PLAN_BROKEN", place + ".variant must be a list of small whole numbers"};
      choice.variant.push_back(static_cast<int>(*number));
    }
    if (choice.primitive.empty() && !choice.variant.empty()) return Error{"LNE_PLAN_BROKEN", place + " has a variant, but no primitive of which"};
  }
  if (const Json& forbidden = entry["forbidden"]; !forbidden.is_null()) {
    if (forbidden.array() == nullptr) return Error{"LNE_PLAN_BROKEN", place + ".forbidden must be a list of names of primitives or plugins"};
    for (const Json& name : *forbidden.array()) {
      if (name.string() == nullptr) return Error{"LNE_PLAN_BROKEN", place + ".forbidden must be a list of names of primitives or plugins"};
      choice.forbidden.push_back(*name.string());
    }
  }
  return choice;
}

}  // namespace

Result<PlanOptions> read_plan(const std::string& text) {
  const std::optional<Json> json = Json::parse(text);
  const Json::Array* layers = json ? (*json)["layers"].array() : nullptr;
  if (layers == nullptr) return Error{"LNE_PLAN_BROKEN", "the plan is no JSON object with a list 'layers'"};
  PlanOptions options;
  if (const std::string* target = (*json)["target"].string()) {
    if (find_target(*target) == nullptr) return unknown_target(*target);
    options.target = *target;
  }
  if (std::optional<Error> error = read_passes_off((*json)["without"], options.passes_off)) return *error;
  if (const Json& format = (*json)["format"]; !format.is_null() && (format.string() == nullptr || *format.string() != kFormat)) {
    return Error{"LNE_PLAN_BROKEN", "the plan's format is not " + std::string(kFormat) + "; it may come from another version"};
  }
  if (const Json& bound = (*json)["maxError"]; !bound.is_null()) {
    if (bound.number() == nullptr || !(*bound.number() > 0)) return Error{"LNE_PLAN_BROKEN", "'maxError' must be a number above 0"};
    options.max_error = *bound.number();
  }
  if (const Json& plugins = (*json)["plugins"]; !plugins.is_null()) {
    std::vector<std::string> words;
    for (const Json& word : plugins.array() != nullptr ? *plugins.array() : Json::Array{plugins}) {
      if (word.string() == nullptr || word.string()->empty()) return Error{"LNE_PLAN_BROKEN", "plugins must be a list of names, each with + or - before it or neither"};
      words.push_back(*word.string());
    }
    Result<std::vector<std::string>> names = plugins_of(words);
    if (!names) return names.errors();
    options.plugins = std::move(names.value());
  }
  for (std::size_t i = 0; i < layers->size(); ++i) {
    const Json& entry = (*layers)[i];
    const std::string place = "layers[" + std::to_string(i) + "]";
    const std::string* layer = entry["layer"].string();
    if (layer == nullptr) return Error{"LNE_PLAN_BROKEN", place + ".layer must be the name of a layer"};
    Result<LayerChoice> choice = read_choice(entry, place);
    if (!choice) return choice.errors();
    if (!options.layers.emplace(*layer, std::move(choice.value())).second) return Error{"LNE_PLAN_BROKEN", place + ": layer '" + *layer + "' stands there twice"};
  }
  return options;
}

std::string plan_with(const std::string& plan, const PlanSettings& settings) {
  if (settings.target == "native" && settings.max_error <= 0 && settings.plugins.empty() && settings.without.empty()) return plan;
  const std::optional<Json> json = plan.empty() ? Json(Json::Object{{"layers", Json(Json::Array())}}) : Json::parse(plan);
  if (!json || json->object() == nullptr) return plan;  // whoever reads it says what is wrong
  Json::Object with = *json->object();
  if (settings.target != "native") with["target"] = Json(settings.target);
  if (settings.max_error > 0) with["maxError"] = Json(settings.max_error);
  if (!settings.plugins.empty()) with["plugins"] = Json::list(settings.plugins);
  if (!settings.without.empty()) with["without"] = Json::list(settings.without);
  return Json(std::move(with)).text();
}

}  // namespace lne
