#include "onnx_model.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>

#include "../wire.hpp"

namespace lne::onnx {
namespace {

// Types of AttributeProto.
constexpr int kAttributeFloat = 1, kAttributeInt = 2, kAttributeString = 3, kAttributeTensor = 4, kAttributeFloats = 6, kAttributeInts = 7, kAttributeStrings = 8;

/// Where the reader is, and the first thing that was wrong.
struct Context {
  std::string file;
  Error error;

  bool fail(const std::string& code, const std::string& message) {
    if (error.code.empty()) error = {code, file + ": " + message};
    return false;
  }
  bool cut(const std::string& where) { return fail("LNE_ONNX_BROKEN", where + " is cut short or is no protobuf; is this an ONNX file, and whole?"); }
};

bool read_packed_ints(const Field& field, std::vector<std::int64_t>& out) {
  if (field.type == 0) {
    out.push_back(field.integer());
    return true;
  }
  Wire wire(field.bytes);
  while (!wire.at_end()) {
    std::uint64_t value = 0;
    if (!wire.read_varint(value)) return false;
    out.push_back(static_cast<std::int64_t>(value));
  }
  return true;
}

template <class T, class Out>
bool read_packed_fixed(const Field& field, std::vector<Out>& out) {
  if (field.bytes.size() % sizeof(T) != 0) return false;
  for (std::size_t at = 0; at < field.bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, field.bytes.data() + at, sizeof(T));
    out.push_back(static_cast<Out>(value));
  }
  return true;
}

template <class T, class Out>
void convert_raw(std::string_view raw, std::vector<Out>& out) {
  out.resize(raw.size() / sizeof(T));
  for (std::size_t i = 0; i < out.size(); ++i) {
    T value;
    std::memcpy(&value, raw.data() + i * sizeof(T), sizeof(T));
    out[i] = static_cast<Out>(value);
  }
}

/// IEEE half precision and bfloat16 by their bits.
float half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1.0 : 1.0;
  if (exponent == 31) return fraction ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(sign) * std::numeric_limits<float>::infinity();
  return static_cast<float>(sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25)));
}

float bfloat16(std::uint16_t bits) {
  const std::uint32_t wide = static_cast<std::uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

/// Bytes of an element, or 0 for a type that is not read.
std::int64_t bytes_of(int type) {
  switch (type) {
    case kUInt8:
    case kInt8:
    case kBool: return 1;
    case kUInt16:
    case kInt16:
    case kFloat16:
    case kBFloat16: return 2;
    case kFloat:
    case kInt32:
    case kUInt32: return 4;
    case kInt64:
    case kUInt64:
    case kDouble: return 8;
    default: return 0;
  }
}

void read_raw(std::string_view raw, TensorProto& tensor) {
  switch (tensor.data_type) {
    case kFloat: return convert_raw<float>(raw, tensor.floats);
    case kDouble: return convert_raw<double>(raw, tensor.floats);
    case kUInt8:
    case kBool: return convert_raw<std::uint8_t>(raw, tensor.ints);
    case kInt8: return convert_raw<std::int8_t>(raw, tensor.ints);
    case kInt16: return convert_raw<std::int16_t>(raw, tensor.ints);
    case kInt32: return convert_raw<std::int32_t>(raw, tensor.ints);
    case kUInt32: return convert_raw<std::uint32_t>(raw, tensor.ints);
    case kInt64:
    case kUInt64: return convert_raw<std::int64_t>(raw, tensor.ints);
    default: return convert_raw<std::uint16_t>(raw, tensor.ints);
  }
}

bool finish_tensor(TensorProto& tensor, std::string_view raw, bool has_raw, Context& context) {
  const std::string what = "tensor '" + tensor.name + "'";
  const std::int64_t count = element_count(tensor.shape), bytes_each = bytes_of(tensor.data_type);
  if (count < 0) return context.fail("LNE_ONNX_TENSOR", what + " has the impossible shape " + text_of(tensor.shape));
  if (bytes_each == 0) {
    return context.fail("LNE_ONNX_TYPE", what + " has element type " + std::to_string(tensor.data_type) + "; float16, bfloat16, float32, float64, integers of 8 to 64 bits and bool are read");
  }
  if (has_raw) {
    // Checked before anything is allocated: a shape can promise terabytes.
    if (static_cast<std::int64_t>(raw.size()) != count * bytes_each) {
      return context.fail("LNE_ONNX_TENSOR", what + " of shape " + text_of(tensor.shape) + " needs " + std::to_string(count * bytes_each) + " bytes and has " + std::to_string(raw.size()));
    }
    read_raw(raw, tensor);
  }
  if (tensor.data_type == kFloat16 || tensor.data_type == kBFloat16) {
    tensor.floats.clear();
    for (const std::int64_t bits : tensor.ints) tensor.floats.push_back((tensor.data_type == kFloat16 ? half : bfloat16)(static_cast<std::uint16_t>(bits)));
    tensor.ints.clear();
  }
  const bool is_real = tensor.data_type == kFloat || tensor.data_type == kDouble || tensor.data_type == kFloat16 || tensor.data_type == kBFloat16;
  const std::size_t given = is_real ? tensor.floats.size() : tensor.ints.size();
  if (static_cast<std::int64_t>(given) != count) {
    return context.fail("LNE_ONNX_TENSOR", what + " of shape " + text_of(tensor.shape) + " has " + std::to_string(given) + " elements");
  }
  return true;
}

bool read_tensor(std::string_view bytes, TensorProto& tensor, Context& context) {
  Wire wire(bytes);
  Field field;
  std::string_view raw;
  bool has_raw = false;
  bool is_good = true;
  while (is_good && wire.next(field)) {
    switch (field.number) {
      case 1: is_good = read_packed_ints(field, tensor.shape); break;
      case 2: tensor.data_type = static_cast<int>(field.integer()); break;
      case 4: is_good = read_packed_fixed<float>(field, tensor.floats); break;
      case 5:
      case 7:
      case 11: is_good = read_packed_ints(field, tensor.ints); break;
      case 8: tensor.name = field.string(); break;
      case 9:
        raw = field.bytes;
        has_raw = true;
        break;
      case 10: is_good = read_packed_fixed<double>(field, tensor.floats); break;
      case 13: return context.fail("LNE_ONNX_EXTERNAL", "tensor '" + tensor.name + "' keeps its data in another file; save the model in one file");
      case 14:
        if (field.varint == 1) return context.fail("LNE_ONNX_EXTERNAL", "tensor '" + tensor.name + "' keeps its data in another file; save the model in one file");
        break;
      default: break;
    }
  }
  if (!is_good || wire.is_broken()) return context.cut("tensor '" + tensor.name + "'");
  return finish_tensor(tensor, raw, has_raw, context);
}

bool read_attribute(std::string_view bytes, AttributeProto& attribute, Context& context) {
  Wire wire(bytes);
  Field field;
  std::vector<std::int64_t> ints;
  std::vector<double> reals;
  std::vector<std::string> texts;
  double real = 0;
  std::int64_t integer = 0;
  std::string text;
  bool is_good = true;
  while (is_good && wire.next(field)) {
    switch (field.number) {
      case 1: attribute.name = field.string(); break;
      case 2: real = static_cast<double>(field.float32()); break;
      case 3: integer = field.integer(); break;
      case 4: text = field.string(); break;
      case 5:
        attribute.has_tensor = true;
        if (!read_tensor(field.bytes, attribute.tensor, context)) return false;
        break;
      case 7: is_good = read_packed_fixed<float>(field, reals); break;
      case 8: is_good = read_packed_ints(field, ints); break;
      case 9: texts.push_back(field.string()); break;
      case 20: attribute.type = static_cast<int>(field.integer()); break;
      default: break;
    }
  }
  if (!is_good || wire.is_broken()) return context.cut("attribute '" + attribute.name + "'");
  switch (attribute.type) {
    case kAttributeFloat: attribute.value = real; break;
    case kAttributeInt: attribute.value = integer; break;
    case kAttributeString: attribute.value = text; break;
    case kAttributeFloats: attribute.value = reals; break;
    case kAttributeInts: attribute.value = ints; break;
    case kAttributeStrings: attribute.value = texts; break;
    case kAttributeTensor: break;
    default: break;  // graphs and the like: whoever needs the attribute misses it and says so
  }
  return true;
}

bool read_node(std::string_view bytes, NodeProto& node, Context& context) {
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    switch (field.number) {
      case 1: node.inputs.push_back(field.string()); break;
      case 2: node.outputs.push_back(field.string()); break;
      case 3: node.name = field.string(); break;
      case 4: node.op_type = field.string(); break;
      case 5:
        node.attributes.emplace_back();
        if (!read_attribute(field.bytes, node.attributes.back(), context)) return false;
        break;
      case 7: node.domain = field.string(); break;
      default: break;
    }
  }
  return wire.is_broken() ? context.cut("node '" + node.name + "'") : true;
}

void read_shape(std::string_view bytes, Shape& shape, bool& is_broken) {
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    if (field.number != 1) continue;
    std::int64_t extent = -1;
    Wire dimension(field.bytes);
    Field part;
    while (dimension.next(part)) {
      if (part.number == 1) extent = part.integer();
    }
    is_broken = is_broken || dimension.is_broken();
    shape.push_back(extent);
  }
  is_broken = is_broken || wire.is_broken();
}

bool read_value_info(std::string_view bytes, ValueInfoProto& info, Context& context) {
  Wire wire(bytes);
  Field field;
  bool is_broken = false;
  while (wire.next(field)) {
    if (field.number == 1) info.name = field.string();
    if (field.number != 2) continue;
    Wire type(field.bytes);
    Field kind;
    while (type.next(kind)) {
      if (kind.number != 1) continue;
      Wire tensor(kind.bytes);
      Field part;
      while (tensor.next(part)) {
        if (part.number == 1) info.element_type = static_cast<int>(part.integer());
        if (part.number == 2) {
          info.has_shape = true;
          read_shape(part.bytes, info.shape, is_broken);
        }
      }
      is_broken = is_broken || tensor.is_broken();
    }
    is_broken = is_broken || type.is_broken();
  }
  return is_broken || wire.is_broken() ? context.cut("value '" + info.name + "'") : true;
}

bool read_graph(std::string_view bytes, ModelProto& model, Context& context) {
  Wire wire(bytes);
  Field field;
  bool is_good = true;
  while (is_good && wire.next(field)) {
    switch (field.number) {
      case 1:
        model.nodes.emplace_back();
        is_good = read_node(field.bytes, model.nodes.back(), context);
        break;
      case 2: model.graph_name = field.string(); break;
      case 5:
        model.initializers.emplace_back();
        is_good = read_tensor(field.bytes, model.initializers.back(), context);
        break;
      case 11:
        model.inputs.emplace_back();
        is_good = read_value_info(field.bytes, model.inputs.back(), context);
        break;
      case 12:
        model.outputs.emplace_back();
        is_good = read_value_info(field.bytes, model.outputs.back(), context);
        break;
      default: break;
    }
  }
  return wire.is_broken() ? context.cut("the graph") : is_good;
}

void read_pair(std::string_view bytes, std::string& first, std::string& second) {
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    if (field.number == 1) first = field.string();
    if (field.number == 2) second = field.type == 0 ? std::to_string(field.integer()) : field.string();
  }
}

}  // namespace

Result<ModelProto> read_model(std::string_view bytes, const std::string& file) {
  Context context{file, {}};
  ModelProto model;
  Wire wire(bytes);
  Field field;
  bool has_graph = false;
  bool is_good = true;
  while (is_good && wire.next(field)) {
    std::string first, second;
    switch (field.number) {
      case 1: model.ir_version = field.integer(); break;
      case 7:
        has_graph = true;
        is_good = read_graph(field.bytes, model, context);
        break;
      case 8:
        read_pair(field.bytes, first, second);
        if ((first.empty() || first == "ai.onnx") && second.size() < 10) model.opset = std::atoll(second.c_str());
        break;
      case 14:
        read_pair(field.bytes, first, second);
        model.metadata[first] = second;
        break;
      default: break;
    }
  }
  if (wire.is_broken()) context.cut("the model");
  if (context.error.code.empty() && !has_graph) context.fail("LNE_ONNX_NO_GRAPH", "there is no graph in it; is this an ONNX file?");
  if (!context.error.code.empty()) return context.error;
  return model;
}

}  // namespace lne::onnx
