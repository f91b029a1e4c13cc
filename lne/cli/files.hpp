// What commands share: reading models and plans, telling problems.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../include/lne/lne.hpp"
#include "../runtime/program/ports.hpp"
#include "command.hpp"

namespace lne::cli {

/// Something that ends the command with kFailed; every problem is told on a line of its own.
struct Failure {
  std::vector<Problem> problems;
};

[[noreturn]] void fail(const std::string& message);
[[noreturn]] void fail(const std::vector<Problem>& problems);

std::string read_file_text(const std::string& path);
void write_file_text(const std::string& path, const std::string& text);

/// Fails at once where a file could not be written later, after long work.
void check_writable(const std::string& path);

/// The model that the first word names, with the weights that belong to it.
std::string read_model(const Arguments& arguments);
Option weights_option();
Option max_error_option();
Option without_option();
Option plugins_option();

/// Text of the plan that `--plan` names, with what other options say of it; empty where nothing does.
std::string plan_text(const Arguments& arguments);

/// Fails where a plan's programs can't run on this machine.
void check_runs_here(const std::string& plan);

/// As `plan_text`; where that is empty the plan that was explored for this model on this machine, which is told, or nothing.
std::string plan_or_explored(const Arguments& arguments, const std::string& model);

/// The network of the first word, planned as `--plan` says.
std::unique_ptr<Network> load_network(const Arguments& arguments);

std::vector<program::PortInfo> ports_of(const std::vector<Port>& ports);

/// Prints a line of progress on standard error, over the one before where a person watches.
void show_progress(const std::string& line);
void end_progress();

}  // namespace lne::cli
