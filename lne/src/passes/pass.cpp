#include "pass.hpp"

namespace lne {
namespace {

struct Pass {
  const char* name;
  PassChanges (*run)(Graph&);
};

constexpr Pass kPasses[] = {
    {"remove-dead-nodes", remove_dead_nodes}, {"remove-identities", remove_identities}, {"recognize-activations", recognize_activations}, {"fuse-padding", fuse_padding},
    {"fold-batch-normalization", fold_batch_normalization}, {"fuse-residual", fuse_residual}, {"fuse-activation", fuse_activation},
};

}  // namespace

std::vector<std::string> pass_names() {
  std::vector<std::string> names;
  for (const Pass& pass : kPasses) names.push_back(pass.name);
  return names;
}

std::vector<PassReport> run_passes(Graph& graph, const std::set<std::string>& off) {
  std::vector<PassReport> reports;
  GraphSize size = size_of(graph);
  for (const Pass& pass : kPasses) {
    PassReport report;
    report.name = pass.name;
    report.is_off = off.count(pass.name) > 0;
    report.before = size;
    if (!report.is_off) report.changes = pass.run(graph);
    if (!report.changes.empty()) size = size_of(graph);
    report.after = size;
    reports.push_back(std::move(report));
  }
  return reports;
}

}  // namespace lne
