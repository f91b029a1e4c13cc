// Adds layers to a graph while it is imported: infers their shapes, and computes at once what depends on constants only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "op.hpp"

namespace lne {

/// Most layers of a network, those that a source layer is made of included.
inline constexpr std::size_t kMostLayers = 10000;
/// Most elements of one tensor: 2 GiB of float32. What asks for more is refused before anything is allocated.
inline constexpr std::int64_t kMostElements = std::int64_t{1} << 29;
/// Most elements along a dimension that numbers of elements reach over: kernels read them as floats, which are exact up to here.
inline constexpr std::int64_t kMostNumbered = std::int64_t{1} << 24;
/// Most dimensions of a tensor: what the interface of generated programs can describe.
inline constexpr std::size_t kMostDimensions = 8;

/// Infers the shapes of a node whose `op` and inputs are set and appends it, or its value where all inputs are constant.
/// @returns what is not supported and the mend, or nothing
std::string add_node(Graph& graph, Node node);

using Attributes = std::map<std::string, Attribute>;

/// Builds what a layer of a source file is made of, by the names and attributes that ONNX has for it (opset 21). After a refusal nothing
/// more is added, and every value is -1.
class LayerBuilder {
 public:
  /// @param origin the layer that the new ones stand for: they are named after it
  LayerBuilder(Graph& graph, const Node& origin) : graph_(graph), name_(origin.name) {}

  ValueId add(const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes = {});
  ValueId floats(const Shape& shape, std::vector<float> values);
  ValueId integers(std::vector<std::int64_t> values);
  ValueId reshape(ValueId source, const Shape& shape);
  /// A constant as a value that a layer makes; others as they are.
  ValueId computed(ValueId id);
  /// Makes the imported node the last of its layers. @returns the refusal, or nothing
  std::string finish(Node& node, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes = {});
  /// As `add`, but the result is an output that the imported node declares.
  void add_output(ValueId output, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes = {});
  /// As `add_output`, under the origin's own name.
  void add_last(ValueId output, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes = {});

  /// The shape of a value, or none after a refusal.
  Shape shape(ValueId id) const { return id < 0 ? Shape() : graph_.value(id).shape; }
  const std::string& refusal() const { return refusal_; }

 private:
  Node make(const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes);

  Graph& graph_;
  std::string name_;
  std::string refusal_;
  std::map<std::string, int> used_;
};

/// A layer that takes one example at a time, once per example of the batch; the results are joined.
std::string infer_per_example(Graph& graph, Node& node);

/// A layer for maps, on rows: [batch, channels, length] as a map of one row.
std::string infer_as_map(Graph& graph, Node& node);

}  // namespace lne
