// The parts of an ONNX file that an importer needs, as they stand in the file; nothing is interpreted yet.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../base/result.hpp"
#include "../../graph/graph.hpp"

namespace lne::onnx {

/// Element types of TensorProto.
enum ElementType { kFloat = 1, kUInt8 = 2, kInt8 = 3, kUInt16 = 4, kInt16 = 5, kInt32 = 6, kInt64 = 7, kBool = 9, kFloat16 = 10, kDouble = 11, kUInt32 = 12, kUInt64 = 13, kBFloat16 = 16 };

struct TensorProto {
  std::string name;
  Shape shape;
  int data_type = 0;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
};

struct AttributeProto {
  std::string name;
  int type = 0;
  Attribute value;
  bool has_tensor = false;
  TensorProto tensor;
};

struct NodeProto {
  std::string name;
  std::string op_type;
  std::string domain;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  std::vector<AttributeProto> attributes;
};

struct ValueInfoProto {
  std::string name;
  int element_type = 0;
  bool has_shape = false;
  Shape shape;  // -1 where the file gives a symbol instead of an extent
};

struct ModelProto {
  std::int64_t ir_version = 0;
  std::int64_t opset = 0;
  std::string graph_name;
  std::vector<NodeProto> nodes;
  std::vector<TensorProto> initializers;
  std::vector<ValueInfoProto> inputs;
  std::vector<ValueInfoProto> outputs;
  std::map<std::string, std::string> metadata;
};

/// Reads the bytes of an ONNX file. @param file its name, for messages
Result<ModelProto> read_model(std::string_view bytes, const std::string& file);

}  // namespace lne::onnx
