// Random networks under random plans: no two tensors that are needed at the same time share memory, and views and results in place change no bit.
#include "placement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "../interpret/interpreter.hpp"

namespace lne {
namespace {

/// Convolutions, concatenations, parts of tensors, additions and rectifiers in a random order, with two outputs.
Graph random_graph(std::mt19937& random, int layers) {
  Graph graph;
  const auto value = [&](const std::string& name, Shape shape, bool is_constant) {
    Value made;
    made.name = name;
    made.shape = std::move(shape);
    made.is_constant = is_constant;
    if (is_constant) {
      for (std::int64_t i = 0; i < element_count(made.shape); ++i) made.floats.push_back(static_cast<float>(static_cast<int>(random() % 200) - 100) / 300.0f);
    }
    return graph.add_value(std::move(made));
  };
  graph.inputs = {value("input", {1, 8, 5, 4}, false)};
  std::vector<ValueId> made = graph.inputs;
  for (int i = 0; i < layers; ++i) {
    const auto any = [&] { return made[random() % 2 ? made.size() - 1 : random() % made.size()]; };
    Node node;
    node.name = "layer" + std::to_string(i);
    Shape out = graph.value(any()).shape;
    const int kind = static_cast<int>(random() % 5);
    node.inputs = {any()};
    const std::int64_t channels = graph.value(node.inputs[0]).shape[1];
    out = graph.value(node.inputs[0]).shape;
    if (kind == 0) {
      node.op = "conv";
      out[1] = 8 * static_cast<std::int64_t>(1 + random() % 2);
      node.inputs.push_back(value(node.name + ".w", {out[1], channels, 3, 3}, true));
      for (const char* name : {"strides", "dilations"}) node.attributes[name] = std::vector<std::int64_t>{1, 1};
      node.attributes["pads"] = std::vector<std::int64_t>{1, 1, 1, 1};
      node.attributes["group"] = std::int64_t{1};
      for (const ValueId other : made) {
        if (graph.value(other).shape == out && random() % 3 == 0) node.residual = other;
      }
    } else if (kind == 1) {
      node.op = "concat";
      node.inputs.push_back(any());
      node.attributes["axis"] = std::int64_t{1};
      out[1] += graph.value(node.inputs[1]).shape[1];
      if (out[1] > 64) continue;
    } else if (kind == 4) {
      // Channels at and between multiples of eight, or lines.
      const bool is_lines = channels < 2 || random() % 4 == 0;
      const std::int64_t extent = is_lines ? out[2] : channels, first = is_lines ? 0 : static_cast<std::int64_t>(random() % 2 ? random() % static_cast<unsigned>(channels) : channels / 2 / 8 * 8);
      if (is_lines && i % 2 == 0) continue;
      node.op = "slice";
      node.attributes["offset"] = first * out[2] * out[3];
      node.attributes["steps"] = std::vector<std::int64_t>{channels * out[2] * out[3], out[2] * out[3], out[3], 1};
      if (!is_lines) out[1] = random() % 2 ? extent - first : 1 + static_cast<std::int64_t>(random() % static_cast<unsigned>(extent - first));
    } else if (kind == 2) {
      node.op = "unary";
      node.attributes["function"] = std::int64_t{0};
    } else {
      node.op = "binary";
      ValueId other = node.inputs[0];
      for (const ValueId candidate : made) other = graph.value(candidate).shape == out ? candidate : other;
      node.inputs.push_back(other);
      node.attributes["function"] = std::int64_t{0};
    }
    node.outputs = {value("value" + std::to_string(i), out, false)};
    made.push_back(node.outputs[0]);
    graph.nodes.push_back(node);
  }
  graph.outputs = {made.back(), made[made.size() / 2]};
  if (graph.outputs[1] == graph.inputs[0] || graph.outputs[0] == graph.outputs[1]) graph.outputs.pop_back();
  return graph;
}

/// Whichever primitive and variant fits, at random.
Assignment random_assignment(const Graph& graph, std::mt19937& random) {
  Assignment assignment(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    std::vector<Choice> fitting;
    for (const Primitive* primitive : PrimitiveRegistry::instance().for_op(graph.nodes[i].op)) {
      if (!primitive->followers.empty() || !primitive->refuse(graph, graph.nodes[i]).empty()) continue;
      for (const Variant& variant : primitive->variants(graph, graph.nodes[i])) fitting.push_back({primitive, variant});
    }
    assignment[i] = fitting[random() % fitting.size()];
  }
  return assignment;
}

/// Every tensor in memory of its own.
Program unshared(Program program) {
  std::int64_t end = 0;
  for (Buffer& buffer : program.buffers) {
    buffer.offset = end;
    end += aligned(buffer.floats);
  }
  for (Step& step : program.steps) {
    step.scratch_offset = end;
    end += step.lowered.scratch_floats + kAlignmentFloats;
  }
  program.arena_floats = end;
  program.scratch_floats = 0;
  return program;
}

std::vector<std::vector<float>> outputs_of(Program program) {
  std::vector<std::vector<float>> outputs;
  std::vector<float*> pointers;
  for (const ValueId id : program.graph.outputs) outputs.emplace_back(static_cast<std::size_t>(element_count(program.graph.value(id).shape)));
  for (auto& output : outputs) pointers.push_back(output.data());
  std::vector<float> input(8 * 5 * 4);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = std::sin(static_cast<float>(i));
  const float* inputs[1] = {input.data()};
  Interpreter interpreter(std::make_shared<const Program>(std::move(program)));
  interpreter.run(inputs, pointers.data());
  // A second run finds what the first one left in the arena.
  interpreter.run(inputs, pointers.data());
  return outputs;
}

TEST(Placement, SharingChangesNoBit) {
  std::mt19937 random(7);
  int shared = 0;
  for (int round = 0; round < 60; ++round) {
    const Graph graph = random_graph(random, 3 + round / 4);
    if (graph.nodes.empty()) continue;
    const Assignment assignment = random_assignment(graph, random);
    Result<Program> program = build(graph, assignment);
    ASSERT_TRUE(static_cast<bool>(program)) << program.errors()[0].message;
    for (const Buffer& buffer : program.value().buffers) shared += buffer.parent >= 0 ? 1 : 0;
    Result<Program> apart = build_apart(graph, assignment);
    ASSERT_TRUE(static_cast<bool>(apart));
    EXPECT_EQ(outputs_of(std::move(program.value())), outputs_of(unshared(std::move(apart.value())))) << "round " << round;
  }
  EXPECT_GT(shared, 50);
}

TEST(Placement, NothingThatIsNeededIsOverwritten) {
  std::mt19937 random(8);
  for (int round = 0; round < 60; ++round) {
    const Graph graph = random_graph(random, 4 + round / 3);
    if (graph.nodes.empty()) continue;
    const Result<Program> built = build(graph, random_assignment(graph, random));
    ASSERT_TRUE(static_cast<bool>(built));
    const Program& program = built.value();
    EXPECT_GE(program.arena_floats, program.lower_bound_floats);
    EXPECT_LE(static_cast<double>(program.arena_floats), 1.05 * static_cast<double>(program.lower_bound_floats) + 64);
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      const Step& step = program.steps[i];
      if (step.lowered.scratch_floats == 0) continue;
      const std::int64_t begin = step.scratch_offset, end = begin + step.lowered.scratch_floats;
      EXPECT_LE(end, program.instance_floats());
      std::vector<int> used = step.sources;
      used.push_back(step.destination);
      for (const int at : used) {
        const Buffer& buffer = program.buffers[static_cast<std::size_t>(at)];
        EXPECT_TRUE(buffer.input >= 0 || buffer.offset >= end || buffer.offset + buffer.floats <= begin);
      }
    }
  }
}

}  // namespace
}  // namespace lne
