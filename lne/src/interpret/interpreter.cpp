#include "interpreter.hpp"

#include <chrono>
#include <cstring>

#include "step_borders.hpp"

namespace lne {
Interpreter::Interpreter(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  memory_ = std::make_unique<float[]>(static_cast<std::size_t>(program_->instance_floats() + kAlignmentFloats));
  arena_ = aligned(memory_.get());
  for (const Step& step : program_->steps) {
    Call call{&step, {}, {}, arena_ + program_->buffers[static_cast<std::size_t>(step.destination)].offset};
    for (const int source : step.sources) {
      call.source_inputs.push_back(program_->buffers[static_cast<std::size_t>(source)].input);
      call.sources.push_back(address_of(source));
    }
    calls_.push_back(std::move(call));
  }
}

const float* Interpreter::address_of(int buffer) const {
  const Buffer& at = program_->buffers[static_cast<std::size_t>(buffer)];
  return at.input >= 0 ? nullptr : arena_ + at.offset;
}

void Interpreter::bind_inputs(const float* const* inputs) {
  for (Call& call : calls_) {
    for (std::size_t i = 0; i < call.sources.size(); ++i) {
      if (call.source_inputs[i] >= 0) call.sources[i] = inputs[call.source_inputs[i]];
    }
  }
}

void Interpreter::copy_outputs(const float* const* inputs, float* const* outputs) const {
  for (std::size_t i = 0; i < program_->outputs.size(); ++i) {
    const Buffer& buffer = program_->buffers[static_cast<std::size_t>(program_->outputs[i])];
    const float* from = buffer.input >= 0 ? inputs[buffer.input] : arena_ + buffer.offset;
    std::memcpy(outputs[i], from, static_cast<std::size_t>(element_count(buffer.shape)) * sizeof(float));
  }
}

void Interpreter::execute(const Call& call) const {
  [[maybe_unused]] const StepBorders borders(*program_, *call.step, arena_);
  call.step->lowered.run(call.sources.data(), program_->weights.data() + call.step->weights_offset, call.destination, arena_ + call.step->scratch_offset);
}

void Interpreter::run(const float* const* inputs, float* const* outputs) {
  bind_inputs(inputs);
  for (const Call& call : calls_) execute(call);
  copy_outputs(inputs, outputs);
}

void Interpreter::run_timed(const float* const* inputs, float* const* outputs, std::vector<double>& step_ns) {
  bind_inputs(inputs);
  step_ns.resize(calls_.size(), 0.0);
  for (std::size_t i = 0; i < calls_.size(); ++i) {
    const auto before = std::chrono::steady_clock::now();
    execute(calls_[i]);
    step_ns[i] += std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - before).count();
  }
  copy_outputs(inputs, outputs);
}

}  // namespace lne
