// Each pass on small graphs, and all of them on large ones: what they change, that they change nothing twice, and that their time grows with the
// number of nodes, not with its square.
#include "pass.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>

#include "../plan/program.hpp"

namespace lne {
namespace {

/// Blocks of padding, convolution, normalization, activation (a swish, of two layers) and, every second time, a sum with what came before; each with a node that nobody reads.
class Maker {
 public:
  Graph make(int blocks) {
    graph_.inputs = {value("input", {1, 8, 4, 4})};
    ValueId x = graph_.inputs[0];
    for (int i = 0; i < blocks; ++i) x = block(x, std::to_string(i), i % 2 == 1);
    graph_.outputs = {x};
    return std::move(graph_);
  }

 private:
  ValueId value(const std::string& name, Shape shape) {
    Value made;
    made.name = name;
    made.shape = std::move(shape);
    return graph_.add_value(std::move(made));
  }

  ValueId constant(Shape shape, float number) {
    Value made;
    made.shape = std::move(shape);
    made.is_constant = true;
    made.floats.assign(static_cast<std::size_t>(element_count(made.shape)), number);
    return graph_.add_value(std::move(made));
  }

  ValueId add(const std::string& op, const std::string& name, std::vector<ValueId> inputs, Shape shape, std::map<std::string, Attribute> attributes = {}) {
    Node node;
    node.op = op;
    node.name = name;
    node.inputs = std::move(inputs);
    node.outputs = {value(name + ".out", std::move(shape))};
    node.attributes = std::move(attributes);
    graph_.nodes.push_back(node);
    return node.outputs[0];
  }

  ValueId block(ValueId x, const std::string& name, bool is_residual) {
    using Whole = std::vector<std::int64_t>;
    const Shape map{1, 8, 4, 4};
    add("unary", name + ".dead", {x}, map, {{"function", std::int64_t{1}}});
    ValueId y = add("reshape", name + ".identity", {x}, map);
    y = add("pad", name + ".pad", {y}, {1, 8, 6, 6}, {{"before", Whole{0, 0, 1, 1}}, {"mode_index", std::int64_t{0}}, {"value", 0.0}});
    y = add("conv", name + ".conv", {y, constant({8, 1, 3, 3}, 0.01f)}, map, {{"strides", Whole{1, 1}}, {"dilations", Whole{1, 1}}, {"pads", Whole{0, 0, 0, 0}}, {"group", std::int64_t{8}}});
    y = add("batch_normalization", name + ".norm", {y, constant({8}, 1.5f), constant({8}, 0.1f), constant({8}, 0.2f), constant({8}, 1.0f)}, map);
    y = add("binary", name + ".scale", {y, constant({1, 8, 1, 1}, 0.5f)}, map, {{"function", std::int64_t{2}}});
    if (is_residual) y = add("binary", name + ".sum", {x, y}, map, {{"function", std::int64_t{0}}});
    const ValueId gate = add("unary", name + ".gate", {y}, map, {{"function", static_cast<std::int64_t>(Activation::Kind::kSigmoid)}});
    return add("binary", name + ".swish", {y, gate}, map, {{"function", std::int64_t{2}}});
  }

  Graph graph_;
};

TEST(Passes, LeaveOneLayerOfEachBlock) {
  Graph graph = Maker().make(4);
  const std::vector<PassReport> reports = run_passes(graph);
  ASSERT_EQ(graph.nodes.size(), 4u);
  EXPECT_EQ(graph.nodes[3].name, "3.conv");
  EXPECT_EQ(graph.nodes[3].merged, (std::vector<std::string>{"3.pad", "3.norm", "3.scale", "3.sum", "3.gate", "3.swish"}));
  EXPECT_EQ(graph.nodes[3].activation.kind, Activation::Kind::kSwish);
  EXPECT_EQ(graph.nodes[3].integers("pads", {}), (std::vector<std::int64_t>{1, 1, 1, 1}));
  EXPECT_EQ(graph.nodes[3].residual, graph.nodes[2].outputs[0]);
  for (std::size_t i = 1; i < reports.size(); ++i) EXPECT_EQ(reports[i].before.nodes, reports[i - 1].after.nodes);
  for (const PassReport& report : reports) {
    EXPECT_FALSE(report.changes.empty()) << report.name;
    EXPECT_EQ(report.before.nodes - report.after.nodes, static_cast<std::int64_t>(report.changes.size())) << report.name;
  }
}

TEST(Passes, ChangeNothingTwice) {
  Graph graph = Maker().make(4);
  run_passes(graph);
  for (const PassReport& report : run_passes(graph)) EXPECT_TRUE(report.changes.empty()) << report.name;
}

TEST(Passes, AreOffByTheirNames) {
  for (const std::string& name : pass_names()) {
    Graph graph = Maker().make(4);
    for (const PassReport& report : run_passes(graph, {name})) {
      EXPECT_EQ(report.is_off, report.name == name);
      if (report.is_off) EXPECT_TRUE(report.changes.empty());
    }
    EXPECT_GT(graph.nodes.size(), 4u) << name;
  }
}

TEST(Passes, KeepAPaddingThatOthersRead) {
  Graph graph = Maker().make(1);
  graph.outputs.push_back(graph.nodes[2].outputs[0]);
  run_passes(graph);
  ASSERT_EQ(graph.nodes.size(), 2u);
  EXPECT_EQ(graph.nodes[0].op, "pad");
}

/// Seconds of processor time that passes, planning and placing take, the least of several tries.
double seconds_for(int nodes) {
  const Graph graph = Maker().make(nodes / 8);
  double least = 1e9;
  for (int i = 0; i < 5; ++i) {
    Graph own = graph;
    const std::clock_t before = std::clock();
    PlanOptions options;
    options.plugins = {"core"};
    EXPECT_TRUE(static_cast<bool>(compile(std::move(own), options)));
    least = std::min(least, static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC);
  }
  return least;
}

TEST(Passes, TakeTimeInProportionToTheNodes) {
  // Four times the nodes: four times the time where it is linear and somewhat more where it leaves the caches, sixteen where it is quadratic. A busy
  // machine may spoil a comparison, but not make a quadratic pass look linear.
  double few = 0, many = 0;
  for (int i = 0; i < 5 && (i == 0 || many >= 11 * few); ++i) {
    few = seconds_for(5000);
    many = seconds_for(20000);
  }
  EXPECT_LT(many, 11 * few) << few << " s for 5000 nodes, " << many << " s for 20000";
}

}  // namespace
}  // namespace lne
