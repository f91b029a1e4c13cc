// A network that is ready to run: steps, where each tensor lies, and all weights in one block.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <optional>
#include <set>

#include "../base/json.hpp"
#include "../memory/arena.hpp"
#include "../passes/pass.hpp"
#include "primitive.hpp"

namespace lne {

/// Bytes to which weights and buffers are aligned.
inline constexpr std::int64_t kAlignment = 64;
inline constexpr std::int64_t kAlignmentFloats = kAlignment / static_cast<std::int64_t>(sizeof(float));

/// A tensor in a layout: in the arena, or the caller's own memory (inputs).
struct Buffer {
  std::string name;
  Shape shape;
  Layout layout = Layout::kPlain;
  std::int64_t floats = 0;
  /// index among the network's inputs, or -1
  int input = -1;
  /// in floats from the start of the arena, for buffers that are no inputs
  std::int64_t offset = 0;
};

struct Step {
  /// the layer's name in the source file
  std::string layer;
  std::string op;
  const Primitive* primitive = nullptr;
  Variant variant;
  Lowered lowered;
  std::vector<int> sources;
  int destination = 0;
  /// in floats from the start of the weights
  std::int64_t weights_offset = 0;
  std::int64_t scratch_offset = 0;
  std::int64_t multiply_adds = 0;
  std::vector<std::string> merged;
};

/// What the user or an exploration decided per layer: a primitive, a variant of it, and primitives or plugins that must not be used.
struct LayerChoice {
  std::string primitive;
  Variant variant;
  std::vector<std::string> forbidden;
};

struct PlanOptions {
  /// by layer name; `*` for all layers that are not named
  std::map<std::string, LayerChoice> layers;
  /// plugins that may be used; empty means all
  std::vector<std::string> plugins;
  std::set<std::string> passes_off;
};

struct Program {
  Graph graph;
  std::vector<PassReport> passes;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::vector<float> weights;
  std::int64_t arena_floats = 0;
  std::int64_t lower_bound_floats = 0;
  std::int64_t scratch_floats = 0;

  /// Which primitive runs each layer, as a plan file that can be read back.
  Json plan() const;
  /// Sizes in bytes: arena, its lower bound, weights, scratch.
  Json footprint() const;
};

/// A variant as it stands in plans and reports.
Json json_of(const Variant& variant);

/// Chooses primitives, inserts layout conversions, places buffers, packs weights.
/// @returns LNE_PLAN_* errors that name the layer where a choice can't be followed
Result<Program> compile(Graph graph, const PlanOptions& options);

/// Reads a plan file. @returns LNE_PLAN_BROKEN for what is none
Result<PlanOptions> read_plan(const std::string& text);

/// Multiply-adds of a layer as written, padding included; 0 for layers without.
std::int64_t multiply_adds_of(const Graph& graph, const Node& node);

}  // namespace lne
