// What the engine gives in the form that JavaScript takes, and the other way.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "guard.hpp"
#include "lne/lne.hpp"

namespace lne::node {

/// The first problem is the error's message; all of them go along.
Failure failure_of(const std::vector<Problem>& problems);

/// [path, bytes] for each file.
Napi::Value files_to_js(Napi::Env env, const std::map<std::string, std::string>& files);

}  // namespace lne::node
