/// Numbers from outside, already prepared: an array file on the command line, a pointer in the C interface.
#include <cmath>

#include "../../ops/op_builder.hpp"
#include "../module.hpp"

namespace lne {
namespace {

MadeModule make(ModuleUse& use) {
  ValueType type;
  const std::vector<double> extents = use.with.numbers("shape");
  bool is_good = !extents.empty() && extents.size() <= kMostDimensions;
  for (const double extent : extents) {
    is_good = is_good && extent >= 1 && extent <= static_cast<double>(kMostElements) && std::floor(extent) == extent;
    type.shape.push_back(is_good ? static_cast<std::int64_t>(extent) : 1);
  }
  if (!is_good || element_count(type.shape) > kMostElements) use.with.fail("shape", "shape takes 1 to 8 whole numbers from 1 on, e.g. [1, 3, 224, 224]");
  return {{{"", std::move(type)}}, {}, false, nullptr};
}

}  // namespace

void register_module_array(ModuleRegistry& registry) {
  ModuleKind kind;
  kind.name = "array";
  kind.summary = "Numbers from outside, already prepared: a .npy file on the command line, a pointer in the C interface.";
  kind.gives = "a tensor";
  kind.parameters = "`shape`, batch included";
  kind.make = make;
  registry.add(std::move(kind));
}

}  // namespace lne
