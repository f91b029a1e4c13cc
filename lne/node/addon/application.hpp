#pragma once

#include <napi.h>

namespace lne::node {

/// Adds applicationFiles, compileApplication and what is done with an application.
void export_application(Napi::Env env, Napi::Object exports);

}  // namespace lne::node
