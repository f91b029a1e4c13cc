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
  /// Completes the node's attributes and sets the shapes of its outputs. @returns what is not supported and the mend, or nothing
  std::string (*infer)(Graph& graph, Node& node) = nullptr;
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

inline void set_shape(Graph& graph, const Node& node, Shape shape) { graph.value(node.outputs[0]).shape = std::move(shape); }

}  // namespace lne
