// Places buffers that live for a while into one block of memory, as small as can be found.
#pragma once

#include <cstdint>
#include <vector>

namespace lne {

/// A buffer's size and the steps during which it is needed, both ends included.
struct Lifetime {
  std::int64_t size = 0;
  int first = 0;
  int last = 0;
};

struct ArenaPlan {
  std::vector<std::int64_t> offsets;
  std::int64_t size = 0;
  /// the most that is alive at any one step: no plan can be smaller
  std::int64_t lower_bound = 0;
};

/// Sizes are multiples of the alignment that offsets shall have. Deterministic.
ArenaPlan plan_arena(const std::vector<Lifetime>& buffers);

/// Places further buffers into the gaps of a plan, and behind it what does not fit. @returns offsets of `more` alone, and the size of all
ArenaPlan plan_more(const std::vector<Lifetime>& buffers, const ArenaPlan& plan, const std::vector<Lifetime>& more);

}  // namespace lne
