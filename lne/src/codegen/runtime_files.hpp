// The files of runtime/ and simd/ as text, as they are copied into generated programs.
#pragma once

#include <map>
#include <string>

namespace lne {

/// Path below runtime/ -> content.
const std::map<std::string, std::string>& runtime_files();

/// Name of a header in simd/ -> content.
const std::map<std::string, std::string>& simd_files();

}  // namespace lne
