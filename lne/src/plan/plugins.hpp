// Which plugins there are, and which of them may be used.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../base/result.hpp"

namespace lne {

/// A plugin over a library, as the build of this engine met it: known whether or not the library was there.
struct LibraryPlugin {
  std::string plugin;
  /// the library's own name, and the Debian package that brings it
  std::string name;
  std::string package;
  bool is_built = false;
};

/// Written by the build from the folders of plugins/ that have a plugin.cmake, sorted.
const std::vector<LibraryPlugin>& library_plugins();

/// Whether a plugin's kernels call a library.
bool is_over_library(const std::string& plugin);

/// Brings the primitives of a library's plugin into the registry, once per process. Other names need nothing.
/// @returns LNE_PLUGIN where the library was not there when the engine was built, or is gone
std::optional<Error> load_plugin(const std::string& name);

/// The plugins that words leave: `name` only those that are so named, `+name` besides, `-name` not. Without a word that has no sign they start from
/// all that need no library. `core` is always among them. @returns nothing for no words, which leaves all that need no library; LNE_PLUGIN for names
/// that there are not
Result<std::vector<std::string>> plugins_of(const std::vector<std::string>& words);

/// `a,b` as a list.
std::vector<std::string> words_between_commas(const std::string& list);

}  // namespace lne
