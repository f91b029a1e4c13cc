// Buffers that lie inside others: the one that has memory of its own, and where in it.
#pragma once

#include "../plan/program.hpp"

namespace lne {

/// Per buffer: the outermost buffer in whose memory it lies (itself where it has its own), and the floats from that one's start.
struct Roots {
  std::vector<int> root;
  std::vector<std::int64_t> start;
};

inline Roots roots_of(const std::vector<Buffer>& buffers) {
  Roots found{std::vector<int>(buffers.size(), -1), std::vector<std::int64_t>(buffers.size(), 0)};
  std::vector<std::size_t> path;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    // Each buffer is walked through once: the way ends at one whose root is known.
    for (std::size_t at = i; found.root[at] < 0; at = static_cast<std::size_t>(buffers[at].parent)) {
      path.push_back(at);
      if (buffers[at].parent < 0) break;
    }
    for (; !path.empty(); path.pop_back()) {
      const std::size_t at = path.back();
      const Buffer& buffer = buffers[at];
      found.root[at] = buffer.parent < 0 ? static_cast<int>(at) : found.root[static_cast<std::size_t>(buffer.parent)];
      found.start[at] = buffer.parent < 0 ? 0 : found.start[static_cast<std::size_t>(buffer.parent)] + buffer.parent_offset;
    }
  }
  return found;
}

}  // namespace lne
