// What fuzzing and its corpus test do with the bytes of a model: everything that `lne import` does, without running it.
#pragma once

#include <algorithm>
#include <string_view>

#include "../src/import/import.hpp"
#include "../src/plan/program.hpp"

namespace lne {

/// Imports a model of whatever format and plans it where it is small. @returns whether it is a good one
inline bool import_once(std::string_view bytes) {
  constexpr std::int64_t kMostPlanned = 1 << 20;
  Result<Graph> graph = import_network(bytes, "fuzzed");
  if (!graph) return false;
  std::int64_t elements = 0;
  for (const Value& value : graph.value().values) elements += std::max<std::int64_t>(element_count(value.shape), 0);
  // A large model is a good one too, but planning it would only take time.
  if (elements > kMostPlanned || graph.value().nodes.size() > 200) return true;
  return static_cast<bool>(compile(std::move(graph.value()), PlanOptions()));
}

}  // namespace lne
