#include "../files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  const std::unique_ptr<Network> network = load_network(arguments);
  const int runs = static_cast<int>(arguments.whole("--runs", 1, 0, 100000));
  std::printf("%s\n", network->report(runs).c_str());
  return kGood;
}

}  // namespace

Command report_command() {
  return {"report", "MODEL", 1, 1, "per layer: choice, what else could have been, time", "Prints JSON: each layer with its primitive, what else could have run it or why not, work, bytes, and its time where --runs is not 0.",
          {{"--plan", "PLAN", "the plan to explain"}, {"--runs", "N", "runs of which the median counts (1)"}}, run};
}

}  // namespace lne::cli
