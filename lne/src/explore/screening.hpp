// A first look at variants by the kernels of this process, before any is compiled for its shape.
#pragma once

#include "measurements.hpp"
#include "space.hpp"

namespace lne::explore {

/// @param measurements keeps what was seen, so that it is looked at once only
Screen make_screen(Measurements& measurements);

}  // namespace lne::explore
