// lne-agent: measures on a target what an exploration on another machine asks for. It speaks over its standard input and output, so any way of
// starting a program on the target is a link: ssh, adb shell, an emulator.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>

#include "wire.hpp"

namespace lne::agent {
namespace {

/// Files that the host sent; gone with the agent.
class Files {
 public:
  Files() {
    const char* place = std::getenv("TMPDIR");
    folder_ = std::string(place && *place ? place : "/tmp") + "/lne-agent-XXXXXX";
    if (::mkdtemp(folder_.data()) == nullptr) folder_.clear();
  }
  ~Files() {
    for (const std::string& name : names_) ::unlink((folder_ + "/" + name).c_str());
    if (!folder_.empty()) ::rmdir(folder_.c_str());
  }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::string path(const std::string& name) const { return folder_ + "/" + name; }

  /// @returns what is wrong, or an empty string
  std::string keep(const std::string& name, const std::string& bytes) {
    if (folder_.empty()) return "no folder for temporary files; name one in TMPDIR";
    if (name.empty() || name.find('/') != std::string::npos || name[0] == '.') return "'" + name + "' is no name for a file";
    std::FILE* file = std::fopen(path(name).c_str(), "wb");
    if (file == nullptr) return path(name) + ": " + std::strerror(errno);
    names_.push_back(name);
    const bool is_whole = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    if (std::fclose(file) != 0 || !is_whole) return path(name) + ": " + std::strerror(errno);
    ::chmod(path(name).c_str(), 0700);
    return {};
  }

  /// Names of files that programs wrote.
  void note(const std::string& name) { names_.push_back(name); }

 private:
  std::string folder_;
  std::vector<std::string> names_;
};

class Agent {
 public:
  /// @param before words that are put before a program's path, e.g. an emulator and its options
  explicit Agent(std::vector<std::string> before) : before_(std::move(before)) {}

  void answer(Kind kind, Reader& content) {
    Writer answer;
    std::string problem;
    if (kind == Kind::kHello) problem = hello(content, answer);
    else if (kind == Kind::kLoad) problem = load(content);
    else if (kind == Kind::kSet) problem = set(content);
    else if (kind == Kind::kPass) problem = pass(content, answer);
    else if (kind == Kind::kFile) problem = file(content);
    else if (kind == Kind::kRun) problem = run(content, answer);
    else problem = "an unknown question";
    is_open_ = problem.empty() ? send(1, Kind::kAnswer, answer) : send(1, Kind::kProblem, Writer().text(problem));
  }

  bool is_open() const { return is_open_; }

 private:
  static std::string broken() { return "a broken question"; }

  static std::string hello(Reader& content, Writer& answer) {
    if (content.number() != kProtocol) return "the agent speaks protocol " + std::to_string(kProtocol) + "; build it again with `lne agent`";
    const Machine machine = this_machine();
    answer.number(kProtocol).text(machine.name).number(machine.l2).number(machine.l3);
    return {};
  }

  std::string load(Reader& content) {
    const std::string bytes = content.text();
    std::vector<std::string> symbols(content.count(8));
    for (std::string& symbol : symbols) symbol = content.text();
    if (content.is_bad()) return broken();
    const std::string name = "kernels" + std::to_string(++loaded_) + ".so";
    const std::string problem = files_.keep(name, bytes);
    return problem.empty() ? bench_.load(files_.path(name), symbols) : problem;
  }

  std::string set(Reader& content) {
    const PlannedNetwork network = content.network();
    return content.is_bad() ? broken() : bench_.set(network);
  }

  std::string pass(Reader& content, Writer& answer) {
    const std::int64_t passes = content.number();
    std::vector<bool> is_long(content.count(8));
    for (std::size_t i = 0; i < is_long.size(); ++i) is_long[i] = content.number() != 0;
    if (content.is_bad() || passes < 0 || passes > 10000 || is_long.size() != bench_.step_count()) return broken();
    std::vector<double> us;
    for (std::int64_t i = 0; i < passes; ++i) {
      bench_.pass(is_long, us);
      for (const double each : us) answer.real(each);
    }
    return {};
  }

  std::string file(Reader& content) {
    const std::string name = content.text(), bytes = content.text();
    return content.is_bad() ? broken() : files_.keep(name, bytes);
  }

  std::string run(Reader& content, Writer& answer) {
    const std::string program = content.text();
    std::vector<std::string> words = before_;
    words.push_back(files_.path(program));
    for (std::size_t left = content.count(8); left > 0; --left) {
      const std::string word = content.text();
      words.push_back(word.rfind('@', 0) == 0 ? files_.path(word.substr(1)) : word);
      if (word.rfind('@', 0) == 0) files_.note(word.substr(1));
    }
    if (content.is_bad()) return broken();
    std::vector<char*> list;
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    int ends[2];
    if (::pipe(ends) != 0) return std::string("no pipe: ") + std::strerror(errno);
    const pid_t child = ::fork();
    if (child < 0) return std::string("no process: ") + std::strerror(errno);
    if (child == 0) {
      ::dup2(::open("/dev/null", O_RDONLY), 0);
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execvp(list[0], list.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    std::string output;
    char block[4096];
    for (ssize_t count; (count = ::read(ends[0], block, sizeof block)) > 0 || (count < 0 && errno == EINTR);) {
      if (count > 0) output.append(block, static_cast<std::size_t>(count));
    }
    ::close(ends[0]);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    answer.number(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status)).text(output);
    return {};
  }

  std::vector<std::string> before_;
  Bench bench_;
  Files files_;
  int loaded_ = 0;
  bool is_open_ = true;
};

}  // namespace
}  // namespace lne::agent

int main(int count, char** words) {
  using namespace lne::agent;
  std::vector<std::string> before;
  if (count > 1 && std::string(words[1]) == "--run-by") before.assign(words + 2, words + count);
  else if (count > 1) {
    std::fprintf(stderr, "usage: lne-agent [--run-by COMMAND …]\nMeasures what `lne explore --agent` asks for over standard input and output. Programs are started by COMMAND where it is given.\n");
    return 2;
  }
  Agent agent(before);
  Kind kind;
  std::string content;
  while (agent.is_open() && receive(0, kind, content)) {
    Reader reader(std::move(content));
    agent.answer(kind, reader);
    content.clear();
  }
  return 0;
}
