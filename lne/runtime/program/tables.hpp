// The tables behind the C interface, which the generated network.cpp fills.
#pragma once

#include <cstddef>
#include <cstdint>

namespace {

using StepFunction = void (*)(const float* const* inputs, float* arena);

struct StepEntry {
  StepFunction run;
  const char* name;
  std::int64_t offset, floats;  // of what it writes, in the arena
  std::size_t module;
};

/// A module runs when all its conditions hold.
struct Module {
  const char* name;
  std::size_t first_condition, last_condition;
};

struct Port {
  std::int64_t shape[9];
  std::size_t elements;
  std::int64_t offset;  // in the arena, or -1 - index for an input that is handed through
  const char* name;
  const char* type;
  const char* kind;
  std::size_t module;
  std::size_t first_class, class_count;
};

}  // namespace
