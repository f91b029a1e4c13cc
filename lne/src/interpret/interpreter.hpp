// Runs a program in this process with the same kernels that are generated.
#pragma once

#include <memory>
#include <vector>

#include "../plan/program.hpp"

namespace lne {

/// One running instance: its arena; weights are the program's. Different instances of one program may run at the same time.
class Interpreter {
 public:
  explicit Interpreter(std::shared_ptr<const Program> program);

  /// @param inputs one pointer per network input, [elements] row-major in the order of its shape; must not alias the outputs
  /// @param outputs one pointer per network output
  void run(const float* const* inputs, float* const* outputs);

  /// As `run`, and adds the nanoseconds of each step to `step_ns` (one per step).
  void run_timed(const float* const* inputs, float* const* outputs, std::vector<double>& step_ns);

  const Program& program() const { return *program_; }

 private:
  struct Call {
    const Step* step;
    std::vector<const float*> sources;
    std::vector<int> source_inputs;  // network input that replaces a source, or -1
    float* destination;
  };

  void execute(const Call& call) const;
  void bind_inputs(const float* const* inputs);
  void copy_outputs(const float* const* inputs, float* const* outputs) const;
  const float* address_of(int buffer) const;

  std::shared_ptr<const Program> program_;
  std::unique_ptr<float[]> memory_;
  float* arena_ = nullptr;
  std::vector<Call> calls_;
};

}  // namespace lne
