#pragma once

#include <vector>

namespace lne {

/// Empties a vector and gives its memory back; `= {}` would keep that.
template <class T>
void release(std::vector<T>& values) {
  std::vector<T>().swap(values);
}

}  // namespace lne
