// The options of an exploration on the command line, and its progress.
#pragma once

#include "files.hpp"

namespace lne::cli {

std::vector<Option> explore_options();

/// Explores the model of the first word as the options say. What was found is told on standard error.
Exploration explore_model(const Arguments& arguments, const std::string& model);

}  // namespace lne::cli
