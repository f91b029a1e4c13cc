// The audio front end behind a C interface, for the comparison with librosa.
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "../runtime/audio/mfcc.hpp"

using lne::audio::Mfcc;
using lne::audio::MfccParameters;

namespace {

struct Front {
  Mfcc mfcc;
  std::vector<float> workspace;
};

}  // namespace

extern "C" {

/// @param numbers rate, clip, frame and stride in samples, bands, mels, 1 for reflect, 1 for htk @param top_db negative for none
void* front_new(const std::int32_t* numbers, double top_db) {
  MfccParameters p;
  p.rate_hz = numbers[0];
  p.clip_samples = numbers[1];
  p.frame_samples = numbers[2];
  p.stride_samples = numbers[3];
  p.bands = numbers[4];
  p.mels = numbers[5];
  p.pad_mode = numbers[6] != 0 ? lne::audio::PadMode::kReflect : lne::audio::PadMode::kConstant;
  p.htk = numbers[7] != 0;
  p.has_top_db = top_db >= 0;
  p.top_db = top_db;
  if (!lne::audio::check_mfcc(p).empty()) return nullptr;
  Front* front = new Front{Mfcc(p), {}};
  front->workspace.resize(front->mfcc.workspace_size());
  return front;
}

void front_delete(void* front) { delete static_cast<Front*>(front); }

std::int32_t front_frames(const void* front) { return static_cast<const Front*>(front)->mfcc.frames(); }

/// @param features [band][frame]
void front_compute(void* front, const float* samples, std::int64_t count, float* features) {
  Front& at = *static_cast<Front*>(front);
  at.mfcc.compute(samples, count, at.workspace.data(), features);
}
}
