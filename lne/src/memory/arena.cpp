#include "arena.hpp"

#include <algorithm>
#include <numeric>

namespace lne {
namespace {

bool overlap(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

/// Puts a buffer at the lowest offset where it fits beside those that have one.
void put(const std::vector<Lifetime>& buffers, std::size_t at, ArenaPlan& plan) {
  std::vector<std::pair<std::int64_t, std::int64_t>> taken;
  for (std::size_t other = 0; other < buffers.size(); ++other) {
    if (plan.offsets[other] >= 0 && overlap(buffers[at], buffers[other])) taken.push_back({plan.offsets[other], plan.offsets[other] + buffers[other].size});
  }
  std::sort(taken.begin(), taken.end());
  std::int64_t offset = 0;
  for (const auto& [begin, end] : taken) {
    if (offset + buffers[at].size <= begin) break;
    offset = std::max(offset, end);
  }
  plan.offsets[at] = offset;
  plan.size = std::max(plan.size, offset + buffers[at].size);
}

ArenaPlan place(const std::vector<Lifetime>& buffers, const std::vector<std::size_t>& order) {
  ArenaPlan plan;
  plan.offsets.assign(buffers.size(), -1);
  for (const std::size_t at : order) put(buffers, at, plan);
  return plan;
}

std::int64_t lower_bound_of(const std::vector<Lifetime>& buffers) {
  std::int64_t bound = 0;
  for (const Lifetime& at : buffers) {
    std::int64_t alive = 0;
    for (const Lifetime& buffer : buffers) {
      if (buffer.first <= at.first && at.first <= buffer.last) alive += buffer.size;
    }
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
  const int budget = buffers.size() > 400 ? 200 : 4000;
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
  ArenaPlan whole;
  whole.offsets = plan.offsets;
  whole.offsets.resize(all.size(), -1);
  whole.size = plan.size;
  for (std::size_t at = buffers.size(); at < all.size(); ++at) put(all, at, whole);
  whole.offsets.erase(whole.offsets.begin(), whole.offsets.begin() + static_cast<std::ptrdiff_t>(buffers.size()));
  whole.lower_bound = lower_bound_of(all);
  return whole;
}

}  // namespace lne
