#include "../files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  const std::unique_ptr<Network> network = load_network(arguments);
  std::printf("%s\n", network->footprint().c_str());
  return kGood;
}

}  // namespace

Command import_command() {
  return {"import", "MODEL", 1, 1, "check a model; its sizes as JSON", "Reads a model and says everything that is wrong with it, or what it needs: bytes of tensors, weights and scratch, multiply-adds.", {weights_option(), {"--plan", "PLAN", "the primitives of its layers; without it those of the highest rank"}, without_option()}, run};
}

}  // namespace lne::cli
