// Memory in which networks are timed step by step: an arena, weights and inputs as a generated program has them.
#pragma once

#include <memory>
#include <vector>

#include "library.hpp"

namespace lne::explore {

/// A step of a network as it is timed.
struct TimedStep {
  std::size_t candidate = 0;
  KernelFunction function = nullptr;
  std::vector<const float*> sources;
  const float* weights = nullptr;
  float* destination = nullptr;
  float* scratch = nullptr;
};

class Stage {
 public:
  /// Lays out the steps of a program whose weights have sizes but no content.
  /// @param candidates of each step
  std::vector<TimedStep> set(const Program& program, const std::vector<std::size_t>& candidates, const Library& library);

 private:
  float* grow(std::vector<float>& memory, std::int64_t floats);

  std::vector<float> arena_, weights_;
  std::vector<std::vector<float>> inputs_;
};

/// Runs all steps once. @param us receives microseconds of each step
void time_pass(const std::vector<TimedStep>& steps, const std::vector<bool>& is_long, std::vector<double>& us);

}  // namespace lne::explore
