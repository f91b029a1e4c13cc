// A network that is ready to run: steps, where each tensor lies, and all weights in one block.
#pragma once

#include <new>
#include <optional>
#include <string>
#include <vector>

#include "../base/json.hpp"
#include "../passes/pass.hpp"
#include "assignment.hpp"

namespace lne {

/// Bytes to which weights and buffers are aligned.
inline constexpr std::int64_t kAlignment = 64;
inline constexpr std::int64_t kAlignmentFloats = kAlignment / static_cast<std::int64_t>(sizeof(float));

/// A number of floats filled up to the alignment.
inline std::int64_t aligned(std::int64_t floats) { return (floats + kAlignmentFloats - 1) / kAlignmentFloats * kAlignmentFloats; }

/// The first aligned address from a pointer on; what it points to has kAlignmentFloats to spare.
inline float* aligned(float* pointer) {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  return reinterpret_cast<float*>((address + kAlignment - 1) / kAlignment * kAlignment);
}

/// Memory at addresses to which weights are aligned.
template <class T>
struct AlignedAllocator {
  using value_type = T;
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{kAlignment})); }
  void deallocate(T* memory, std::size_t) { ::operator delete(memory, std::align_val_t{kAlignment}); }
  friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

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
  /// the buffer in whose memory this one lies, or -1, and where in it
  int parent = -1;
  std::int64_t parent_offset = 0;
  /// floats from one position to the next where it is part of a wider tensor in kChannelsLast8, else 0
  std::int64_t step = 0;
};

struct Step {
  /// the layer's name in the source file
  std::string layer;
  std::string op;
  const Primitive* primitive = nullptr;
  Variant variant;
  /// what is computed, with all layers that the primitive covers
  Node node;
  Lowered lowered;
  std::vector<int> sources;
  int destination = 0;
  /// in floats from the start of the weights
  std::int64_t weights_offset = 0;
  std::int64_t weights_floats = 0;
  std::int64_t scratch_offset = 0;
  std::int64_t multiply_adds = 0;

  /// Layers that are computed in the same step: merged by passes, or covered by the primitive.
  std::vector<std::string> fused() const;
};

/// A layer that takes no step, since its tensors lie where they are wanted.
struct View {
  std::string layer;
  std::string op;
};

struct Program {
  Graph graph;
  /// as `PlanOptions::target`
  std::string target = "native";
  /// as `PlanOptions::passes_off`
  std::set<std::string> passes_off;
  /// as `PlanOptions::plugins`
  std::set<std::string> plugins;
  std::vector<PassReport> passes;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<int> inputs;
  std::vector<int> outputs;
  std::vector<View> views;
  /// of all layers, packed once; every instance reads them here
  std::vector<float, AlignedAllocator<float>> weights;
  /// the tensors' part of an instance's memory, and what no placement of them can go below
  std::int64_t arena_floats = 0;
  std::int64_t lower_bound_floats = 0;
  /// what kernels' scratch memory takes beyond it; the most that one kernel asks for
  std::int64_t scratch_floats = 0;
  std::int64_t kernel_scratch_floats = 0;

  /// All that an instance needs.
  std::int64_t instance_floats() const { return arena_floats + scratch_floats; }

  /// Libraries that its kernels call, each once, by plugin.
  std::vector<const LinkedLibrary*> libraries() const;
  /// Which primitive runs each layer, as a plan file that can be read back.
  Json plan() const;
  /// Sizes in bytes: arena, its lower bound, weights, scratch.
  Json footprint() const;
};

/// A variant as it stands in plans and reports.
Json json_of(const Variant& variant);

/// Runs the passes and gives layers of one name different ones, since plans name layers.
std::vector<PassReport> prepare(Graph& graph, const PlanOptions& options);

/// Follows an assignment: inserts layout conversions, shares and places buffers, packs weights.
/// @param graph after `prepare`
Result<Program> build(Graph graph, const Assignment& assignment);

/// As `build`, without sharing memory between tensors: what sharing is compared with.
Result<Program> build_apart(Graph graph, const Assignment& assignment);

/// Lowers a step; sets its `weights_floats` and packs nothing.
using Lowering = std::function<Lowered(Step&)>;

/// As `build`, for measuring many assignments: the graph needs no data, and weights have places but no content.
Result<Program> build_hollow(const Graph& graph, const Assignment& assignment, const Lowering& lowering);

/// `prepare`, `assign` and `build` in one.
/// @returns LNE_PLAN_* errors that name the layer where a choice can't be followed
Result<Program> compile(Graph graph, const PlanOptions& options);

/// What passes did, as reports have it: the network's size before and after each, and which layers went into which.
Json json_of(const std::vector<PassReport>& passes);

/// Reads a plan file. @returns LNE_PLAN_BROKEN for what is none, LNE_TARGET for a target and LNE_PLAN_PASS for a pass that there is not
Result<PlanOptions> read_plan(const std::string& text);

/// The layers of an assignment as a plan file that can be read back. @param options whose target and passes it carries
Json plan_json(const Graph& graph, const Assignment& assignment, const PlanOptions& options);

}  // namespace lne
