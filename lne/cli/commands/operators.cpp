#include "../files.hpp"

namespace lne::cli {

Command operators_command() {
  return {"operators", "", 0, 0, "what can be imported, as JSON", "Lists every operator with its names in source files and what of it is supported, and the plugins over libraries with whether they are built.", {}, [](const Arguments&) { return std::printf("%s\n", operators().c_str()), kGood; }};
}

}  // namespace lne::cli
