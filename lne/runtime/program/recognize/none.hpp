// Of a program that takes arrays alone.
#pragma once

#include "instance.hpp"

inline const char* const kRecognizeHelp = "";

inline int recognize(int, char**) {
  std::fprintf(stderr, "this program takes arrays, not recordings: app run INPUT.npy OUTPUT.npy\n");
  return kUsage;
}
