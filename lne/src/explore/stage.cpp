#include "stage.hpp"

#include <time.h>

#include <algorithm>

namespace lne::explore {
namespace {

double nanoseconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
}

/// What two readings of a clock take by themselves.
double overhead_of(clockid_t clock) {
  double least = 1e9;
  for (int i = 0; i < 200; ++i) {
    const double before = nanoseconds(clock);
    least = std::min(least, nanoseconds(clock) - before);
  }
  return least;
}

/// Small numbers of either sign that neither vanish nor grow from layer to layer.
void fill(std::vector<float>& memory, std::size_t from) {
  std::uint32_t state = 12345;
  for (std::size_t i = from; i < memory.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    memory[i] = (static_cast<float>(state >> 8) / 8388608.0f - 1.0f) * 0.1f;
  }
}

}  // namespace

float* Stage::grow(std::vector<float>& memory, std::int64_t floats) {
  const std::size_t before = memory.size(), wanted = static_cast<std::size_t>(floats + kAlignmentFloats);
  if (before < wanted) {
    memory.resize(wanted);
    fill(memory, before);
  }
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

std::vector<TimedStep> Stage::set(const Program& program, const std::vector<std::size_t>& candidates, const Library& library) {
  std::int64_t weight_floats = 0;
  for (const Step& step : program.steps) weight_floats = std::max(weight_floats, step.weights_offset + step.weights_floats);
  float* arena = grow(arena_, program.instance_floats());
  const float* weights = grow(weights_, weight_floats);
  inputs_.resize(program.inputs.size());
  for (std::size_t i = 0; i < inputs_.size(); ++i) grow(inputs_[i], program.buffers[static_cast<std::size_t>(program.inputs[i])].floats);
  std::vector<TimedStep> steps;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& step = program.steps[i];
    TimedStep timed;
    timed.candidate = candidates[i];
    timed.function = library.function(candidates[i]);
    for (const int source : step.sources) {
      const Buffer& buffer = program.buffers[static_cast<std::size_t>(source)];
      timed.sources.push_back(buffer.input >= 0 ? inputs_[static_cast<std::size_t>(buffer.input)].data() : arena + buffer.offset);
    }
    timed.weights = weights + step.weights_offset;
    timed.destination = arena + program.buffers[static_cast<std::size_t>(step.destination)].offset;
    timed.scratch = arena + step.scratch_offset;
    steps.push_back(std::move(timed));
  }
  return steps;
}

void time_pass(const std::vector<TimedStep>& steps, const std::vector<bool>& is_long, std::vector<double>& us) {
  static const double wall_overhead = overhead_of(CLOCK_MONOTONIC), cpu_overhead = overhead_of(CLOCK_THREAD_CPUTIME_ID);
  us.resize(steps.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    // A long step is likely to lose the processor meanwhile, which only its own time does not count; reading that takes a system call, which
    // a short step would feel. A short one that lost the processor stands out and is not counted.
    const clockid_t clock = is_long[i] ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    const TimedStep& step = steps[i];
    const double before = nanoseconds(clock);
    step.function(step.sources.data(), step.weights, step.destination, step.scratch);
    us[i] = std::max(1.0, nanoseconds(clock) - before - (is_long[i] ? cpu_overhead : wall_overhead)) / 1000.0;
  }
}

}  // namespace lne::explore
