#pragma once

#include <napi.h>

namespace lne::node {

/// Adds decodeWav, resample, mfccShape and mfcc.
void export_audio(Napi::Env env, Napi::Object exports);

}  // namespace lne::node
