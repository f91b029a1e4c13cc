#include "pass.hpp"

#include "../base/release.hpp"
#include "../graph/uses.hpp"

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

/// What passes have replaced is let go of, so that what counts a network's weights counts each once.
void release_unread(Graph& graph) {
  const Uses uses(graph);
  for (std::size_t id = 0; id < graph.values.size(); ++id) {
    Value& value = graph.values[id];
    if (!value.is_constant || uses.is_output(static_cast<ValueId>(id)) || !uses.readers_of(static_cast<ValueId>(id)).empty()) continue;
    release(value.floats);
    release(value.ints);
  }
}

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
  release_unread(graph);
  return reports;
}

}  // namespace lne
