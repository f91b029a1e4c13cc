#include "explored_plans.hpp"

#include "../../include/lne/lne.hpp"
#include "../plan/target.hpp"
#include "home.hpp"

namespace lne {

namespace fs = std::filesystem;

namespace {

/// Of these sources too: what others offer and call their layers may have changed.
fs::path plan_path(std::string_view model, const std::string& target, const std::string& ending) {
  const std::string other = target == "native" || target == host_target() ? std::string() : "\n" + target;
  return home_folder("plans") / (digest_of(digest_of(model) + machine_name() + other + source_digest()) + ending);
}

std::string text_at(const fs::path& path) {
  std::string text;
  return read_text(path, text) ? text : std::string();
}

}  // namespace

std::string explored_plan(std::string_view model, const std::string& target) { return text_at(plan_path(model, target, ".json")); }
std::string exploration_report(std::string_view model) { return text_at(plan_path(model, "native", ".report.json")); }

std::string keep_explored_plan(std::string_view model, const std::string& target, const std::string& plan, const std::string& report) {
  const std::string problem = write_file(plan_path(model, target, ".report.json"), report);
  return problem.empty() ? write_file(plan_path(model, target, ".json"), plan) : problem;
}

}  // namespace lne
