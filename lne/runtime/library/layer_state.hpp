// What a library makes for a layer (an operator with packed weights), kept from the layer's first run on: libraries have objects where LNE's kernels are
// functions. Each thread makes its own, so that no lock is needed and instances stay independent; a thread's objects go with it. The price: a
// thread's first run of a layer allocates and packs, and weights are in memory twice, once as the program carries them and once as the library does.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace lne::library {

/// For what can't fail after the layer was planned, and has no way to be told: kernels return nothing.
[[noreturn]] inline void fail(const char* library, const char* reason) {
  std::fprintf(stderr, "%s: %s\n", library, reason);
  std::abort();
}

/// The state of a layer on this thread: made from shape and weights, which stay where they are. Where kernels are only timed, with weights that lie
/// elsewhere in each pass and have no content, LNE_ONE_STATE_PER_KERNEL lets a shape have one state.
template <class State, class Shape>
State& state_of(const Shape& shape, const float* weights) {
  struct Entry {
    const Shape* shape;
    const float* weights;
    std::unique_ptr<State> state;
  };
  thread_local std::vector<Entry> entries;
#ifdef LNE_ONE_STATE_PER_KERNEL
  constexpr bool is_by_weights = false;
#else
  constexpr bool is_by_weights = true;
#endif
  for (const Entry& entry : entries) {
    if (entry.shape == &shape && (!is_by_weights || entry.weights == weights)) return *entry.state;
  }
  entries.push_back({&shape, weights, std::make_unique<State>(shape, weights)});
  return *entries.back().state;
}

/// A kernel: `State(shape, weights)` makes what the library needs, `run(src, dst, scratch)` computes. @param shape of static storage
template <class State, class Shape>
inline void run(const Shape& shape, const float* const* src, const float* weights, float* dst, float* scratch) {
  state_of<State>(shape, weights).run(src, dst, scratch);
}

}  // namespace lne::library
