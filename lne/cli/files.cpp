#include "files.hpp"

#include <unistd.h>

#include <cstdio>

#include "../src/toolchain/home.hpp"

namespace lne::cli {

void fail(const std::string& message) { throw Failure{{{"", message}}}; }
void fail(const std::vector<Problem>& problems) { throw Failure{problems}; }

std::string read_file_text(const std::string& path) {
  std::string text;
  if (!read_text(path, text)) fail(path + ": it can't be read");
  return text;
}

void write_file_text(const std::string& path, const std::string& text) {
  const std::string problem = write_file(path, text);
  if (!problem.empty()) fail(problem);
}

std::string plan_text(const Arguments& arguments) { return arguments.has("--plan") ? read_file_text(arguments.text("--plan")) : std::string(); }

std::unique_ptr<Network> load_network(const Arguments& arguments) {
  const std::string model = read_file_text(arguments.words[0]), plan = plan_text(arguments);
  std::vector<Problem> problems;
  std::unique_ptr<Network> network = Network::load(model, arguments.words[0], plan, problems);
  if (!network) fail(problems);
  return network;
}

std::vector<program::PortInfo> ports_of(const std::vector<Port>& ports) {
  std::vector<program::PortInfo> list;
  for (const Port& port : ports) list.push_back({port.name, port.type, port.shape});
  return list;
}

void show_progress(const std::string& line) {
  if (::isatty(2)) std::fprintf(stderr, "\r\033[K%s", line.c_str());
  else std::fprintf(stderr, "%s\n", line.c_str());
}

void end_progress() {
  if (::isatty(2)) std::fprintf(stderr, "\n");
}

}  // namespace lne::cli
