#include "graph.hpp"

namespace lne {
namespace {
/// Counts beyond this are not told apart: far more than anything holds, and no product of it with an extent overflows.
constexpr std::int64_t kMostCounted = std::int64_t{1} << 40;

template <class T>
const T* find(const std::map<std::string, Attribute>& attributes, const std::string& key) {
  const auto found = attributes.find(key);
  return found == attributes.end() ? nullptr : std::get_if<T>(&found->second);
}
}  // namespace

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (const std::int64_t extent : shape) {
    if (extent < 0 || (extent > 0 && count > kMostCounted / extent)) return -1;
    count *= extent;
  }
  return count;
}

std::string name_of(DType dtype) {
  switch (dtype) {
    case DType::kInt64: return "int64";
    case DType::kInt32: return "int32";
    case DType::kInt8: return "int8";
    case DType::kUInt8: return "uint8";
    case DType::kBool: return "bool";
    default: return "float32";
  }
}

std::string text_of(const Shape& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

std::int64_t Node::integer(const std::string& key, std::int64_t otherwise) const {
  const auto* found = find<std::int64_t>(attributes, key);
  return found ? *found : otherwise;
}

double Node::real(const std::string& key, double otherwise) const {
  const auto* found = find<double>(attributes, key);
  return found ? *found : otherwise;
}

std::string Node::string(const std::string& key, const std::string& otherwise) const {
  const auto* found = find<std::string>(attributes, key);
  return found ? *found : otherwise;
}

std::vector<std::int64_t> Node::integers(const std::string& key, std::vector<std::int64_t> otherwise) const {
  const auto* found = find<std::vector<std::int64_t>>(attributes, key);
  return found ? *found : otherwise;
}

ValueId Graph::add_value(Value value) {
  values.push_back(std::move(value));
  return static_cast<ValueId>(values.size()) - 1;
}

}  // namespace lne
