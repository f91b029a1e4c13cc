// What each layer type of Caffe is made of in the graph: by the names and attributes that ONNX has for the same things.
#pragma once

#include <string>
#include <vector>

#include "../../ops/op_builder.hpp"
#include "caffe_model.hpp"

namespace lne::caffe {

/// A layer while it is translated: its parameters, operands and results, and the graph that it goes into.
class LayerCall {
 public:
  LayerCall(Graph& graph, const Node& origin, const Layer& layer, std::vector<ValueId> sources) : layer(layer), sources(std::move(sources)), builder(graph, origin), graph_(graph) {}

  const Layer& layer;
  const std::vector<ValueId> sources;
  LayerBuilder builder;

  /// The parameters under a name like `convolution_param`.
  const Message& parameters(const std::string& name) const { return layer.message.message(name); }
  std::int64_t integer(const Message& in, const std::string& name, std::int64_t otherwise);
  double real(const Message& in, const std::string& name, double otherwise);
  bool boolean(const Message& in, const std::string& name, bool otherwise);
  std::string text(const Message& in, const std::string& name, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const Message& in, const std::string& name);

  Shape shape(std::size_t source = 0) const { return builder.shape(sources[source]); }
  /// Weights of the layer as a constant of a shape; refused where there are none or not as many.
  ValueId blob(std::size_t index, const Shape& shape);
  bool has_blob(std::size_t index) const { return index < layer.blobs.size(); }

  /// Makes a top of the layer. One that repeats a value costs nothing.
  void make(std::size_t top, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes = {});
  void repeat(std::size_t top, ValueId value) { tops_[top] = value; }
  const std::vector<ValueId>& tops() const { return tops_; }

  void refuse(const std::string& why) {
    if (refusal_.empty()) refusal_ = why;
  }
  std::string refusal() const { return refusal_.empty() ? builder.refusal() : refusal_; }

 private:
  Graph& graph_;
  std::vector<ValueId> tops_ = std::vector<ValueId>(layer.tops.size(), -1);
  std::string refusal_;
};

struct LayerType {
  std::string name;
  /// for the manual: what is supported
  std::string summary;
  std::size_t fewest_bottoms;
  /// null for layers that only training needs: they are left out
  void (*translate)(LayerCall& call);
};

/// All layer types, ordered by name.
const std::vector<LayerType>& layer_types();
const LayerType* find_layer_type(const std::string& name);

/// The name that newer files have for a type of version 1: `InnerProduct` for INNER_PRODUCT; unknown ones stay.
std::string modern_type(const std::string& old);

// The translations, by what they have in common.
void add_weighted_layers(std::vector<LayerType>& types);
void add_element_layers(std::vector<LayerType>& types);
void add_shape_layers(std::vector<LayerType>& types);

}  // namespace lne::caffe
