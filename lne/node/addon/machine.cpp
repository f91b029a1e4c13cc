// What Node has no call for: processor features and file locks.
#include "machine.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <set>

#include "guard.hpp"
#include "source_digests.hpp"
#if defined(__linux__) && defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace lne::node {
namespace {

std::vector<std::string> cpu_features() {
  std::vector<std::string> names;
#if defined(__x86_64__)
  __builtin_cpu_init();
#define LNE_FEATURE(name) \
  if (__builtin_cpu_supports(name)) names.emplace_back(name)
  LNE_FEATURE("sse4.2");
  LNE_FEATURE("avx");
  LNE_FEATURE("fma");
  LNE_FEATURE("avx2");
  LNE_FEATURE("avx512f");
  LNE_FEATURE("avx512bw");
  LNE_FEATURE("avx512cd");
  LNE_FEATURE("avx512dq");
  LNE_FEATURE("avx512vl");
  LNE_FEATURE("avx512vnni");
#undef LNE_FEATURE
#elif defined(__linux__) && defined(__aarch64__)
  const unsigned long bits = getauxval(AT_HWCAP);
  if (bits & HWCAP_ASIMD) names.emplace_back("asimd");
  if (bits & HWCAP_ASIMDHP) names.emplace_back("asimdhp");
  if (bits & HWCAP_ASIMDDP) names.emplace_back("asimddp");
  if (bits & HWCAP_SVE) names.emplace_back("sve");
#elif defined(__aarch64__)
  names.emplace_back("asimd");
#endif
  return names;
}

Napi::Value cpu_features_of(const Napi::CallbackInfo& info) {
  const std::vector<std::string> names = cpu_features();
  Napi::Array list = Napi::Array::New(info.Env(), names.size());
  for (std::size_t i = 0; i < names.size(); ++i) list.Set(static_cast<std::uint32_t>(i), names[i]);
  return list;
}

/// Descriptors of held locks: `unlockFile` closes none but these.
struct HeldLocks {
  std::mutex mutex;
  std::set<int> descriptors;
};

HeldLocks& held_locks() {
  static HeldLocks locks;
  return locks;
}

/// An advisory lock of the kernel: gone with the process, however that ends, so no stale lock is ever left.
Napi::Value lock_file(const Napi::CallbackInfo& info) {
  const std::string path = text_argument(info, 0, "path");
  if (path.empty() || path.find('\0') != std::string::npos) throw Failure{"LNE_ARGUMENT", "path must name a file"};
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) throw Failure{"LOCK_OPEN", path + ": the lock file can't be opened: " + std::strerror(errno)};
  int taken;
  do taken = flock(descriptor, LOCK_EX | LOCK_NB);
  while (taken != 0 && errno == EINTR);
  if (taken != 0) {
    const int reason = errno;
    close(descriptor);
    if (reason == EWOULDBLOCK) throw Failure{"LOCK_HELD", path + ": another process holds the lock"};
    throw Failure{"LOCK_UNSUPPORTED", path + ": its file system gives no locks: " + std::strerror(reason)};
  }
  const std::lock_guard<std::mutex> guard(held_locks().mutex);
  held_locks().descriptors.insert(descriptor);
  return Napi::Number::New(info.Env(), descriptor);
}

Napi::Value unlock_file(const Napi::CallbackInfo& info) {
  const int descriptor = static_cast<int>(whole_argument(info, 0, "lock", 0, 1 << 30));
  const std::lock_guard<std::mutex> guard(held_locks().mutex);
  const bool was_held = held_locks().descriptors.erase(descriptor) > 0;
  if (was_held) close(descriptor);
  return Napi::Boolean::New(info.Env(), was_held);
}

Napi::Value source_digests(const Napi::CallbackInfo& info) {
  Napi::Object digests = Napi::Object::New(info.Env());
  digests.Set("audio", kAudioDigest);
  digests.Set("engine", kEngineDigest);
  return digests;
}

}  // namespace

void export_machine(Napi::Env env, Napi::Object exports) {
  exports.Set("cpuFeatures", Napi::Function::New<guarded<cpu_features_of>>(env));
  exports.Set("lockFile", Napi::Function::New<guarded<lock_file>>(env));
  exports.Set("unlockFile", Napi::Function::New<guarded<unlock_file>>(env));
  exports.Set("sourceDigests", Napi::Function::New<guarded<source_digests>>(env));
}

}  // namespace lne::node
