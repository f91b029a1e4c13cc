#include "arena.hpp"

#include <algorithm>
#include <numeric>

namespace lne {
namespace {

int steps_of(const std::vector<Lifetime>& buffers) {
  int steps = 0;
  for (const Lifetime& buffer : buffers) steps = std::max(steps, buffer.last + 1);
  return steps;
}

/// Buffers that have been given a place. Where few are alive at a time they are found by the steps at which they are; where many are, by their offsets.
class Placing {
 public:
  explicit Placing(const std::vector<Lifetime>& buffers) : buffers_(buffers) {
    std::size_t steps = 0;
    for (const Lifetime& buffer : buffers) steps += static_cast<std::size_t>(buffer.last - buffer.first + 1);
    is_crowded_ = steps > kCrowded * buffers.size();
    if (!is_crowded_) alive_.resize(static_cast<std::size_t>(steps_of(buffers))), starting_.resize(alive_.size());
    plan_.offsets.assign(buffers.size(), -1);
  }

  /// Gives a buffer the lowest offset where it fits beside those that have one.
  void put(std::size_t at) {
    std::int64_t offset = 0;
    const auto fits_before = [&](std::size_t other) {
      if (offset + buffers_[at].size <= plan_.offsets[other]) return true;
      offset = std::max(offset, plan_.offsets[other] + buffers_[other].size);
      return false;
    };
    if (is_crowded_) {
      const auto is_beside = [&](std::size_t other) { return buffers_[other].first <= buffers_[at].last && buffers_[at].first <= buffers_[other].last; };
      for (const std::size_t other : by_offset_) {
        if (is_beside(other) && fits_before(other)) break;
      }
      return fix(at, offset);
    }
    // Alive together are those that are alive when this one begins, and those that begin later and before it ends.
    std::vector<std::size_t> beside = alive_[static_cast<std::size_t>(buffers_[at].first)];
    for (int step = buffers_[at].first + 1; step <= buffers_[at].last; ++step) {
      const std::vector<std::size_t>& begun = starting_[static_cast<std::size_t>(step)];
      beside.insert(beside.end(), begun.begin(), begun.end());
    }
    std::sort(beside.begin(), beside.end(), [&](std::size_t a, std::size_t b) { return plan_.offsets[a] < plan_.offsets[b]; });
    for (const std::size_t other : beside) {
      if (fits_before(other)) break;
    }
    fix(at, offset);
  }

  void fix(std::size_t at, std::int64_t offset) {
    plan_.offsets[at] = offset;
    plan_.size = std::max(plan_.size, offset + buffers_[at].size);
    if (is_crowded_) {
      by_offset_.insert(std::upper_bound(by_offset_.begin(), by_offset_.end(), offset, [&](std::int64_t wanted, std::size_t other) { return wanted < plan_.offsets[other]; }), at);
      return;
    }
    starting_[static_cast<std::size_t>(buffers_[at].first)].push_back(at);
    for (int step = buffers_[at].first; step <= buffers_[at].last; ++step) alive_[static_cast<std::size_t>(step)].push_back(at);
  }

  ArenaPlan& plan() { return plan_; }

 private:
  /// Steps of a buffer, on average, from which on lists for each step cost more than one list.
  static constexpr std::size_t kCrowded = 64;

  const std::vector<Lifetime>& buffers_;
  bool is_crowded_ = false;
  std::vector<std::vector<std::size_t>> alive_, starting_;
  std::vector<std::size_t> by_offset_;
  ArenaPlan plan_;
};

ArenaPlan place(const std::vector<Lifetime>& buffers, const std::vector<std::size_t>& order) {
  Placing placing(buffers);
  for (const std::size_t at : order) placing.put(at);
  return std::move(placing.plan());
}

std::int64_t lower_bound_of(const std::vector<Lifetime>& buffers) {
  std::vector<std::int64_t> change(static_cast<std::size_t>(steps_of(buffers)) + 1, 0);
  for (const Lifetime& buffer : buffers) {
    change[static_cast<std::size_t>(buffer.first)] += buffer.size;
    change[static_cast<std::size_t>(buffer.last) + 1] -= buffer.size;
  }
  std::int64_t alive = 0, bound = 0;
  for (const std::int64_t each : change) {
    alive += each;
    bound = std::max(bound, alive);
  }
  return bound;
}

/// A small generator of its own, so that plans are the same everywhere.
struct Lcg {
  std::uint64_t state = 0x9E3779B97F4A7C15ull;
  std::uint64_t next() {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return state >> 33;
  }
};

/// Swaps in an order until the bound is met or the budget is spent; a swap that makes the plan larger is taken back.
ArenaPlan improve(const std::vector<Lifetime>& buffers, std::vector<std::size_t> order, std::int64_t bound, int budget) {
  ArenaPlan best = place(buffers, order);
  Lcg random;
  for (int i = 0; i < budget && best.size > bound; ++i) {
    const std::size_t a = random.next() % order.size(), b = random.next() % order.size();
    std::swap(order[a], order[b]);
    ArenaPlan plan = place(buffers, order);
    if (plan.size <= best.size) best = std::move(plan);
    else std::swap(order[a], order[b]);
  }
  return best;
}

}  // namespace

ArenaPlan plan_arena(const std::vector<Lifetime>& buffers) {
  if (buffers.empty()) return {};
  const std::int64_t bound = lower_bound_of(buffers);
  std::vector<std::size_t> by_size(buffers.size());
  std::iota(by_size.begin(), by_size.end(), 0);
  std::vector<std::size_t> by_start = by_size;
  std::stable_sort(by_size.begin(), by_size.end(), [&](std::size_t a, std::size_t b) { return buffers[a].size > buffers[b].size; });
  // As much time for a large network as for one of 400 tensors.
  const int budget = buffers.size() > 400 ? static_cast<int>(std::max<std::size_t>(4, 80000 / buffers.size())) : 4000;
  ArenaPlan best = improve(buffers, by_size, bound, budget);
  if (best.size > bound) {
    ArenaPlan other = improve(buffers, by_start, bound, budget);
    if (other.size < best.size) best = std::move(other);
  }
  best.lower_bound = bound;
  return best;
}

ArenaPlan plan_more(const std::vector<Lifetime>& buffers, const ArenaPlan& plan, const std::vector<Lifetime>& more) {
  std::vector<Lifetime> all = buffers;
  all.insert(all.end(), more.begin(), more.end());
  Placing placing(all);
  for (std::size_t at = 0; at < buffers.size(); ++at) placing.fix(at, plan.offsets[at]);
  for (std::size_t at = buffers.size(); at < all.size(); ++at) placing.put(at);
  ArenaPlan whole = std::move(placing.plan());
  whole.size = std::max(whole.size, plan.size);
  whole.offsets.erase(whole.offsets.begin(), whole.offsets.begin() + static_cast<std::ptrdiff_t>(buffers.size()));
  whole.lower_bound = lower_bound_of(all);
  return whole;
}

}  // namespace lne
