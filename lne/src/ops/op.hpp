// What LNE knows of a layer type: its names in source formats and its shape rule. One definition per file of this folder.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../graph/graph.hpp"

namespace lne {

/// One layer type.
struct OpDefinition {
  std::string name;
  /// names in ONNX
  std::vector<std::string> onnx;
  /// one sentence for the manual: what it computes and what is supported
  std::string summary;
  /// Completes the node's attributes and sets the shapes of its outputs. It may add nodes that come before this one, and may make it
  /// another layer type. @returns what is not supported and the mend, or nothing
  std::string (*infer)(Graph& graph, Node& node) = nullptr;
  /// How constant inputs reach the kernel: packed into its weights, or as sources like computed ones.
  enum class Constants { kWeights, kSources } constants = Constants::kWeights;
  /// It only moves elements, so that it can be computed for constants of any type.
  bool only_moves = false;
  /// Computes constant integers exactly where the kernel's floats would not; absent where they are good enough.
  std::string (*fold)(Graph& graph, const Node& node) = nullptr;
};

class OpRegistry {
 public:
  void add(OpDefinition definition);
  const OpDefinition* find(const std::string& name) const;
  const OpDefinition* find_onnx(const std::string& onnx_name) const;
  const std::map<std::string, OpDefinition>& all() const { return by_name_; }

  /// Every definition in this folder, found by the build.
  static const OpRegistry& instance();

 private:
  std::map<std::string, OpDefinition> by_name_;
  std::map<std::string, std::string> by_onnx_;
};

/// Shape of an input, as a shorthand for definitions.
inline const Shape& shape_of(const Graph& graph, const Node& node, std::size_t input) { return graph.value(node.inputs[input]).shape; }

inline bool has_input(const Node& node, std::size_t input) { return input < node.inputs.size() && node.inputs[input] >= 0; }

inline bool is_constant(const Graph& graph, const Node& node, std::size_t input) { return has_input(node, input) && graph.value(node.inputs[input]).is_constant; }

inline void set_shape(Graph& graph, const Node& node, Shape shape) { graph.value(node.outputs[0]).shape = std::move(shape); }

/// A constant's elements as the engine computes with them.
std::vector<float> floats_in(const Value& constant);

/// Reads integers that are a constant input in newer opsets and an attribute in older ones. @returns a refusal, or nothing; then `found`
/// tells whether they are there at all
std::string read_integers(const Graph& graph, const Node& node, std::size_t input, const std::string& attribute, std::vector<std::int64_t>& values, bool& found);

/// The weights of a convolution or a transposed one as they are given, then one bias per channel of the result.
std::vector<float> conv_weights(const Graph& graph, const Node& node);

/// A gemm layer: rows x depth times depth x columns.
struct GemmSizes {
  std::int64_t rows, depth, columns;
};
GemmSizes gemm_sizes_of(const Graph& graph, const Node& node);

/// A matmul layer: for each of six batch dimensions its extent and how far a step along it moves in either source; then the sizes of each product.
struct MatmulSizes {
  std::vector<std::int64_t> extents, left_steps, right_steps;
  GemmSizes product;
};
MatmulSizes matmul_sizes_of(const Graph& graph, const Node& node);

/// The matrix of a gemm layer as [columns][depth], then one bias per column.
std::vector<float> gemm_weights(const Graph& graph, const Node& node);

/// The scales of a normalization layer, then its shifts.
std::vector<float> normalization_weights(const Graph& graph, const Node& node);

/// A batch normalization as one scale per channel, then one shift per channel; zeros fill both up to `filled` channels.
std::vector<float> channel_factors(const Graph& graph, const Node& node, std::int64_t filled);

/// Where a resize layer samples its source: per row of the result `taps` rows of the source, then `taps` factors; then the same per column.
struct ResizeTables {
  int taps;
  std::vector<float> numbers;
};
ResizeTables resize_tables(const Node& node);

/// What a unary or a binary layer makes of numbers.
float unary_value(const Node& node, float x);
float binary_value(const Node& node, float x, float y);

/// Whether its function has neither steps nor waves, which could hide between the numbers at which it is known.
bool unary_is_gradual(const Node& node);
bool binary_is_gradual(const Node& node);

/// An axis counted from the front. @returns false when it lies outside
bool resolve_axis(std::int64_t& axis, std::size_t rank);

/// The shape that tensors of two shapes are broadcast to by the rules of NumPy. @returns false when they do not fit
bool broadcast(const Shape& left, const Shape& right, Shape& out);

/// Row-major steps of a shape: how far one step along each dimension moves.
std::vector<std::int64_t> steps_of(const Shape& shape);

}  // namespace lne
