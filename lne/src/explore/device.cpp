#include "device.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <filesystem>
#include <map>

#include "../../runtime/agent/wire.hpp"
#include "../toolchain/home.hpp"
#include "../toolchain/process.hpp"

namespace lne::explore {
namespace {

using agent::Kind;
using agent::Reader;
using agent::Writer;

class ThisDevice : public Device {
 public:
  const agent::Machine& machine() const override { return machine_; }
  bool is_here() const override { return true; }
  std::string load(const std::string& path, const std::vector<std::string>& symbols) override { return bench_.load(path, symbols); }
  std::string set(const agent::PlannedNetwork& network) override { return bench_.set(network); }
  std::string pass(int passes, const std::vector<bool>& is_long, std::vector<std::vector<double>>& us) override {
    us.assign(static_cast<std::size_t>(passes), {});
    for (std::vector<double>& each : us) bench_.pass(is_long, each);
    return {};
  }
  Result<std::string> run_program(const std::string& program, const std::string& input, const std::vector<std::string>& options) override {
    std::vector<std::string> words{program, "run", input, input + ".out.npz"};
    words.insert(words.end(), options.begin(), options.end());
    const Finished done = run_process(words);
    if (done.code != 0) return Error{"LNE_RUN", program + " can't be timed: " + done.output.substr(0, 500)};
    return done.output;
  }

 private:
  agent::Machine machine_ = agent::this_machine();
  agent::Bench bench_;
};

class AgentDevice : public Device {
 public:
  explicit AgentDevice(const std::string& command) : command_(command) {}
  ~AgentDevice() override {
    if (to_ >= 0) ::close(to_);
    if (from_ >= 0) ::close(from_);
    int status = 0;
    while (child_ > 0 && ::waitpid(child_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  AgentDevice(const AgentDevice&) = delete;
  AgentDevice& operator=(const AgentDevice&) = delete;

  /// @returns what is wrong, or an empty string
  std::string open() {
    // A link that breaks is an answer that does not come, not the end of this process.
    ::signal(SIGPIPE, SIG_IGN);
    int there[2], back[2];
    if (::pipe2(there, O_CLOEXEC) != 0 || ::pipe2(back, O_CLOEXEC) != 0) return std::string("no pipe: ") + std::strerror(errno);
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(there[0], 0);
      ::dup2(back[1], 1);
      ::execl("/bin/sh", "sh", "-c", command_.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(there[0]);
    ::close(back[1]);
    to_ = there[1];
    from_ = back[0];
    std::string content;
    if (std::string problem = ask(Kind::kHello, Writer().number(agent::kProtocol), content); !problem.empty()) return problem;
    Reader answer(content);
    if (answer.number() != agent::kProtocol) return "the agent is of another version; build it again with `lne agent`";
    machine_.name = answer.text();
    machine_.l2 = answer.number();
    machine_.l3 = answer.number();
    return answer.is_bad() ? broken() : std::string();
  }

  const agent::Machine& machine() const override { return machine_; }
  bool is_here() const override { return false; }

  std::string load(const std::string& path, const std::vector<std::string>& symbols) override {
    std::string bytes, content;
    if (!read_text(path, bytes)) return path + ": it can't be read";
    Writer question;
    question.text(bytes).number(static_cast<std::int64_t>(symbols.size()));
    for (const std::string& symbol : symbols) question.text(symbol);
    return ask(Kind::kLoad, question, content);
  }

  std::string set(const agent::PlannedNetwork& network) override {
    steps_ = network.steps.size();
    std::string content;
    return ask(Kind::kSet, Writer().network(network), content);
  }

  std::string pass(int passes, const std::vector<bool>& is_long, std::vector<std::vector<double>>& us) override {
    Writer question;
    question.number(passes).number(static_cast<std::int64_t>(is_long.size()));
    for (const bool each : is_long) question.number(each ? 1 : 0);
    std::string content;
    if (std::string problem = ask(Kind::kPass, question, content); !problem.empty()) return problem;
    Reader answer(content);
    us.assign(static_cast<std::size_t>(passes), std::vector<double>(steps_));
    for (std::vector<double>& list : us) {
      for (double& each : list) each = answer.real();
    }
    return answer.is_bad() ? broken() : std::string();
  }

  Result<std::string> run_program(const std::string& program, const std::string& input, const std::vector<std::string>& options) override {
    std::string name, array, content;
    if (std::string problem = send_file(program, name); !problem.empty()) return Error{"LNE_AGENT", problem};
    if (std::string problem = send_file(input, array); !problem.empty()) return Error{"LNE_AGENT", problem};
    Writer question;
    question.text(name).number(static_cast<std::int64_t>(3 + options.size())).text("run").text("@" + array).text("@output.npz");
    for (const std::string& option : options) question.text(option);
    if (std::string problem = ask(Kind::kRun, question, content); !problem.empty()) return Error{"LNE_AGENT", problem};
    Reader answer(content);
    const std::int64_t code = answer.number();
    std::string output = answer.text();
    if (answer.is_bad()) return Error{"LNE_AGENT", broken()};
    if (code != 0) return Error{"LNE_RUN", program + " can't be timed on the target (exit code " + std::to_string(code) + "): " + output.substr(0, 500)};
    return output;
  }

 private:
  std::string broken() const { return "'" + command_ + "' gave a broken answer"; }

  std::string ask(Kind kind, const Writer& question, std::string& content) {
    Kind answer;
    if (!agent::send(to_, kind, question) || !agent::receive(from_, answer, content)) return "'" + command_ + "' does not answer as an lne-agent; build one for the target with `lne agent`";
    if (answer == Kind::kAnswer) return {};
    return answer == Kind::kProblem ? "the agent says: " + Reader(content).text() : broken();
  }

  /// Sends each file once. @param name how it is named there
  std::string send_file(const std::string& path, std::string& name) {
    const auto [known, is_new] = names_.try_emplace(path, "file" + std::to_string(names_.size()) + std::filesystem::path(path).extension().string());
    name = known->second;
    if (!is_new) return {};
    std::string bytes, content;
    if (!read_text(path, bytes)) return path + ": it can't be read";
    return ask(Kind::kFile, Writer().text(name).text(bytes), content);
  }

  std::string command_;
  pid_t child_ = -1;
  int to_ = -1, from_ = -1;
  std::size_t steps_ = 0;
  std::map<std::string, std::string> names_;
  agent::Machine machine_;
};

}  // namespace

std::unique_ptr<Device> this_device() { return std::make_unique<ThisDevice>(); }

Result<std::unique_ptr<Device>> device_over(const std::string& command) {
  auto device = std::make_unique<AgentDevice>(command);
  const std::string problem = device->open();
  if (!problem.empty()) return Error{"LNE_AGENT", problem};
  return std::unique_ptr<Device>(std::move(device));
}

}  // namespace lne::explore
