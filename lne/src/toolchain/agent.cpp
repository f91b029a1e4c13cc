// The agent for a target, from the sources that this library carries.
#include "../../include/lne/lne.hpp"
#include "../codegen/runtime_files.hpp"
#include "../plan/target.hpp"
#include "compiler.hpp"
#include "home.hpp"
#include "process.hpp"

namespace lne {

void build_agent(const std::string& target, const std::string& path, std::vector<Problem>& problems) {
  const auto tell = [&](const Error& error) { problems.push_back({error.code, error.message}); };
  const Target* found = find_target(target);
  if (found == nullptr) return tell(unknown_target(target));
  const Result<Compiler> compiler = find_compiler(target);
  if (!compiler) return tell(compiler.errors()[0]);
  const std::string prefix = "agent/";
  std::string sources;
  for (const auto& [name, text] : runtime_files()) sources += name.rfind(prefix, 0) == 0 ? text : "";
  const std::filesystem::path folder = home_folder("agents") / digest_of(sources);
  for (const auto& [name, text] : runtime_files()) {
    if (name.rfind(prefix, 0) != 0) continue;
    const std::string problem = write_file(folder / name.substr(prefix.size()), text);
    if (!problem.empty()) return tell({"LNE_FILE", problem});
  }
  std::vector<std::string> command{compiler.value().command, "-std=c++17", "-O2", "-static-libstdc++", "-static-libgcc", (folder / "main.cpp").string(), "-o", path, "-ldl"};
  for (const std::string& flag : words_of(found->flags)) command.push_back(flag);
  const Finished done = run_process(command);
  if (done.code != 0) tell({"LNE_BUILD", "the agent could not be built: " + done.output.substr(0, 2000)});
}

}  // namespace lne
