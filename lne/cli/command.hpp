// What a command of `lne` is: its words and options, what it says of itself, and what it does.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace lne::cli {

inline constexpr int kGood = 0, kFailed = 1, kUsage = 2;

struct Option {
  std::string name;
  /// what follows it, e.g. `N`; empty for a switch
  std::string value;
  std::string meaning;
};

/// A command line that can't be followed; the message says why.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A command line after its options are known to exist.
class Arguments {
 public:
  std::vector<std::string> words;
  std::map<std::string, std::string> options;

  bool has(const std::string& name) const { return options.count(name) > 0; }
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  /// @throws UsageError for what is no whole number in the range
  long long whole(const std::string& name, long long otherwise, long long least, long long most) const;
  double real(const std::string& name, double otherwise, double least, double most) const;
};

struct Command {
  std::string name;
  /// its words, e.g. `MODEL INPUT OUTPUT`
  std::string words;
  std::size_t least_words = 1, most_words = 1;
  /// one line for the list of commands
  std::string summary;
  /// what `--help` adds: how it is used and what comes out
  std::string details;
  std::vector<Option> options;
  int (*run)(const Arguments&) = nullptr;
};

/// All commands in the order in which a model goes through them.
std::vector<Command> commands();

Command import_command();
Command optimize_command();
Command explore_command();
Command generate_command();
Command run_command();
Command bench_command();
Command report_command();
Command compile_command();
Command agent_command();
Command operators_command();
Command modules_command();

}  // namespace lne::cli
