#include "../application_files.hpp"
#include "../files.hpp"
#include "../program_files.hpp"

namespace lne::cli {
namespace {

int run(const Arguments& arguments) {
  if (arguments.text("-o").empty()) throw UsageError("-o names the folder for the sources");
  if (arguments.has("--application")) {
    if (!arguments.words.empty() || arguments.has("--plan") || arguments.has("--weights")) throw UsageError("--application stands in place of MODEL, --plan and --weights; the application file names models and plans");
    write_application(*load_application(arguments), arguments.text("-o"), arguments.text("--golden"));
    return kGood;
  }
  if (arguments.words.empty()) throw UsageError("name a MODEL, or an application by --application");
  const std::unique_ptr<Network> network = load_network(arguments);
  write_program(*network, arguments.text("-o"), arguments.text("--golden"));
  return kGood;
}

}  // namespace

Command generate_command() {
  return {"generate", "MODEL", 0, 1, "write the C++ sources of a program",
          "Writes a tree that builds with CMake and a C++17 compiler alone: cmake -S DIR -B DIR/build && cmake --build DIR/build. Equal arguments give equal\n"
          "bytes. Then DIR/build/app run INPUT.npy OUTPUT.npy, DIR/build/app --self-test, DIR/build/app bench.\n"
          "With --application the program is a chain of modules and networks, which `lne modules` lists.",
          {{"-o", "DIR", "the folder"}, application_option(),
           weights_option(), plugins_option(), without_option(), {"--plan", "PLAN", "as `lne explore` wrote it; without it primitives of the highest rank"},
           max_error_option(), {"--target", "T", "native, x86-64-v3, x86-64-v4, aarch64, armv7 or generic"},
           {"--golden", "INPUT.npy", "an input for the self-test (WAV for sound; several by comma for an application); without it a ramp"}},
          run};
}

}  // namespace lne::cli
