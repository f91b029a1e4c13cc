// The `lne` command: finds the command that is meant, checks its words and options, and tells what goes wrong.
#include <algorithm>
#include <cstdio>

#include "files.hpp"

namespace lne::cli {
namespace {

void print_list(std::FILE* to) {
  std::fprintf(to, "usage: lne COMMAND …        lne COMMAND --help tells more\n\nFrom a trained network to a tuned C++ program that needs nothing but a compiler.\n\n");
  for (const Command& command : commands()) std::fprintf(to, "  %-10s %s\n", command.name.c_str(), command.summary.c_str());
  std::fprintf(to,
               "\nThe usual way:\n  lne explore MODEL.onnx -o plan.json                       measure what is fastest on this machine\n  lne generate MODEL.onnx --plan plan.json -o app           write the C++ sources\n"
               "  cmake -S app -B app/build && cmake --build app/build      build app/build/app\n  lne compile MODEL.onnx -o app                             all of it at once\n\n"
               "Built programs, measurements and plans are kept in $SEDGE_HOME/lne (~/.local/share/sedge/lne); the folder may be deleted.\n"
               "Programs take at most SEDGE_LNE_PROGRAMS_MB megabytes there (2048): those that were used last stay.\n"
               "Exit codes: 0 good, 1 the model or a file is bad, 2 wrong command line.\n");
}

void print_help(const Command& command, std::FILE* to) {
  std::fprintf(to, "usage: lne %s %s%s\n\n%s\n", command.name.c_str(), command.words.c_str(), command.options.empty() ? "" : " [options]", command.details.c_str());
  if (!command.options.empty()) std::fprintf(to, "\n");
  for (const Option& option : command.options) std::fprintf(to, "  %-24s %s\n", (option.name + (option.value.empty() ? "" : " " + option.value)).c_str(), option.meaning.c_str());
}

Arguments parse(const Command& command, int argc, char** argv) {
  Arguments arguments;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.size() < 2 || word[0] != '-') {
      arguments.words.push_back(word);
      continue;
    }
    const std::string name = word == "--out" ? "-o" : word;
    const auto option = std::find_if(command.options.begin(), command.options.end(), [&](const Option& known) { return known.name == name; });
    if (option == command.options.end()) throw UsageError("lne " + command.name + " has no option " + word);
    if (!option->value.empty() && i + 1 == argc) throw UsageError(word + " needs " + option->value);
    arguments.options[name] = option->value.empty() ? "" : argv[++i];
  }
  if (arguments.words.size() < command.least_words || arguments.words.size() > command.most_words) throw UsageError("lne " + command.name + " takes " + (command.words.empty() ? "no words" : command.words));
  return arguments;
}

int run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") return print_list(stdout), kGood;
  const std::vector<Command> all = commands();
  const auto command = std::find_if(all.begin(), all.end(), [&](const Command& known) { return known.name == name; });
  if (command == all.end()) {
    if (!name.empty()) std::fprintf(stderr, "lne: there is no command '%s'\n\n", name.c_str());
    return print_list(stderr), kUsage;
  }
  for (int i = 2; i < argc; ++i) {
    if (std::string(argv[i]) == "--help" || std::string(argv[i]) == "-h") return print_help(*command, stdout), kGood;
  }
  try {
    return command->run(parse(*command, argc, argv));
  } catch (const UsageError& error) {
    std::fprintf(stderr, "lne: %s\n\n", error.what());
    return print_help(*command, stderr), kUsage;
  } catch (const Failure& failure) {
    for (const Problem& problem : failure.problems) std::fprintf(stderr, "lne: %s%s\n", problem.message.c_str(), problem.code.empty() ? "" : (" [" + problem.code + "]").c_str());
    return kFailed;
  }
}

}  // namespace
}  // namespace lne::cli

int main(int argc, char** argv) { return lne::cli::run(argc, argv); }
