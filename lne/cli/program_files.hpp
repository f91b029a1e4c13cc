// Writes generated programs into folders.
#pragma once

#include <string>

#include "../include/lne/lne.hpp"

namespace lne::cli {

/// Fails where a program would be written over files of somebody else's.
void check_program_folder(const std::string& folder);

/// @param golden a .npy file with an input for the self-test, or empty for a ramp
void write_program(Network& network, const std::string& folder, const std::string& golden);

}  // namespace lne::cli
