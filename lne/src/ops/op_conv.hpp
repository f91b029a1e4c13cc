// What kernels of plain convolutions and transposed ones have in common: their shape, and weights as they are given.
#pragma once

#include <string>

#include "../../simd/conv_shape.hpp"
#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {

using PlainConvKernel = void (*)(const simd::PlainConvShape&, const float* const* src, const float* weights, float* dst, float* scratch);

simd::PlainConvShape conv_shape_of(const Graph& graph, const Node& node);

/// @param function the kernel's name
Lowered lowered_conv(const Graph& graph, const Node& node, const std::string& function, PlainConvKernel kernel);

}  // namespace lne
