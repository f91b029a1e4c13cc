// Random networks with random costs: the optimum is never above any plan, and learning comes close to it.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "learning.hpp"

namespace lne::explore {
namespace {

/// Convolutions of 8 channels on a map of 6 x 6 in a random graph: each reads one value made before, and some add another one.
Graph random_graph(std::mt19937& random, int layers) {
  Graph graph;
  Value input;
  input.name = "input";
  input.shape = {1, 8, 6, 6};
  graph.inputs = {graph.add_value(input)};
  std::vector<ValueId> made = graph.inputs;
  for (int i = 0; i < layers; ++i) {
    const auto any = [&] { return made[random() % made.size()]; };
    Node node;
    node.name = "layer" + std::to_string(i);
    const bool is_conv = random() % 3 != 0;
    node.op = is_conv ? "conv" : "unary";
    node.inputs = {random() % 2 ? made.back() : any()};
    if (is_conv) {
      Value weights;
      weights.name = node.name + ".w";
      weights.shape = {8, 8, 3, 3};
      weights.is_constant = true;
      weights.floats.assign(8 * 8 * 9, 0.1f);
      node.inputs.push_back(graph.add_value(weights));
      for (const char* name : {"strides", "dilations"}) node.attributes[name] = std::vector<std::int64_t>{1, 1};
      node.attributes["pads"] = std::vector<std::int64_t>{1, 1, 1, 1};
      node.attributes["group"] = std::int64_t{1};
      if (random() % 3 == 0) node.residual = any();
    } else {
      node.attributes["function"] = std::int64_t{0};
    }
    Value result;
    result.name = "value" + std::to_string(i);
    result.shape = {1, 8, 6, 6};
    node.outputs = {graph.add_value(result)};
    made.push_back(node.outputs[0]);
    graph.nodes.push_back(node);
  }
  graph.outputs = {made.back()};
  return graph;
}

Space random_space(std::mt19937& random, int layers) {
  SpaceOptions options;
  options.kept = 2;
  Result<Space> space = make_space(random_graph(random, layers), options, nullptr);
  EXPECT_TRUE(static_cast<bool>(space));
  return std::move(space.value());
}

std::vector<double> random_costs(const Space& space, std::mt19937& random) {
  std::vector<double> costs;
  for (std::size_t i = 0; i < space.candidates.size(); ++i) costs.push_back(1.0 + static_cast<double>(random() % 1000) / 100.0);
  return costs;
}

/// A plan of random choices, and what it costs by adding up its moves.
Plan random_plan(const Decisions& decisions, std::mt19937& random) {
  Plan plan;
  State state = decisions.start(), next;
  for (std::size_t layer = 0; layer < decisions.layers(); ++layer) {
    const std::vector<Move> moves = decisions.moves(layer, state);
    const Move move = moves[random() % moves.size()];
    plan.cost += decisions.apply(layer, state, move, next);
    if (move.option >= 0) plan.options.push_back(static_cast<std::size_t>(move.option));
    std::swap(state, next);
  }
  plan.cost += decisions.finish(state);
  return plan;
}

TEST(Decisions, OptimumIsNotAboveAnyPlan) {
  std::mt19937 random(1);
  for (int round = 0; round < 12; ++round) {
    const Space space = random_space(random, 4 + round);
    const Decisions decisions(space, random_costs(space, random));
    const Optimum optimum = find_optimum(decisions, std::numeric_limits<double>::infinity());
    ASSERT_TRUE(optimum.is_exact);
    EXPECT_NEAR(decisions.cost_of(optimum.plan.options), optimum.plan.cost, 1e-9);
    for (int i = 0; i < 200; ++i) {
      const Plan plan = random_plan(decisions, random);
      EXPECT_NEAR(decisions.cost_of(plan.options), plan.cost, 1e-9);
      EXPECT_LE(optimum.plan.cost, plan.cost + 1e-9);
      EXPECT_GE(plan.cost, decisions.lower_bounds()[0] - 1e-9);
    }
  }
}

TEST(Decisions, OptimumIsThatOfAllPlans) {
  std::mt19937 random(2);
  for (int round = 0; round < 6; ++round) {
    const Space space = random_space(random, 4);
    const Decisions decisions(space, random_costs(space, random));
    double best = std::numeric_limits<double>::infinity();
    // A few thousand random plans of four layers are all of them many times over.
    for (int i = 0; i < 6000; ++i) best = std::min(best, random_plan(decisions, random).cost);
    EXPECT_NEAR(find_optimum(decisions, best).plan.cost, best, 1e-9);
  }
}

TEST(Decisions, PlansCostWhatTheirProgramsHold) {
  std::mt19937 random(3);
  for (int round = 0; round < 8; ++round) {
    const Space space = random_space(random, 8);
    std::map<std::string, double> cost_by_key;
    const std::vector<double> costs = random_costs(space, random);
    for (std::size_t i = 0; i < costs.size(); ++i) cost_by_key[space.candidates[i].key] = costs[i];
    const Decisions decisions(space, costs);
    const Plan plan = random_plan(decisions, random);
    const Result<Program> program = build(space.graph, decisions.assignment_of(plan.options));
    ASSERT_TRUE(static_cast<bool>(program));
    double sum = 0;
    for (const Step& step : program.value().steps) sum += cost_by_key.at(key_of(*step.primitive, step.lowered));
    EXPECT_NEAR(sum, plan.cost, 1e-9);
  }
}

TEST(Learning, ComesCloseToTheOptimumAndGetsBetter) {
  std::mt19937 random(4);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Space space = random_space(random, 14);
    const Decisions decisions(space, random_costs(space, random));
    LearningOptions options;
    options.seed = seed;
    const Learned learned = learn(decisions, options, nullptr);
    const double optimum = find_optimum(decisions, learned.least_cost()).plan.cost;
    EXPECT_GE(learned.least_cost(), optimum - 1e-9);
    EXPECT_LE(learned.least_cost(), 1.02 * optimum);
    ASSERT_EQ(learned.plans.size(), 3u);
    EXPECT_TRUE(std::is_sorted(learned.plans.begin(), learned.plans.end(), [](const Plan& a, const Plan& b) { return a.cost < b.cost; }));
    EXPECT_NE(learned.plans[0].options, learned.plans[1].options);
    EXPECT_NE(learned.plans[1].options, learned.plans[2].options);
    EXPECT_LE(learned.least_cost(), *std::min_element(learned.curve.begin(), learned.curve.end()));
    for (const Plan& plan : learned.plans) EXPECT_NEAR(decisions.cost_of(plan.options), plan.cost, 1e-9);
    double first = 0, last = 0;
    for (int i = 0; i < 500; ++i) first += learned.curve[static_cast<std::size_t>(i)] / 500;
    for (int i = 0; i < 50; ++i) last += learned.curve[learned.curve.size() - 1 - static_cast<std::size_t>(i)] / 50;
    EXPECT_LT(last, first);
  }
}

TEST(Learning, IsTheSameForTheSameSeed) {
  std::mt19937 random(5);
  const Space space = random_space(random, 9);
  const Decisions decisions(space, random_costs(space, random));
  LearningOptions options;
  options.episodes = 120;
  options.exploring = 60;
  EXPECT_EQ(learn(decisions, options, nullptr).curve, learn(decisions, options, nullptr).curve);
}

}  // namespace
}  // namespace lne::explore
