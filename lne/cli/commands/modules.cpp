#include "../files.hpp"

namespace lne::cli {

Command modules_command() {
  return {"modules", "", 0, 0, "list what applications are made of", "Prints JSON: the modules of applications with their summary, what they take and give, and their parameters.", {}, [](const Arguments&) { return std::printf("%s\n", modules().c_str()), kGood; }};
}

}  // namespace lne::cli
