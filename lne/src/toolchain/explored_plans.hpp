// Plans that were explored on this machine, for the commands that are given none (`explored_plan` reads them).
#pragma once

#include <string>
#include <string_view>

namespace lne {

/// @returns what went wrong, or an empty string
std::string keep_explored_plan(std::string_view model, const std::string& target, const std::string& plan, const std::string& report);

}  // namespace lne
