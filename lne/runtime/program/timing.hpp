// Repeats a call and prints its times as the one JSON line that every engine's runner prints.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

namespace lne::program {

inline double median_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

inline double process_cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

#if defined(CLOCK_PROCESS_CPUTIME_ID)
/// CPU time with the resolution of nanoseconds where the system has it.
inline double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}
#else
inline double cpu_ms() { return process_cpu_ms(); }
#endif

/// Peak resident memory in megabytes, 0 where the system does not tell.
inline double peak_rss_mb() {
  std::FILE* status = std::fopen("/proc/self/status", "r");
  if (status == nullptr) return 0.0;
  char line[256];
  double megabytes = 0.0;
  while (std::fgets(line, sizeof line, status) != nullptr) {
    if (std::strncmp(line, "VmHWM:", 6) == 0) megabytes = std::atof(line + 6) / 1024.0;
  }
  std::fclose(status);
  return megabytes;
}

/// Times `call` `runs` times after `warmup` calls that do not count, and prints {"times_ms", "cpu_ms", "median_ms", "min_ms", "load_ms", "rss_mb"}.
template <class Call>
void print_times(Call call, int runs, int warmup, double load_ms) {
  for (int i = 0; i < warmup; ++i) call();
  std::vector<double> wall(static_cast<std::size_t>(runs)), cpu(static_cast<std::size_t>(runs));
  for (std::size_t i = 0; i < wall.size(); ++i) {
    const double cpu_before = cpu_ms();
    const auto before = std::chrono::steady_clock::now();
    call();
    wall[i] = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - before).count();
    cpu[i] = cpu_ms() - cpu_before;
  }
  const auto print = [](const char* name, const std::vector<double>& values) {
    std::printf("\"%s\":[", name);
    for (std::size_t i = 0; i < values.size(); ++i) std::printf("%s%.6g", i > 0 ? "," : "", values[i]);
    std::printf("],");
  };
  std::printf("{");
  print("times_ms", wall);
  print("cpu_ms", cpu);
  std::printf("\"median_ms\":%.6g,\"min_ms\":%.6g,\"load_ms\":%.6g,\"rss_mb\":%.6g}\n", median_of(wall), *std::min_element(wall.begin(), wall.end()), load_ms, peak_rss_mb());
}

}  // namespace lne::program
