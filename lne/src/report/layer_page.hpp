// The report on a network's layers as one page that needs nothing else.
#pragma once

#include <string>

#include "../base/json.hpp"

namespace lne {

/// @param report as `Network::report` gives it, with `options` per layer where the network was explored
std::string layer_page(const std::string& file, const Json& report);

}  // namespace lne
