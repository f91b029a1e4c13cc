// Errors as the public interface tells them.
#pragma once

#include <vector>

#include "../../include/lne/lne.hpp"
#include "result.hpp"

namespace lne {

inline void add_problems(const std::vector<Error>& errors, std::vector<Problem>& problems) {
  for (const Error& error : errors) problems.push_back({error.code, error.message});
}

}  // namespace lne
