#include "caffe_layers.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

namespace lne::caffe {
namespace {

std::string plain(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c != '_') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return out;
}

}  // namespace

std::int64_t LayerCall::integer(const Message& in, const std::string& name, std::int64_t otherwise) {
  const auto values = integers(in, name);
  return values.empty() ? otherwise : values.back();
}

std::vector<std::int64_t> LayerCall::integers(const Message& in, const std::string& name) {
  std::vector<std::int64_t> values;
  if (!integers_of(in, name, values)) refuse(name + " is no whole number (line " + std::to_string(in.find(name)->line) + ")");
  return values;
}

double LayerCall::real(const Message& in, const std::string& name, double otherwise) {
  const TextField* field = in.find(name);
  if (field == nullptr) return otherwise;
  char* end = nullptr;
  const double value = std::strtod(field->scalar.c_str(), &end);
  if (field->scalar.empty() || *end != '\0') refuse(name + " is no number (line " + std::to_string(field->line) + ")");
  return value;
}

bool LayerCall::boolean(const Message& in, const std::string& name, bool otherwise) {
  const TextField* field = in.find(name);
  if (field == nullptr) return otherwise;
  const bool is_true = field->scalar == "true" || field->scalar == "1" || field->scalar == "True" || field->scalar == "t";
  const bool is_false = field->scalar == "false" || field->scalar == "0" || field->scalar == "False" || field->scalar == "f";
  if (!is_true && !is_false) refuse(name + " is neither true nor false (line " + std::to_string(field->line) + ")");
  return is_true;
}

std::string LayerCall::text(const Message& in, const std::string& name, const std::string& otherwise) const {
  const TextField* field = in.find(name);
  return field == nullptr ? otherwise : field->scalar;
}

ValueId LayerCall::blob(std::size_t index, const Shape& shape) {
  const std::int64_t count = element_count(shape);
  if (index >= layer.blobs.size()) {
    refuse("its weights are missing; give the caffemodel that belongs to the prototxt (--weights)");
    return -1;
  }
  const Blob& blob = layer.blobs[index];
  if (count < 0 || static_cast<std::int64_t>(blob.data.size()) != count) {
    refuse("its weights have " + std::to_string(blob.data.size()) + " elements " + text_of(blob.shape) + ", and its parameters ask for " + text_of(shape));
    return -1;
  }
  return builder.floats(shape, blob.data);
}

void LayerCall::make(std::size_t top, const std::string& onnx, std::vector<ValueId> inputs, Attributes attributes) {
  if (!refusal().empty()) return;
  Value value;
  value.name = layer.tops[top];
  tops_[top] = graph_.add_value(std::move(value));
  if (top == 0) builder.add_last(tops_[top], onnx, std::move(inputs), std::move(attributes));
  else builder.add_output(tops_[top], onnx, std::move(inputs), std::move(attributes));
}

const std::vector<LayerType>& layer_types() {
  static const std::vector<LayerType> types = [] {
    std::vector<LayerType> made;
    add_weighted_layers(made);
    add_element_layers(made);
    add_shape_layers(made);
    for (const char* name : {"Accuracy", "ContrastiveLoss", "EuclideanLoss", "HingeLoss", "InfogainLoss", "MultinomialLogisticLoss", "SigmoidCrossEntropyLoss", "Silence"}) {
      made.push_back({name, "Left out: only training needs it.", 0, nullptr});
    }
    std::sort(made.begin(), made.end(), [](const LayerType& a, const LayerType& b) { return a.name < b.name; });
    return made;
  }();
  return types;
}

const LayerType* find_layer_type(const std::string& name) {
  for (const LayerType& type : layer_types()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

std::string modern_type(const std::string& old) {
  if (old == "SOFTMAX_LOSS") return "SoftmaxWithLoss";
  for (const LayerType& type : layer_types()) {
    if (plain(type.name) == plain(old)) return type.name;
  }
  return old;
}

}  // namespace lne::caffe
