#include "findings.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "../plan/layer_error.hpp"

namespace lne::explore {
namespace {

Json mean_of(const std::vector<double>& values, std::size_t from, std::size_t count) {
  double sum = 0;
  const std::size_t end = std::min(values.size(), from + count);
  for (std::size_t i = from; i < end; ++i) sum += values[i];
  return end > from ? Json(sum / static_cast<double>(end - from)) : Json();
}

Json programs_json(const Findings& found) {
  Json::Array list;
  for (const TimedProgram& program : found.programs) {
    Json::Array rounds;
    for (const double us : program.rounds_us) rounds.push_back(Json(us));
    Json::Object entry{{"plans", Json::list(program.names)}, {"predictedUs", Json(program.predicted_us)}, {"weightsBytes", Json(static_cast<long long>(program.weights_bytes))}, {"isUsed", Json(&program == &found.winner())}};
    if (!program.rounds_us.empty()) {
      entry["measuredUs"] = Json(program.measured_us());
      entry["leastUs"] = Json(program.least_us());
      entry["roundsUs"] = Json(std::move(rounds));
      entry["difference"] = Json(program.measured_us() / program.predicted_us - 1.0);
    }
    list.push_back(Json(std::move(entry)));
  }
  return Json(std::move(list));
}

Json layers_json(const Findings& found) {
  const std::optional<Json> plan = Json::parse(found.winner().plan);
  std::map<std::string, const Json*> used;
  for (const Json& layer : *(*plan)["layers"].array()) used[*layer["layer"].string()] = &layer;
  Json::Array layers;
  for (std::size_t node = 0; node < found.space.starting.size(); ++node) {
    if (found.space.starting[node].empty()) continue;
    const std::string& name = found.space.graph.nodes[node].name;
    Json::Array options;
    for (const std::size_t index : found.space.starting[node]) {
      const Option& option = found.space.options[index];
      const Candidate& candidate = found.space.candidates[option.candidate];
      const bool is_used = used.count(name) > 0 && *(*used[name])["primitive"].string() == option.choice.primitive->name && (*used[name])["variant"].text() == json_of(option.choice.variant).text();
      Json::Object entry{{"primitive", Json(option.choice.primitive->name)}, {"variant", json_of(option.choice.variant)}, {"us", Json(candidate.time_us)}, {"samples", Json(candidate.samples_us.size())},
                         {"from", Json(name_of(option.choice.primitive->src_layout))}, {"to", Json(name_of(option.choice.primitive->dst_layout))}, {"isUsed", Json(is_used)},
                         {"weightsBytes", Json(static_cast<long long>(4 * candidate.weights_floats))}, {"scratchBytes", Json(static_cast<long long>(4 * candidate.scratch_floats))}};
      if (is_used && option.choice.primitive->is_approximate) entry["error"] = Json(LayerError(found.space.graph, option.chain).of(option.choice));
      if (option.chain.nodes.size() > 1) entry["layers"] = Json(option.chain.nodes.size());
      options.push_back(Json(std::move(entry)));
    }
    layers.push_back(Json(Json::Object{{"layer", Json(name)}, {"op", Json(found.space.graph.nodes[node].op)}, {"options", Json(std::move(options))}}));
  }
  return Json(std::move(layers));
}

}  // namespace

Json exploration_json(const Findings& found, const ExploreOptions& options) {
  Json::Array curve;
  for (const double cost : found.learned.curve) curve.push_back(Json(cost));
  const std::size_t exploring = static_cast<std::size_t>(std::max(0, options.exploring)), episodes = found.learned.curve.size();
  const double distance = found.learned.least_cost() / found.optimum.plan.cost - 1.0;
  return Json(Json::Object{
      {"format", Json("lne-exploration-1")},
      {"file", Json(found.file)},
      {"machine", Json(found.machine)},
      {"compiler", Json(found.compiler)},
      {"context", Json(found.context)},
      {"memoryWeight", Json(options.memory_weight)},
      {"seed", Json(static_cast<long long>(options.seed))},
      {"learned", Json(Json::Object{{"cost", Json(found.learned.least_cost())}, {"greedyCost", Json(found.learned.greedy_cost)}, {"aboveOptimum", Json(distance)}, {"meanOfFirst", mean_of(found.learned.curve, 0, exploring)}, {"meanOfLast50", mean_of(found.learned.curve, episodes - std::min<std::size_t>(50, episodes), 50)}, {"exploring", Json(options.exploring)}, {"curve", Json(std::move(curve))}})},
      {"optimum", Json(Json::Object{{"cost", Json(found.optimum.plan.cost)}, {"isExact", Json(found.optimum.is_exact)}, {"states", Json(found.optimum.states)}})},
      {"programs", programs_json(found)},
      {"layers", layers_json(found)},
      {"candidates", Json(found.space.candidates.size())},
      {"measured", Json(Json::Object{{"passes", Json(found.measured.passes)}, {"known", Json(found.measured.known)}, {"measured", Json(found.measured.measured)}})},
      {"seconds", Json(found.seconds)},
  });
}

}  // namespace lne::explore
