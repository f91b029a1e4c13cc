// Layers whose kernel is an object of a library, for plugins.
#pragma once

#include <memory>
#include <mutex>

#include "../../runtime/library/layer_state.hpp"
#include "primitive.hpp"

namespace lne {

/// A layer that `State` computes (see `library::run`). Here the state belongs to the layer and goes with it; one thread runs it at a time.
/// @param state name of the class in the kernel's text @param value the shape's braced initializer
template <class State, class KernelShape>
Lowered lowered_library(const std::string& state, std::string type, const KernelShape& shape, std::string value) {
  struct Held {
    KernelShape shape;
    std::mutex mutex;
    const float* weights = nullptr;
    std::unique_ptr<State> state;
  };
  auto held = std::make_shared<Held>();
  held->shape = shape;
  Lowered lowered;
  lowered.run = [held](const float* const* src, const float* weights, float* dst, float* scratch) {
    const std::lock_guard<std::mutex> lock(held->mutex);
    if (!held->state || held->weights != weights) held->state = std::make_unique<State>(held->shape, weights);
    held->weights = weights;
    held->state->run(src, dst, scratch);
  };
  lowered.function = "lne::library::run<" + state + ">";
  lowered.shape_type = std::move(type);
  lowered.shape_value = std::move(value);
  return lowered;
}

}  // namespace lne
