// The one representation of a network between import and execution: values, and nodes in an order in which they can run.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "../base/result.hpp"
#include "vector_unit.hpp"

namespace lne {

/// Extents from the outermost dimension on; activations of images and features are [batch, channels, height, width].
using Shape = std::vector<std::int64_t>;

/// The number of elements, or -1 when an extent is negative or the product exceeds 2^40 (no such tensor is ever allocated).
std::int64_t element_count(const Shape& shape);

std::string text_of(const Shape& shape);

/// What the numbers of a tensor mean. The engine computes in float32 throughout: integers and truth values are floats there (exact up to
/// 2^24), and only constants that are known at import keep all their bits, in `Value::ints`.
enum class DType { kFloat32, kInt64, kInt32, kInt8, kUInt8, kBool };

inline bool is_integer(DType dtype) { return dtype != DType::kFloat32; }

/// As files and interfaces name it, e.g. float32.
std::string name_of(DType dtype);

using ValueId = int;

/// A tensor: constant (its data are here: floats, or ints for every other type) or computed.
struct Value {
  std::string name;
  Shape shape;
  DType dtype = DType::kFloat32;
  bool is_constant = false;
  std::vector<float> floats;
  std::vector<std::int64_t> ints;
};

using Attribute = std::variant<std::int64_t, double, std::string, std::vector<std::int64_t>, std::vector<double>, std::vector<std::string>>;

/// An activation that a layer applies to its result. Kinds are the numbers of unary functions (ops/unary.cpp) and of `simd::activate`.
struct Activation {
  enum class Kind { kNone, kRelu, kClip, kLeakyRelu, kHardSigmoid, kHardSwish, kSigmoid, kSwish, kTanh, kGelu, kGeluTanh, kMish, kElu };
  Kind kind = Kind::kNone;
  /// of kClip; the first and the second parameter of the others, as ONNX has them
  float low = 0.0f;
  float high = 0.0f;
};
inline constexpr std::int64_t kLastActivation = static_cast<std::int64_t>(Activation::Kind::kElu);

/// One layer. `op` is the name of its definition in ops/.
struct Node {
  std::string op;
  std::string name;
  std::vector<ValueId> inputs;  // -1 for an optional input that is not given
  std::vector<ValueId> outputs;
  std::map<std::string, Attribute> attributes;
  Activation activation;
  /// an addend of the result's shape that is added before the activation, or -1
  ValueId residual = -1;
  /// source nodes that passes merged into this one, for reports
  std::vector<std::string> merged;
  /// layers that the same primitive computes behind this one, in their order (`Primitive::followers`); each reads the result of the one before
  std::vector<Node> followers;
  /// Where tensors lie inside wider ones, in kChannelsLast8: floats from one position to the next of each source and of the result.
  /// Empty and 0 mean packed. Only primitives that say so (`takes_src_steps`, `takes_dst_step`) are given any.
  std::vector<std::int64_t> src_steps;
  std::int64_t dst_step = 0;

  std::int64_t integer(const std::string& key, std::int64_t otherwise) const;
  double real(const std::string& key, double otherwise) const;
  std::string string(const std::string& key, const std::string& otherwise) const;
  std::vector<std::int64_t> integers(const std::string& key, std::vector<std::int64_t> otherwise) const;
  bool has(const std::string& key) const { return attributes.count(key) > 0; }
};

struct Graph {
  std::string name;
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  /// what the file says of itself; `sedge` holds classes and preprocessing as JSON
  std::map<std::string, std::string> metadata;
  /// of the target; primitives offer what fits it
  VectorUnit vector_unit;
  /// what a layer may be expected to round beyond sums in another order, as a share of its largest element; primitives offer what keeps to it
  double layer_rounding = std::numeric_limits<double>::infinity();
  /// elements of constants that were computed at import
  std::int64_t folded_elements = 0;

  Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
  const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
  ValueId add_value(Value value);
};

}  // namespace lne
