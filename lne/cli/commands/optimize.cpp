#include "../../src/base/json.hpp"
#include "../files.hpp"

namespace lne::cli {
namespace {

long long whole_in(const Json& value) { return value.number() ? static_cast<long long>(*value.number()) : 0; }

/// A line per pass, and one below it per layer that was removed or fused.
void print_passes(const Json& passes) {
  std::printf("%-26s %8s %15s %15s %25s %25s\n", "pass", "changes", "nodes", "values", "multiply-adds", "bytes of activations");
  for (const Json& pass : *passes.array()) {
    const bool is_off = *pass["isOff"].boolean();
    std::printf("%-26s %8s", pass["pass"].string()->c_str(), is_off ? "off" : std::to_string(whole_in(pass["changes"])).c_str());
    for (const auto& [what, width] : {std::pair{"nodes", 15}, {"values", 15}, {"multiplyAdds", 25}, {"activationBytes", 25}}) {
      const std::string text = std::to_string(whole_in(pass["before"][what])) + " > " + std::to_string(whole_in(pass["after"][what]));
      std::printf(" %*s", width, text.c_str());
    }
    std::printf("\n");
    for (const Json& change : *pass["changed"].array()) {
      std::printf("  %s%s\n", change["layer"].string()->c_str(), change["into"].string() ? (" into " + *change["into"].string()).c_str() : "");
    }
  }
}

int run(const Arguments& arguments) {
  if (arguments.has("--json") && !arguments.has("--passes")) throw UsageError("--json belongs to --passes; a plan is JSON already");
  const std::unique_ptr<Network> network = load_network(arguments);
  const std::string plan = network->plan();
  if (arguments.has("-o")) write_file_text(arguments.text("-o"), plan + "\n");
  if (arguments.has("--passes")) {
    const std::optional<Json> report = Json::parse(network->report(0));
    const Json& passes = (*report)["passes"];
    if (arguments.has("--json")) std::printf("%s\n", passes.text().c_str());
    else print_passes(passes);
  } else if (!arguments.has("-o")) {
    std::printf("%s\n", plan.c_str());
  }
  return kGood;
}

}  // namespace

Command optimize_command() {
  return {"optimize", "MODEL", 1, 1, "run the graph passes and choose a primitive per layer by rank, without measuring",
          "Writes a plan: what the passes did, and the primitive and variant of each layer. It may be edited and given back by --plan:\n"
          "layers[].primitive forces, layers[].forbidden (primitives or plugins) excludes, \"layer\": \"*\" stands for all others, and\n"
          "\"without\" lists graph passes that are left out. --passes tells what each pass did: nodes, values, multiply-adds and bytes of\n"
          "activations before and after it, and which layer was removed or went into which.",
          {{"-o", "PLAN", "the file; without it standard output"},
           {"--passes", "", "print what the passes did in place of the plan"},
           {"--json", "", "with --passes: as JSON"},
           without_option(),
           weights_option(),
           plugins_option(),
           {"--plan", "PLAN", "a plan to start from"}},
          run};
}

}  // namespace lne::cli
