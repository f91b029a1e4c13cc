// Times each layer of a network in the program that would be generated.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  const std::string runs = std::to_string(arguments.whole("--runs", 200, 1, 1000000));
  const std::string model = read_model(arguments);
  const std::string plan = plan_or_explored(arguments, model);
  check_runs_here(plan);
  std::vector<Problem> problems;
  const std::string path = build_program(model, arguments.words[0], plan, nullptr, problems);
  if (!problems.empty()) fail(problems);
  const char* words[] = {path.c_str(), "bench", "--runs", runs.c_str(), nullptr};
  ::execv(path.c_str(), const_cast<char* const*>(words));
  fail(path + ": it can't be started: " + std::strerror(errno));
}

}  // namespace

Command bench_command() {
  return {"bench", "MODEL", 1, 1, "time each layer of the generated program", "Builds the program as `lne run` does and prints JSON: median and shortest time of each layer, and peak memory.",
          {{"--runs", "N", "runs of each layer (200)"}, weights_option(), plugins_option(), without_option(), {"--plan", "PLAN", "as for `lne run`"}}, run};
}

}  // namespace lne::cli
