// Writes generated programs into folders.
#pragma once

#include <string>

#include "../include/lne/lne.hpp"

namespace lne::cli {

/// @param golden a .npy file with an input for the self-test, or empty for a ramp
void write_program(Network& network, const std::string& folder, const std::string& golden);

}  // namespace lne::cli
