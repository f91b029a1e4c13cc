#include "../files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  const std::string plan = load_network(arguments)->plan();
  if (!arguments.has("-o")) return std::printf("%s\n", plan.c_str()), kGood;
  write_file_text(arguments.text("-o"), plan + "\n");
  return kGood;
}

}  // namespace

Command optimize_command() {
  return {"optimize", "MODEL", 1, 1, "choose a primitive per layer by rank, without measuring",
          "Writes a plan: what the passes did, and the primitive and variant of each layer. It may be edited and given back by --plan:\n"
          "layers[].primitive forces, layers[].forbidden (primitives or plugins) excludes, \"layer\": \"*\" stands for all others.",
          {{"-o", "PLAN", "the file; without it standard output"}, weights_option(), {"--plan", "PLAN", "a plan to start from"}},
          run};
}

}  // namespace lne::cli
