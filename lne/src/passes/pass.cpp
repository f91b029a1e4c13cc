#include "pass.hpp"

namespace lne {

std::vector<PassReport> run_passes(Graph& graph, const std::set<std::string>& off) {
  struct Pass {
    const char* name;
    int (*run)(Graph&);
  };
  static constexpr Pass kPasses[] = {
      {"remove-dead-nodes", remove_dead_nodes}, {"remove-identities", remove_identities}, {"fold-batch-normalization", fold_batch_normalization},
      {"fuse-residual", fuse_residual},         {"fuse-activation", fuse_activation},
  };
  std::vector<PassReport> reports;
  for (const Pass& pass : kPasses) {
    if (!off.count(pass.name)) reports.push_back({pass.name, pass.run(graph)});
  }
  return reports;
}

}  // namespace lne
