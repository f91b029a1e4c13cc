// What a step may touch of the one block in which all tensors lie: under the address sanitizer, anything else is a fault.
#pragma once

#include "../plan/program.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define LNE_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LNE_ADDRESS_SANITIZER 1
#endif
#endif

#ifdef LNE_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace lne {

#ifdef LNE_ADDRESS_SANITIZER

/// While it lives, nothing of an instance's memory may be touched but a step's tensors and its scratch.
class StepBorders {
 public:
  StepBorders(const Program& program, const Step& step, float* memory) : memory_(memory), floats_(program.instance_floats()) {
    ASAN_POISON_MEMORY_REGION(memory_, bytes(floats_));
    open(step.scratch_offset, step.lowered.scratch_floats);
    open(program.buffers[static_cast<std::size_t>(step.destination)]);
    for (const int source : step.sources) open(program.buffers[static_cast<std::size_t>(source)]);
  }
  ~StepBorders() { ASAN_UNPOISON_MEMORY_REGION(memory_, bytes(floats_)); }
  StepBorders(const StepBorders&) = delete;
  StepBorders& operator=(const StepBorders&) = delete;

 private:
  static std::size_t bytes(std::int64_t floats) { return static_cast<std::size_t>(floats) * sizeof(float); }

  void open(std::int64_t offset, std::int64_t floats) const { ASAN_UNPOISON_MEMORY_REGION(memory_ + offset, bytes(floats)); }

  /// A part of a wider tensor goes on from position to position of that, up to its own last channels.
  void open(const Buffer& buffer) const {
    if (buffer.input >= 0) return;
    const std::int64_t lanes = buffer.step > 0 ? padded_channels(buffer.shape[1]) : 0;
    open(buffer.offset, buffer.step > 0 ? (buffer.floats / lanes - 1) * buffer.step + lanes : buffer.floats);
  }

  float* memory_;
  std::int64_t floats_;
};

#else

class StepBorders {
 public:
  StepBorders(const Program&, const Step&, const float*) {}
};

#endif

}  // namespace lne
