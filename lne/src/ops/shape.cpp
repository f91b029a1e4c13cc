/// Shape, Size, ConstantOfShape and Range are known when a network is imported: they become constants.
#include <algorithm>
#include <cmath>

#include "op_builder.hpp"

namespace lne {
namespace {

Value& make_constant(Graph& graph, Node& node, Shape shape, DType dtype) {
  Value& out = graph.value(node.outputs[0]);
  out.is_constant = true;
  out.dtype = dtype;
  out.shape = std::move(shape);
  return out;
}

std::string infer_shape(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::int64_t rank = static_cast<std::int64_t>(src.size());
  const auto position = [&](const char* name, std::int64_t otherwise) {
    const std::int64_t at = node.integer(name, otherwise);
    return std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank);
  };
  const std::int64_t start = position("start", 0), end = std::max(start, position("end", rank));
  make_constant(graph, node, {end - start}, DType::kInt64).ints.assign(src.begin() + start, src.begin() + end);
  return {};
}

std::string infer_constant_of_shape(Graph& graph, Node& node) {
  const Value& given = graph.value(node.inputs[0]);
  if (!given.is_constant || !is_integer(given.dtype)) return "its shape must be constant integers";
  const Shape shape = given.ints;
  const std::int64_t count = element_count(shape), value = node.integer(":value", -1);
  if (count < 0 || count > kMostElements / 8 || shape.size() > kMostDimensions) return "its result " + text_of(shape) + " is too large or impossible";
  Value filler;
  filler.floats = {0.0f};
  if (value >= 0) filler = graph.value(static_cast<ValueId>(value));
  if (element_count(filler.shape) != 1) return "its value must be one number";
  Value& out = make_constant(graph, node, shape, filler.dtype);
  if (is_integer(out.dtype)) out.ints.assign(static_cast<std::size_t>(count), filler.ints[0]);
  else out.floats.assign(static_cast<std::size_t>(count), filler.floats[0]);
  return {};
}

std::string infer_range(Graph& graph, Node& node) {
  double parts[3];
  for (std::size_t i = 0; i < 3; ++i) {
    if (!is_constant(graph, node, i) || element_count(shape_of(graph, node, i)) != 1) return "start, limit and delta must be constant numbers";
    const Value& value = graph.value(node.inputs[i]);
    parts[i] = is_integer(value.dtype) ? static_cast<double>(value.ints[0]) : static_cast<double>(value.floats[0]);
  }
  const double count = std::max(0.0, std::ceil((parts[1] - parts[0]) / parts[2]));
  if (!(count <= static_cast<double>(kMostElements / 8))) return "it has too many elements, or its delta is 0";
  Value& out = make_constant(graph, node, {static_cast<std::int64_t>(count)}, graph.value(node.inputs[0]).dtype);
  for (std::int64_t i = 0; i < out.shape[0]; ++i) {
    const double element = parts[0] + static_cast<double>(i) * parts[2];
    if (is_integer(out.dtype)) out.ints.push_back(static_cast<std::int64_t>(std::clamp(element, -9e18, 9e18)));
    else out.floats.push_back(static_cast<float>(element));
  }
  return {};
}

std::string infer(Graph& graph, Node& node) {
  const std::string name = node.string("onnx", "");
  if (name == "Shape") return infer_shape(graph, node);
  if (name == "ConstantOfShape") return infer_constant_of_shape(graph, node);
  if (name == "Range") return infer_range(graph, node);
  make_constant(graph, node, {}, DType::kInt64).ints = {element_count(shape_of(graph, node, 0))};
  return {};
}

}  // namespace

void register_op_shape(OpRegistry& registry) { registry.add({"shape", {"Shape", "Size", "ConstantOfShape", "Range"}, "Computed at import; constant operands.", infer}); }

}  // namespace lne
