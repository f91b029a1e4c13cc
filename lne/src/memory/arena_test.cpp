#include "arena.hpp"

#include <gtest/gtest.h>

#include <random>

namespace lne {
namespace {

bool share_a_step(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

void expect_no_overlap(const std::vector<Lifetime>& buffers, const ArenaPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    ASSERT_GE(plan.offsets[i], 0);
    ASSERT_LE(plan.offsets[i] + buffers[i].size, plan.size);
    for (std::size_t j = 0; j < i; ++j) {
      if (!share_a_step(buffers[i], buffers[j])) continue;
      const bool is_apart = plan.offsets[i] + buffers[i].size <= plan.offsets[j] || plan.offsets[j] + buffers[j].size <= plan.offsets[i];
      ASSERT_TRUE(is_apart) << "buffers " << i << " and " << j;
    }
  }
}

TEST(Arena, OfNothingIsEmpty) {
  const ArenaPlan plan = plan_arena({});
  EXPECT_EQ(plan.size, 0);
  EXPECT_EQ(plan.lower_bound, 0);
}

TEST(Arena, OfAChainIsAsLargeAsItsLargestPairOfNeighbours) {
  // Each layer reads the buffer before it: sizes 64, 256, 128, 192 of which two live at a time.
  const std::vector<Lifetime> buffers{{64, 0, 1}, {256, 1, 2}, {128, 2, 3}, {192, 3, 4}};
  const ArenaPlan plan = plan_arena(buffers);
  EXPECT_EQ(plan.lower_bound, 384);
  EXPECT_EQ(plan.size, 384);
  expect_no_overlap(buffers, plan);
}

TEST(Arena, KeepsAResidualBranchAlive) {
  const std::vector<Lifetime> buffers{{128, 0, 3}, {128, 1, 2}, {128, 2, 3}};
  const ArenaPlan plan = plan_arena(buffers);
  EXPECT_EQ(plan.lower_bound, 384);
  EXPECT_EQ(plan.size, 384);
  expect_no_overlap(buffers, plan);
}

/// Buffers that live long are found by their offsets, others by the steps at which they are alive.
TEST(Arena, PlacesCrowdsLikeFew) {
  std::mt19937 random(11);
  for (int round = 0; round < 20; ++round) {
    std::vector<Lifetime> few;
    for (int i = 0; i < 60; ++i) {
      const int first = static_cast<int>(random() % 50);
      few.push_back({64 * static_cast<std::int64_t>(1 + random() % 50), first, first + static_cast<int>(random() % 30)});
    }
    // The same, with a hundred steps for each.
    std::vector<Lifetime> crowd;
    for (const Lifetime& each : few) crowd.push_back({each.size, 100 * each.first, 100 * each.last + 99});
    const ArenaPlan plan = plan_arena(crowd);
    expect_no_overlap(crowd, plan);
    EXPECT_EQ(plan.size, plan_arena(few).size);
    EXPECT_EQ(plan.offsets, plan_arena(few).offsets);
  }
}

TEST(Arena, NeverLetsLiveBuffersOverlapAndStaysNearTheBound) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<Lifetime> buffers;
    const int count = 1 + static_cast<int>(random() % 30);
    for (int i = 0; i < count; ++i) {
      const int first = static_cast<int>(random() % 20);
      buffers.push_back({64 * static_cast<std::int64_t>(1 + random() % 50), first, first + static_cast<int>(random() % 6)});
    }
    const ArenaPlan plan = plan_arena(buffers);
    expect_no_overlap(buffers, plan);
    EXPECT_GE(plan.size, plan.lower_bound);
    EXPECT_LE(static_cast<double>(plan.size), 1.5 * static_cast<double>(plan.lower_bound)) << "round " << round;
    for (const std::int64_t offset : plan.offsets) EXPECT_EQ(offset % 64, 0);
    EXPECT_EQ(plan_arena(buffers).offsets, plan.offsets);
  }
}

}  // namespace
}  // namespace lne
