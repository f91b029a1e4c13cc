#include "target.hpp"

#include "../../include/lne/lne.hpp"

namespace lne {

const std::vector<Target>& targets() {
  // GCC, left to schedule AArch64's instructions before it gives out registers, keeps sums of a full register tile on the stack.
  static const std::vector<Target> all = {
      {"x86-64-v4", "-march=x86-64-v4", "x86-64 with AVX-512 (F, BW, CD, DQ, VL)", {32, 16}, "x86_64", "x86_64-linux-gnu-g++", "g++-x86-64-linux-gnu"},
      {"x86-64-v3", "-march=x86-64-v3", "x86-64 with AVX2 and FMA", {16, 8}, "x86_64", "x86_64-linux-gnu-g++", "g++-x86-64-linux-gnu"},
      {"aarch64", "-march=armv8-a -fno-schedule-insns", "64-bit Arm with NEON", {32, 4, 4}, "aarch64", "aarch64-linux-gnu-g++", "g++-aarch64-linux-gnu"},
      {"armv7", "-march=armv7-a -mfpu=neon -mfloat-abi=hard", "32-bit Arm; plain C++ kernels", {16, 4}, "arm", "arm-linux-gnueabihf-g++", "g++-arm-linux-gnueabihf"},
      {"generic", "", "any processor with a C++17 compiler; plain C++ kernels", {16, 4}, "", "", ""},
  };
  return all;
}

const Target* find_target(const std::string& name) {
  const std::string wanted = name == "native" ? host_target() : name;
  for (const Target& target : targets()) {
    if (target.name == wanted) return &target;
  }
  return nullptr;
}

Error unknown_target(const std::string& name) {
  std::string names = "native";
  for (const Target& known : targets()) names += ", " + known.name;
  return {"LNE_TARGET", "there is no target '" + name + "'; there are " + names};
}

std::string host_target() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool has_v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool has_v4 = has_v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512vl");
  return has_v4 ? "x86-64-v4" : has_v3 ? "x86-64-v3" : "generic";
#elif defined(__aarch64__)
  return "aarch64";
#else
  return "generic";
#endif
}

bool is_foreign(const std::string& name) {
#if defined(__x86_64__)
  const std::string here = "x86_64";
#elif defined(__aarch64__)
  const std::string here = "aarch64";
#elif defined(__arm__)
  const std::string here = "arm";
#else
  const std::string here = "other";
#endif
  const Target* target = find_target(name);
  return target != nullptr && !target->architecture.empty() && target->architecture != here;
}

bool can_run(const std::string& name) {
  const std::string host = host_target();
  return name == "native" || name == host || name == "generic" || (name == "x86-64-v3" && host == "x86-64-v4");
}

}  // namespace lne
