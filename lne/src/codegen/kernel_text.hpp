// The text of kernels as it stands in generated programs and in what is compiled for measuring.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../plan/primitive.hpp"

namespace lne {

/// The lines that include what the kernels of primitives need: the standard library, headers of simd/, which stand beside the source, and those of
/// libraries with layer_state.hpp.
std::string kernel_includes(const std::vector<const Primitive*>& primitives);

/// Those headers of simd/, and those that they include in turn: name -> content.
std::map<std::string, std::string> simd_files_of(const std::vector<const Primitive*>& primitives);

/// The header that kernels over libraries need, as text; it stands beside the source as well.
inline constexpr const char* kLayerStateFile = "layer_state.hpp";
const std::string& layer_state_text();

/// The kernels of primitives, each file once, in a namespace without name.
std::string kernel_texts(const std::vector<const Primitive*>& primitives);

}  // namespace lne
