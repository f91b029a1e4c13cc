#pragma once

#include <napi.h>

namespace lne::node {

/// Adds cpuFeatures, lockFile, unlockFile and sourceDigests.
void export_machine(Napi::Env env, Napi::Object exports);

}  // namespace lne::node
