// The parts of a generated program's text that are made of a chain.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../application/chain.hpp"

namespace lne {

using Files = std::map<std::string, std::string>;

/// Kernels with their shapes, each once, and which of them each step calls.
struct KernelSources {
  Files files;
  /// paths, for the build
  std::vector<std::string> sources;
  /// by step: what it calls, e.g. `app::kernel_3`; empty where floats are only copied
  std::vector<std::string> calls;
};

KernelSources kernel_sources(const std::vector<ChainStep>& steps, const ModuleChain& chain);

/// `network.cpp`: the steps, where everything lies, and the tables behind the C interface.
std::string network_source(const ModuleChain& chain, const std::vector<ChainStep>& steps, const std::vector<std::string>& calls);

/// A text as a C++ literal.
std::string quoted(const std::string& text);
/// The same for text of any length.
std::string raw(const std::string& text);

}  // namespace lne
