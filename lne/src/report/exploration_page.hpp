// What an exploration found, as one page that needs nothing else: which plan won, what each layer could have been, how learning went.
#pragma once

#include <string>

#include "../base/json.hpp"

namespace lne {

/// @param report as the exploration writes it (`lne-exploration-1`)
std::string exploration_page(const Json& report);

}  // namespace lne
