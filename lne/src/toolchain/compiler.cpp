#include "compiler.hpp"

#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "../plan/target.hpp"
#include "home.hpp"
#include "process.hpp"

namespace lne {
namespace {

/// The end of a compiler's output, where the first error and its place are.
std::string end_of(const std::string& output) {
  const std::size_t error = output.find("error");
  const std::size_t line = error == std::string::npos ? std::string::npos : output.rfind('\n', error);
  const std::size_t from = line != std::string::npos ? line + 1 : output.size() > 2000 ? output.size() - 2000 : 0;
  return output.substr(from, 2000);
}

}  // namespace

Result<Compiler> find_compiler(const std::string& target) {
  if (is_foreign(target)) {
    const std::string command = find_target(target)->cross_compiler;
    const Finished version = run_process({command, "--version"});
    if (version.code == 0) return Compiler{command, version.output.substr(0, version.output.find('\n'))};
    return Error{"LNE_COMPILER", "the compiler for " + target + " (" + command + ") is missing; get it: apt-get install " + find_target(target)->cross_package};
  }
  const char* named = std::getenv("CXX");
  const std::vector<std::string> candidates = named && *named ? std::vector<std::string>{named} : std::vector<std::string>{"c++", "g++", "clang++"};
  for (const std::string& command : candidates) {
    const Finished version = run_process({command, "--version"});
    if (version.code == 0) return Compiler{command, version.output.substr(0, version.output.find('\n'))};
  }
  return Error{"LNE_COMPILER", (named && *named ? "the compiler that CXX names (" + std::string(named) + ")" : std::string("a C++17 compiler")) + " is missing; get one: apt-get install g++ cmake"};
}

std::vector<std::string> kernel_flags() { return {"-std=c++17", "-O3", "-ffp-contract=off", "-fPIC"}; }

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

Result<std::filesystem::path> build_tree(const std::filesystem::path& folder, const std::string& target, const std::function<Result<std::map<std::string, std::string>>()>& generate, int jobs, const IsCancelled& is_cancelled) {
  const std::filesystem::path program = folder / "app", built = folder / "build" / "app";
  if (::access(program.c_str(), X_OK) == 0) return program;
  const FolderLock lock(folder.string() + ".lock");
  if (!lock.is_held()) return Error{"LNE_FILE", folder.string() + ".lock: it can't be locked, so that two builds could get into each other's way; name a folder on a file system with locks by SEDGE_HOME"};
  if (::access(program.c_str(), X_OK) == 0) return program;  // another process made it while this one waited
  if (is_cancelled && is_cancelled()) return Error{"LNE_CANCELLED", "it was cancelled"};
  const Result<std::map<std::string, std::string>> files = generate();
  if (!files) return files.errors();
  // CMake remembers where it was configured, so it is built in its own place, and what an attempt before left there goes.
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  for (const auto& [path, bytes] : files.value()) {
    const std::string problem = write_file(folder / path, bytes);
    if (!problem.empty()) return Error{"LNE_FILE", problem};
  }
  const std::string failure = build_in_place(folder, target, jobs, is_cancelled);
  if (is_cancelled && is_cancelled()) return Error{"LNE_CANCELLED", "it was cancelled"};
  if (!failure.empty()) return Error{"LNE_BUILD", failure};
  std::error_code problem;
  std::filesystem::rename(built, program, problem);
  if (problem) return Error{"LNE_FILE", program.string() + ": " + problem.message()};
  // The tree and what compilers made of it hold the weights three times more.
  std::vector<std::filesystem::path> rest;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) rest.push_back(entry.path());
  for (const std::filesystem::path& path : rest) {
    if (path != program) std::filesystem::remove_all(path, ignored);
  }
  return program;
}

std::string build_in_place(const std::filesystem::path& folder, const std::string& target, int jobs, const IsCancelled& is_cancelled) {
  const std::string build = (folder / "build").string(), count = std::to_string(jobs > 0 ? jobs : static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  std::vector<std::string> configure{"cmake", "-S", folder.string(), "-B", build, "-DCMAKE_BUILD_TYPE=Release"};
  // A device need not have the compiler's libraries.
  if (is_foreign(target)) configure.insert(configure.end(), {"-DCMAKE_TOOLCHAIN_FILE=" + (folder / "toolchains" / (find_target(target)->name + ".cmake")).string(), "-DAPP_STATIC=ON"});
  for (const std::vector<std::string>& command : {configure, std::vector<std::string>{"cmake", "--build", build, "-j", count}}) {
    const Finished done = run_process(command, is_cancelled);
    if (done.code == 127) return "CMake can't be started (" + done.output + "); get it: apt-get install cmake g++";
    if (done.code != 0) return folder.string() + ": the generated program could not be built:\n" + end_of(done.output);
  }
  return {};
}

}  // namespace lne
