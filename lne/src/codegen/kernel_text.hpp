// The text of kernels as it stands in generated programs and in what is compiled for measuring.
#pragma once

#include <string>
#include <vector>

#include "../plan/primitive.hpp"

namespace lne {

/// Headers that kernels need: of the standard library, and those of simd/, which stand beside the source.
std::string kernel_includes();

/// The kernels of primitives, each file once, in a namespace without name.
std::string kernel_texts(const std::vector<const Primitive*>& primitives);

}  // namespace lne
