#include "step_borders.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lne {
namespace {

#ifdef LNE_ADDRESS_SANITIZER

/// Three tensors of 16 floats one behind the other, the middle one in the first eight of 16 channels of its two positions, then 16 floats of scratch.
Program three_tensors() {
  Program program;
  program.arena_floats = 80;
  program.scratch_floats = 16;
  program.buffers = {{"source", {1, 8, 1, 2}, Layout::kChannelsLast8, 16, -1, 0}, {"part", {1, 8, 1, 2}, Layout::kChannelsLast8, 16, -1, 16, -1, 0, 16}, {"other", {1, 16}, Layout::kPlain, 16, -1, 64}};
  return program;
}

TEST(StepBorders, TensorsAndScratchOfAStepAreOpen) {
  const Program program = three_tensors();
  Step step;
  step.sources = {0};
  step.destination = 1;
  step.scratch_offset = 80;
  step.lowered.scratch_floats = 16;
  std::vector<float> instance(96);
  volatile float* memory = instance.data();
  {
    const StepBorders borders(program, step, instance.data());
    for (const int at : {0, 15, 16, 39, 80, 95}) memory[at] = 1;
    EXPECT_DEATH(memory[40] = 1, "use-after-poison");
    EXPECT_DEATH(memory[64] = 1, "use-after-poison");
  }
  memory[64] = 1;
}

#endif

}  // namespace
}  // namespace lne
