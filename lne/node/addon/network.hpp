#pragma once

#include <napi.h>

namespace lne::node {

/// Adds importNetwork, what is done with a network, nativeTarget and operators.
void export_network(Napi::Env env, Napi::Object exports);

}  // namespace lne::node
