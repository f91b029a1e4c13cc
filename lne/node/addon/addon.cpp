// Entry of the Node addon.
#include <napi.h>

#include "application.hpp"
#include "audio.hpp"
#include "machine.hpp"
#include "network.hpp"

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  lne::node::export_audio(env, exports);
  lne::node::export_network(env, exports);
  lne::node::export_application(env, exports);
  lne::node::export_machine(env, exports);
  return exports;
}

NODE_API_MODULE(lne, initialize)
