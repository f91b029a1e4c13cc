/// Cast changes the type of numbers: to integers it cuts off the fraction, to truth values it asks for zero, to floats it changes nothing.
#include <cmath>

#include "op_builder.hpp"

namespace lne {
namespace {

// Element types of ONNX.
constexpr std::int64_t kFloat = 1, kUInt8 = 2, kInt8 = 3, kInt32 = 6, kInt64 = 7, kBool = 9, kDouble = 11;

bool type_of(std::int64_t code, DType& dtype) {
  switch (code) {
    case kFloat:
    case kDouble: dtype = DType::kFloat32; return true;
    case kUInt8: dtype = DType::kUInt8; return true;
    case kInt8: dtype = DType::kInt8; return true;
    case kInt32: dtype = DType::kInt32; return true;
    case kInt64: dtype = DType::kInt64; return true;
    case kBool: dtype = DType::kBool; return true;
    default: return false;
  }
}

std::int64_t whole(float value) { return std::isnan(value) ? 0 : static_cast<std::int64_t>(std::fmin(std::fmax(std::trunc(static_cast<double>(value)), -9e18), 9e18)); }

void convert(const Value& src, Value& out) {
  out.is_constant = true;
  if (out.dtype == DType::kFloat32) {
    out.floats = floats_in(src);
  } else if (is_integer(src.dtype)) {
    for (const std::int64_t element : src.ints) out.ints.push_back(out.dtype == DType::kBool ? element != 0 : element);
  } else {
    for (const float element : src.floats) out.ints.push_back(out.dtype == DType::kBool ? element != 0.0f : whole(element));
  }
}

std::string infer(Graph& graph, Node& node) {
  const Value src = graph.value(node.inputs[0]);
  DType dtype = DType::kFloat32;
  if (node.string("onnx", "") == "CastLike") {
    if (!has_input(node, 1)) return "it has no second input";
    dtype = graph.value(node.inputs[1]).dtype;
  } else if (!type_of(node.integer("to", 0), dtype)) {
    return "to is " + std::to_string(node.integer("to", 0)) + "; float32, float64, int8, int32, int64, uint8 and bool are supported";
  }
  node.inputs.resize(1);
  set_shape(graph, node, src.shape);
  if (src.is_constant) {
    graph.value(node.outputs[0]).dtype = dtype;
    convert(src, graph.value(node.outputs[0]));
    return {};
  }
  // Narrow integers wrap around in ONNX; a computed value is expected to fit.
  const bool changes = dtype == DType::kBool ? src.dtype != DType::kBool : is_integer(dtype) && src.dtype == DType::kFloat32;
  node.op = changes ? "unary" : "reshape";
  constexpr std::int64_t kTruncation = 31, kTruth = 32;  // of unary
  node.attributes["function"] = dtype == DType::kBool ? kTruth : kTruncation;
  graph.value(node.outputs[0]).dtype = dtype;
  return {};
}

}  // namespace

void register_op_cast(OpRegistry& registry) { registry.add({"cast", {"Cast", "CastLike"}, "Between float32, float64, int8, int32, int64, uint8 and bool; all are computed as float32.", infer}); }

}  // namespace lne
