// Applications on the command line: their files, and the inputs for the self-test.
#pragma once

#include "command.hpp"
#include "files.hpp"

namespace lne::cli {

Option application_option();

/// The application that `--application` names; models and plans lie where it says, seen from its folder.
std::unique_ptr<Application> load_application(const Arguments& arguments);

/// One input of the program: a .npy file for an array, a WAV file for sound. @returns what is wrong, or an empty string
std::string read_application_input(const std::string& path, const ApplicationPort& port, std::vector<float>& data);

/// Writes the tree of an application. @param golden paths by comma, one for each vector of the self-test, or empty for made-up ones
void write_application(Application& application, const std::string& folder, const std::string& golden);

}  // namespace lne::cli
