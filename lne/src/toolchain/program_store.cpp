// Programs that were built for this machine, under names that say what they were made of.
#include <unistd.h>

#include <thread>

#include "../../include/lne/lne.hpp"
#include "../base/problems.hpp"
#include "../plan/program.hpp"
#include "../plan/target.hpp"
#include "compiler.hpp"
#include "kept_programs.hpp"

namespace lne {

namespace fs = std::filesystem;

std::string build_program(std::string_view model, const std::string& file, const std::string& plan, const std::function<bool()>& is_cancelled, std::vector<Problem>& problems) {
  const auto tell = [&](const std::vector<Error>& errors) {
    add_problems(errors, problems);
    return std::string();
  };
  const Result<PlanOptions> options = plan.empty() ? Result<PlanOptions>(PlanOptions()) : read_plan(plan);
  if (!options) return tell(options.errors());
  const Result<std::uintmax_t> limit = program_limit();
  if (!limit) return tell(limit.errors());
  const std::string& target = options.value().target;
  const Result<Compiler> compiler = find_compiler(target);
  if (!compiler) return tell(compiler.errors());
  const std::string key = digest_of(digest_of(model) + "\n" + plan + "\n" + compiler.value().name + "\n" + compiler.value().command + "\n" + machine_name() + "\n" + source_digest());
  const auto generate = [&]() -> Result<std::map<std::string, std::string>> {
    const std::unique_ptr<Network> network = Network::load(model, file, plan, problems);
    std::map<std::string, std::string> files;
    if (network) files = network->generate({}, problems);
    if (!problems.empty()) return Error{problems[0].code, problems[0].message};
    return files;
  };
  const fs::path programs = home_folder("programs");
  const bool is_new = ::access((programs / key / "app").c_str(), X_OK) != 0;
  const Result<fs::path> program = build_tree(programs / key, target, generate, static_cast<int>(std::max(1u, std::thread::hardware_concurrency())), is_cancelled);
  if (!problems.empty()) return {};
  if (!program) return tell(program.errors());
  note_use(program.value());
  if (is_new) trim_programs(programs, limit.value(), programs / key);
  return program.value().string();
}

}  // namespace lne
