#include <cstdio>

#include "../files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  if (!arguments.has("-o")) throw UsageError("-o names the program");
  std::vector<Problem> problems;
  build_agent(arguments.text("--target", "native"), arguments.text("-o"), problems);
  if (!problems.empty()) fail(problems);
  std::printf("%s\n", arguments.text("-o").c_str());
  return kGood;
}

}  // namespace

Command agent_command() {
  return {"agent", "", 0, 0, "build the program that measures on another machine",
          "Builds lne-agent for a target. Copied there, it measures what `lne explore --agent` asks for over its standard input and output, so whatever\n"
          "starts a program there is the link:\n"
          "  lne agent --target aarch64 -o lne-agent && scp lne-agent board:\n"
          "  lne explore MODEL --target aarch64 --agent \"ssh board ./lne-agent\" -o plan.json\n"
          "Started with `--run-by COMMAND …` it runs whole programs by that command.",
          {{"-o", "FILE", "the program"}, {"--target", "T", "native, x86-64-v3, x86-64-v4, aarch64, armv7 or generic"}},
          run};
}

}  // namespace lne::cli
