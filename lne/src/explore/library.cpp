#include "library.hpp"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <set>

#include "../codegen/kernel_text.hpp"
#include "../codegen/runtime_files.hpp"
#include "../toolchain/home.hpp"
#include "../toolchain/process.hpp"

namespace lne::explore {
namespace {

std::string symbol_of(const Candidate& candidate) { return "lne_kernel_" + digest_of(candidate.key); }

/// A source file with all candidates of a group.
std::string source_of(const std::vector<const Candidate*>& group) {
  std::vector<const Primitive*> primitives;
  for (const Candidate* candidate : group) primitives.push_back(candidate->primitive);
  std::string text = "// Candidates of one shape, as generated programs hold them.\n" + kernel_includes(primitives) + "\n" + kernel_texts(primitives);
  for (const Candidate* candidate : group) {
    text += "\nextern \"C\" __attribute__((flatten, visibility(\"default\"))) void " + symbol_of(*candidate) + "(const float* const* src, const float* weights, float* dst, float* scratch) {\n  static constexpr " + candidate->shape_type +
            " kShape" + candidate->shape_value + ";\n  " + candidate->function + "(kShape, src, weights, dst, scratch);\n}\n";
  }
  return text;
}

/// Files of one compiler's own, which another exploration of the same kernels does not touch; what is left of them goes with this.
struct Compilation {
  explicit Compilation(std::string kept) : object(std::move(kept)), part(object + ".part" + unique_ending()), source(part + ".cpp") {}
  Compilation(const Compilation&) = delete;
  Compilation& operator=(const Compilation&) = delete;
  ~Compilation() {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    std::filesystem::remove(source, ignored);
  }

  /// @returns what went wrong, or an empty string
  std::string keep() const {
    std::error_code error;
    std::filesystem::rename(part, object, error);
    return error ? object + ": " + error.message() : std::string();
  }

  const std::string object, part, source;
};

Error build_error(const std::string& output) { return {"LNE_BUILD", "kernels could not be compiled for measuring: " + output.substr(0, 2000)}; }

}  // namespace

Result<Library> build_library(const Space& space, const Compiler& compiler, const LibraryOptions& options) {
  std::map<std::string, std::vector<const Candidate*>> groups;
  for (const Candidate& candidate : space.candidates) groups[candidate.group].push_back(&candidate);
  std::vector<std::string> base{compiler.command};
  for (const std::string& flag : kernel_flags()) base.push_back(flag);
  for (const std::string& flag : words_of(options.target_flags)) base.push_back(flag);
  base.insert(base.end(), {"-fvisibility=hidden", "-w"});

  std::string headers;
  std::map<std::string, std::string> files = simd_files();
  files[kLayerStateFile] = layer_state_text();
  for (const auto& [name, text] : files) headers += name + "\n" + text;
  const std::filesystem::path include = home_folder("include") / digest_of(headers);
  for (const auto& [name, text] : files) {
    const std::string problem = write_file(include / name, text);
    if (!problem.empty()) return Error{"LNE_FILE", problem};
  }
  base.insert(base.end(), {"-I", include.string(), "-DLNE_ONE_STATE_PER_KERNEL"});
  const std::filesystem::path objects = home_folder("objects");
  const std::string settings = compiler.name + "\n" + options.target_flags + "\n" + headers;
  std::vector<std::string> all;
  std::deque<Compilation> compilations;
  std::set<std::string> links;
  std::vector<std::vector<std::string>> commands;
  for (auto& [name, group] : groups) {
    std::sort(group.begin(), group.end(), [](const Candidate* a, const Candidate* b) { return a->key < b->key; });
    const LinkedLibrary* library = group[0]->primitive->library.get();
    std::string flags;
    for (const std::string& flag : library ? library->compile_flags : std::vector<std::string>()) flags += flag + "\n";
    if (library) links.insert(library->link_flags.begin(), library->link_flags.end());
    const std::string source = source_of(group), digest = digest_of(settings + flags + source);
    const std::string object = (objects / (digest + ".o")).string();
    all.push_back(object);
    if (::access(object.c_str(), R_OK) == 0) continue;
    const Compilation& made = compilations.emplace_back(object);
    const std::string problem = write_file(made.source, source);
    if (!problem.empty()) return Error{"LNE_FILE", problem};
    std::vector<std::string> command = base;
    if (library) command.insert(command.end(), library->compile_flags.begin(), library->compile_flags.end());
    command.insert(command.end(), {"-c", made.source, "-o", made.part});
    commands.push_back(std::move(command));
  }
  if (options.on_progress) options.on_progress(0, commands.size());
  const std::vector<Finished> results = run_processes(commands, options.jobs, options.is_cancelled, [&](std::size_t done) {
    if (options.on_progress) options.on_progress(done, commands.size());
  });
  std::string failure;
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].code == 0) {
      if (const std::string problem = compilations[i].keep(); !problem.empty()) return Error{"LNE_FILE", problem};
    } else if (!results[i].output.empty() && failure.empty()) {
      failure = results[i].output;
    }
  }
  if (options.is_cancelled && options.is_cancelled()) return Error{"LNE_CANCELLED", "it was cancelled"};
  if (std::any_of(results.begin(), results.end(), [](const Finished& result) { return result.code != 0; })) return build_error(failure);

  std::string names;
  for (const std::string& object : all) names += object + "\n";
  for (const std::string& link : links) names += link + "\n";
  const std::filesystem::path path = home_folder("libraries") / (digest_of(names) + ".so");
  if (::access(path.c_str(), R_OK) != 0) {
    const std::string part = path.string() + ".part" + unique_ending();
    std::vector<std::string> link{compiler.command, "-shared", "-o", part};
    link.insert(link.end(), all.begin(), all.end());
    link.insert(link.end(), links.begin(), links.end());
    const Finished linked = run_process(link);
    std::error_code error;
    if (linked.code != 0) {
      std::filesystem::remove(part, error);
      return build_error(linked.output);
    }
    std::filesystem::rename(part, path, error);
    if (error) return Error{"LNE_FILE", path.string() + ": " + error.message()};
  }
  Library library{path.string(), {}};
  for (const Candidate& candidate : space.candidates) library.symbols.push_back(symbol_of(candidate));
  return library;
}

}  // namespace lne::explore
