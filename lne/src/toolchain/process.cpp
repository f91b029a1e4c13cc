#include "process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lne {
namespace {

class Child {
 public:
  explicit Child(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    id_ = ::fork();
    if (id_ == 0) {
      ::setpgid(0, 0);
      const int nothing = ::open("/dev/null", O_RDONLY);
      ::dup2(nothing, 0);
      ::dup2(ends[1], 1);
      ::dup2(ends[1], 2);
      ::execvp(words[0], words.data());
      const char* reason = std::strerror(errno);
      if (::write(2, reason, std::strlen(reason)) < 0) ::_exit(126);
      ::_exit(127);
    }
    ::close(ends[1]);
    read_ = ends[0];
  }

  bool is_running() const { return read_ >= 0; }
  int descriptor() const { return read_; }

  /// Takes what has been printed; at its end the result is complete.
  void receive() {
    char block[4096];
    const ssize_t count = ::read(read_, block, sizeof block);
    if (count > 0) {
      result.output.append(block, static_cast<std::size_t>(count));
      return;
    }
    if (count < 0 && errno == EINTR) return;
    ::close(read_);
    read_ = -1;
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  /// A compiler driver starts further programs; they are in its group.
  void end() const { ::kill(-id_, SIGTERM); }

  Finished result{127, {}};

 private:
  pid_t id_ = -1;
  int read_ = -1;
};

}  // namespace

std::vector<Finished> run_processes(const std::vector<std::vector<std::string>>& commands, int jobs, const std::function<bool()>& is_cancelled, const std::function<void(std::size_t)>& on_done) {
  std::vector<Finished> results(commands.size(), {127, {}});
  std::vector<std::pair<std::size_t, Child>> running;
  std::size_t next = 0, done = 0;
  bool is_stopped = false;
  while (!running.empty() || (next < commands.size() && !is_stopped)) {
    while (!is_stopped && next < commands.size() && running.size() < static_cast<std::size_t>(jobs)) {
      running.emplace_back(next, Child(commands[next]));
      ++next;
    }
    std::vector<pollfd> waits;
    for (const auto& [at, child] : running) waits.push_back({child.descriptor(), POLLIN, 0});
    ::poll(waits.data(), waits.size(), 100);
    if (!is_stopped && is_cancelled && is_cancelled()) {
      is_stopped = true;
      for (const auto& [at, child] : running) child.end();
    }
    for (std::size_t i = running.size(); i-- > 0;) {
      Child& child = running[i].second;
      if (child.is_running() && waits[i].revents != 0) child.receive();
      if (child.is_running()) continue;
      results[running[i].first] = child.result;
      is_stopped = is_stopped || child.result.code != 0;
      if (on_done) on_done(++done);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  return results;
}

Finished run_process(const std::vector<std::string>& command, const std::function<bool()>& is_cancelled) { return run_processes({command}, 1, is_cancelled, nullptr)[0]; }

}  // namespace lne
