// The files of runtime/ as text, as they are copied into generated programs.
#pragma once

#include <map>
#include <string>

namespace lne {

/// Path below runtime/ -> content.
const std::map<std::string, std::string>& runtime_files();

}  // namespace lne
