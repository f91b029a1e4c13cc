#include <cstdio>

#include "../exploring.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  for (const char* file : {"-o", "--page"}) {
    if (arguments.has(file)) check_writable(arguments.text(file));
  }
  const std::string model = read_model(arguments);
  const Exploration exploration = explore_model(arguments, model);
  if (arguments.has("-o")) write_file_text(arguments.text("-o"), exploration.plan);
  if (arguments.has("--page")) write_file_text(arguments.text("--page"), exploration.page);
  if (arguments.has("--json")) std::printf("%s\n", exploration.report.c_str());
  else if (!arguments.has("-o")) std::printf("%s", exploration.plan.c_str());
  return kGood;
}

Command command() {
  std::vector<Option> options{weights_option(), {"-o", "PLAN", "the plan file; without it standard output"}, {"--json", "", "print all that was found as JSON"}, {"--page", "FILE.html", "the same as a page with plots"}};
  for (const Option& option : explore_options()) options.push_back(option);
  return {"explore", "MODEL", 1, 1, "measure what is fastest on this machine, layer by layer",
          "Compiles the ways to compute each layer with its shape, times them inside passes over the whole network, and finds the plan that is fastest with\n"
          "the conversions between layouts that it causes: by Q-learning (QS-DNN) and, beside it, exactly. The best plans and those of each plugin alone\n"
          "are then built and timed as whole programs, and the fastest is the result. Stopped or killed, it goes on where it was when it is started again.",
          options, run};
}

}  // namespace

Command explore_command() { return command(); }

}  // namespace lne::cli
