// The machine on which an exploration measures: this one, or a target over a link.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "../../runtime/agent/bench.hpp"
#include "../base/result.hpp"

namespace lne::explore {

class Device {
 public:
  virtual ~Device() = default;

  virtual const agent::Machine& machine() const = 0;
  virtual bool is_here() const = 0;

  // What follows returns what is wrong, or an empty string.

  /// @param path a shared object of this machine's disk @param symbols kernels, which steps name by their place in the list
  virtual std::string load(const std::string& path, const std::vector<std::string>& symbols) = 0;
  virtual std::string set(const agent::PlannedNetwork& network) = 0;
  /// @param is_long for each step @param us microseconds of the steps, in a list for each pass
  virtual std::string pass(int passes, const std::vector<bool>& is_long, std::vector<std::vector<double>>& us) = 0;

  /// Runs a generated program on an input: `PROGRAM run INPUT OUTPUT OPTIONS …`. @param input a .npz file
  /// @returns what it printed, LNE_RUN, LNE_AGENT
  virtual Result<std::string> run_program(const std::string& program, const std::string& input, const std::vector<std::string>& options) = 0;
};

std::unique_ptr<Device> this_device();

/// @param command a shell's command that starts `lne-agent` on the target with its standard input and output at ours
/// @returns LNE_AGENT
Result<std::unique_ptr<Device>> device_over(const std::string& command);

}  // namespace lne::explore
