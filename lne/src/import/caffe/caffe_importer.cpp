#include "caffe_importer.hpp"

#include <algorithm>
#include <set>

#include "caffe_layers.hpp"

namespace lne::caffe {
namespace {

/// Layers that read data where a network is trained; in use an input stands in their place.
const std::set<std::string> kDataTypes{"Data", "DummyData", "HDF5Data", "ImageData", "MemoryData", "WindowData"};

class Importer {
 public:
  Importer(Net net, std::map<std::string, std::vector<Blob>> weights, std::string file) : net_(std::move(net)), weights_(std::move(weights)), file_(std::move(file)) {}

  Result<Graph> run() {
    check_types();
    if (!errors_.empty()) return errors_;
    graph_.name = net_.name;
    for (const NetInput& input : net_.inputs) add_input(input.name, input.shape, "input '" + input.name + "'");
    for (Layer& layer : net_.layers) {
      if (!errors_.empty()) return errors_;
      add_layer(layer);
    }
    if (errors_.empty()) add_outputs();
    if (!errors_.empty()) return errors_;
    return std::move(graph_);
  }

 private:
  void fail(const std::string& code, const std::string& message) { errors_.push_back({code, file_ + ": " + message}); }

  std::string label_of(const Layer& layer) const { return "layer '" + layer.name + "' (" + layer.type + ", line " + std::to_string(layer.line) + ")"; }

  /// All layer types that are not known are listed at once, each with its first layer.
  void check_types() {
    std::map<std::string, std::pair<std::string, int>> unknown;
    for (const Layer& layer : net_.layers) {
      if (layer.type == "Input" || kDataTypes.count(layer.type) || find_layer_type(layer.type)) continue;
      auto& [first, count] = unknown[layer.type];
      if (count++ == 0) first = label_of(layer);
    }
    for (const auto& [type, where] : unknown) {
      fail("LNE_CAFFE_LAYER", "layer type " + type + " is not supported (" + std::to_string(where.second) + " layer(s), first " + where.first + "); see the operator table for what is");
    }
  }

  void add_input(const std::string& name, const Shape& shape, const std::string& label) {
    const std::int64_t count = element_count(shape);
    if (count <= 0 || count > kMostElements || shape.size() > kMostDimensions) return fail("LNE_CAFFE_INPUT_SHAPE", label + " has the shape " + text_of(shape) + "; it must be positive and of at most " + std::to_string(kMostElements) + " elements");
    if (by_name_.count(name)) return fail("LNE_CAFFE_NAME", label + ": the name '" + name + "' is given twice");
    Value value;
    value.name = name;
    value.shape = shape;
    graph_.inputs.push_back(by_name_[name] = graph_.add_value(std::move(value)));
  }

  /// A layer that gives data: shapes stand in `input_param`, once or once per top.
  void add_input_layer(const Layer& layer) {
    const auto shapes = layer.message.message("input_param").all("shape");
    for (std::size_t i = 0; i < layer.tops.size(); ++i) {
      if (shapes.empty()) return fail("LNE_CAFFE_INPUT_SHAPE", label_of(layer) + " gives no shape; add input_param { shape { dim: … } }");
      const TextField& field = *shapes[std::min(i, shapes.size() - 1)];
      Shape shape;
      if (!integers_of(field.message, "dim", shape)) return fail("LNE_CAFFE_INPUT_SHAPE", label_of(layer) + ": dim is no whole number");
      add_input(layer.tops[i], shape, label_of(layer));
    }
  }

  void add_layer(Layer& layer) {
    if (layer.type == "Input") return add_input_layer(layer);
    if (kDataTypes.count(layer.type)) {
      for (const std::string& top : layer.tops) data_tops_[top] = label_of(layer);
      return;
    }
    const LayerType& type = *find_layer_type(layer.type);
    if (type.translate == nullptr) {
      for (const std::string& bottom : layer.bottoms) read_.insert(bottom);
      return;
    }
    if (layer.type == "SoftmaxWithLoss") layer.bottoms.resize(std::min<std::size_t>(layer.bottoms.size(), 1));
    std::vector<ValueId> sources;
    for (const std::string& bottom : layer.bottoms) {
      const auto found = by_name_.find(bottom);
      if (found == by_name_.end()) return fail_bottom(layer, bottom);
      sources.push_back(found->second);
      read_.insert(bottom);
    }
    if (sources.size() < type.fewest_bottoms) return fail("LNE_CAFFE_NET", label_of(layer) + " has " + std::to_string(sources.size()) + " bottom(s) and needs " + std::to_string(type.fewest_bottoms));
    if (layer.tops.empty()) layer.tops.push_back(layer.name);
    if (const auto stored = weights_.find(layer.name); stored != weights_.end()) layer.blobs = std::move(stored->second);
    Node origin;
    origin.name = layer.name;
    LayerCall call(graph_, origin, layer, std::move(sources));
    type.translate(call);
    if (!call.refusal().empty()) return fail("LNE_CAFFE_UNSUPPORTED", label_of(layer) + ": " + call.refusal());
    for (std::size_t i = 0; i < layer.tops.size(); ++i) {
      if (call.tops()[i] < 0) return fail("LNE_CAFFE_UNSUPPORTED", label_of(layer) + ": its result '" + layer.tops[i] + "' is not computed");
      set_top(layer, layer.tops[i], call.tops()[i]);
    }
  }

  void fail_bottom(const Layer& layer, const std::string& bottom) {
    const auto data = data_tops_.find(bottom);
    if (data == data_tops_.end()) return fail("LNE_CAFFE_UNKNOWN_BLOB", label_of(layer) + " reads '" + bottom + "', which no layer before it makes");
    fail("LNE_CAFFE_INPUT_SHAPE", label_of(layer) + " reads '" + bottom + "' of " + data->second + ", which gives no shape; put a layer of type Input with input_param { shape { dim: … } } in its place, as a deploy file has");
  }

  /// In place, a name moves on to the new value; it must then be one of the layer's own bottoms.
  void set_top(const Layer& layer, const std::string& top, ValueId value) {
    const bool is_in_place = std::find(layer.bottoms.begin(), layer.bottoms.end(), top) != layer.bottoms.end();
    if (by_name_.count(top) && !is_in_place) return fail("LNE_CAFFE_NAME", label_of(layer) + " makes '" + top + "', which is made elsewhere too");
    by_name_[top] = value;
    read_.erase(top);
    if (std::find(made_.begin(), made_.end(), top) == made_.end()) made_.push_back(top);
  }

  /// What no layer reads.
  void add_outputs() {
    for (const std::string& name : made_) {
      if (!read_.count(name)) graph_.outputs.push_back(by_name_[name]);
    }
    // A loss may have been all that read the last layer.
    if (graph_.outputs.empty() && !made_.empty()) graph_.outputs.push_back(by_name_[made_.back()]);
    if (graph_.outputs.empty()) fail("LNE_CAFFE_NO_OUTPUT", "the network computes nothing");
    if (graph_.inputs.empty()) fail("LNE_CAFFE_NO_INPUT", "the network has no input; add a layer of type Input");
  }

  Net net_;
  std::map<std::string, std::vector<Blob>> weights_;
  std::string file_;
  Graph graph_;
  std::map<std::string, ValueId> by_name_;
  std::map<std::string, std::string> data_tops_;
  std::set<std::string> read_;
  std::vector<std::string> made_;
  std::vector<Error> errors_;
};

}  // namespace

Result<Graph> import_caffe(std::string_view prototxt, const std::string& file, std::string_view weights, const std::string& weights_file) {
  Result<Net> net = read_prototxt(prototxt, file);
  if (!net) return net.errors();
  Result<std::map<std::string, std::vector<Blob>>> stored = read_caffemodel(weights, weights_file);
  if (!stored) return stored.errors();
  return Importer(std::move(net.value()), std::move(stored.value()), file).run();
}

}  // namespace lne::caffe
