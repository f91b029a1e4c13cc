// Times the steps of a network on the machine where this runs: kernels from a shared object, memory as a generated program lays it out. An
// exploration uses it in its own process, and the agent on a target.
#pragma once

#include <dlfcn.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

namespace lne::agent {

using KernelFunction = void (*)(const float* const* src, const float* weights, float* dst, float* scratch);

/// A source of a step: a network input, or a place in the arena.
struct PlannedSource {
  std::int64_t input = -1;
  std::int64_t offset = 0;
};

/// A step with its places in floats from the start of the arena, and of the weights.
struct PlannedStep {
  /// place of its kernel among the loaded symbols
  std::int64_t function = 0;
  std::vector<PlannedSource> sources;
  std::int64_t weights = 0;
  std::int64_t destination = 0;
  std::int64_t scratch = 0;
};

/// A network as steps, with the sizes of its memory in floats.
struct PlannedNetwork {
  std::int64_t arena_floats = 0;
  std::int64_t weights_floats = 0;
  std::vector<std::int64_t> input_floats;
  std::vector<PlannedStep> steps;
};

/// What an exploration has to know of a machine.
struct Machine {
  /// processor, as its kernel names it
  std::string name;
  /// sizes of caches in bytes; 0 where the system does not tell
  std::int64_t l2 = 0, l3 = 0;
};

inline std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line, model, family, stepping;
  while (std::getline(info, line) && line.find_first_not_of(" \t") != std::string::npos) {
    const auto value = [&](const char* key, std::string& into) {
      const std::size_t colon = line.find(':');
      if (line.rfind(key, 0) == 0 && colon != std::string::npos && colon + 2 <= line.size()) into = line.substr(colon + 2);
    };
    value("model name", model);
    value("CPU part", model);
    value("model\t", family);
    value("stepping", stepping);
  }
  return (model.empty() ? "unknown processor" : model) + " " + family + "." + stepping;
}

inline Machine this_machine() {
  const auto size_of = [](int name) { return static_cast<std::int64_t>(std::max(0L, ::sysconf(name))); };
  return {processor_name(), size_of(_SC_LEVEL2_CACHE_SIZE), size_of(_SC_LEVEL3_CACHE_SIZE)};
}

class Bench {
 public:
  Bench() = default;
  ~Bench() {
    if (library_ != nullptr) ::dlclose(library_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// Loads kernels in place of those before. @returns what is wrong, or an empty string
  std::string load(const std::string& path, const std::vector<std::string>& symbols) {
    steps_.clear();
    functions_.clear();
    if (library_ != nullptr) ::dlclose(library_);
    library_ = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) return ::dlerror();
    for (const std::string& symbol : symbols) {
      functions_.push_back(reinterpret_cast<KernelFunction>(::dlsym(library_, symbol.c_str())));
      if (functions_.back() == nullptr) return path + " does not hold " + symbol;
    }
    return {};
  }

  /// Lays out the memory of a network. @returns what is wrong, or an empty string
  std::string set(const PlannedNetwork& network) {
    steps_.clear();
    if (network.arena_floats < 0 || network.weights_floats < 0) return "a network of negative size";
    float* const arena = grow(arena_, network.arena_floats);
    const float* const weights = grow(weights_, network.weights_floats);
    if (inputs_.size() < network.input_floats.size()) inputs_.resize(network.input_floats.size());
    std::vector<const float*> inputs;
    for (std::size_t i = 0; i < network.input_floats.size(); ++i) inputs.push_back(grow(inputs_[i], network.input_floats[i]));
    for (const PlannedStep& step : network.steps) {
      Call call;
      const auto is_in_arena = [&](std::int64_t offset) { return offset >= 0 && offset <= network.arena_floats; };
      bool is_good = step.function >= 0 && step.function < static_cast<std::int64_t>(functions_.size()) && step.weights >= 0 && step.weights <= network.weights_floats && is_in_arena(step.destination) && is_in_arena(step.scratch);
      for (const PlannedSource& source : step.sources) {
        is_good = is_good && source.input < static_cast<std::int64_t>(inputs.size()) && (source.input >= 0 || is_in_arena(source.offset));
        if (is_good) call.sources.push_back(source.input >= 0 ? inputs[static_cast<std::size_t>(source.input)] : arena + source.offset);
      }
      if (!is_good) return "a step outside the network's memory";
      call.function = functions_[static_cast<std::size_t>(step.function)];
      call.weights = weights + step.weights;
      call.destination = arena + step.destination;
      call.scratch = arena + step.scratch;
      steps_.push_back(std::move(call));
    }
    return {};
  }

  std::size_t step_count() const { return steps_.size(); }

  /// Runs all steps once. @param is_long which steps are timed by the processor time of the thread @param us microseconds of each step
  void pass(const std::vector<bool>& is_long, std::vector<double>& us) {
    static const double wall_overhead = overhead_of(CLOCK_MONOTONIC), cpu_overhead = overhead_of(CLOCK_THREAD_CPUTIME_ID);
    us.resize(steps_.size());
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      // A long step is likely to lose the processor meanwhile, which only its own time does not count; reading that takes a system call, which
      // a short step would feel. A short one that lost the processor stands out and is not counted.
      const clockid_t clock = is_long[i] ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
      const Call& step = steps_[i];
      const double before = nanoseconds(clock);
      step.function(step.sources.data(), step.weights, step.destination, step.scratch);
      us[i] = std::max(1.0, nanoseconds(clock) - before - (is_long[i] ? cpu_overhead : wall_overhead)) / 1000.0;
    }
  }

 private:
  static constexpr std::size_t kAlignment = 64;

  struct Call {
    KernelFunction function = nullptr;
    std::vector<const float*> sources;
    const float* weights = nullptr;
    float* destination = nullptr;
    float* scratch = nullptr;
  };

  static double nanoseconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return 1e9 * static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec);
  }

  /// What two readings of a clock take by themselves.
  static double overhead_of(clockid_t clock) {
    double least = 1e9;
    for (int i = 0; i < 200; ++i) {
      const double before = nanoseconds(clock);
      least = std::min(least, nanoseconds(clock) - before);
    }
    return least;
  }

  /// Memory on a cache line, filled with small numbers of either sign that neither vanish nor grow from layer to layer.
  static float* grow(std::vector<float>& memory, std::int64_t floats) {
    const std::size_t before = memory.size(), wanted = static_cast<std::size_t>(std::max<std::int64_t>(0, floats)) + kAlignment / sizeof(float);
    if (before < wanted) memory.resize(wanted);
    std::uint32_t state = 12345;
    for (std::size_t i = before; i < memory.size(); ++i) {
      state = state * 1664525u + 1013904223u;
      memory[i] = (static_cast<float>(state >> 8) / 8388608.0f - 1.0f) * 0.1f;
    }
    return reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(memory.data()) + kAlignment - 1) / kAlignment * kAlignment);
  }

  void* library_ = nullptr;
  std::vector<KernelFunction> functions_;
  std::vector<float> arena_, weights_;
  std::vector<std::vector<float>> inputs_;
  std::vector<Call> steps_;
};

}  // namespace lne::agent
