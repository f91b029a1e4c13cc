#include "command.hpp"

#include <cstdlib>

namespace lne::cli {

std::string Arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = options.find(name);
  return found == options.end() ? otherwise : found->second;
}

long long Arguments::whole(const std::string& name, long long otherwise, long long least, long long most) const {
  const auto found = options.find(name);
  if (found == options.end()) return otherwise;
  char* end = nullptr;
  const long long value = std::strtoll(found->second.c_str(), &end, 10);
  if (found->second.empty() || *end != '\0' || value < least || value > most) {
    throw UsageError(name + " takes a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", not '" + found->second + "'");
  }
  return value;
}

double Arguments::real(const std::string& name, double otherwise, double least, double most) const {
  const auto found = options.find(name);
  if (found == options.end()) return otherwise;
  char* end = nullptr;
  const double value = std::strtod(found->second.c_str(), &end);
  if (found->second.empty() || *end != '\0' || !(value >= least && value <= most)) throw UsageError(name + " takes a number from " + std::to_string(least) + " to " + std::to_string(most) + ", not '" + found->second + "'");
  return value;
}

std::vector<Command> commands() {
  return {import_command(), optimize_command(), explore_command(), generate_command(), run_command(), bench_command(), report_command(), compile_command(), agent_command(), operators_command(), modules_command()};
}

}  // namespace lne::cli
