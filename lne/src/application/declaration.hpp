// An application as its file declares it, before anything is known of networks and types.
#pragma once

#include "fields.hpp"

namespace lne {

struct ModuleDeclaration {
  std::string id, use;
  /// modules whose results it takes, `id` or `id.output`
  std::vector<std::string> in;
  /// the module whose condition must hold for it to run, or empty
  std::string when;
  YamlNode with;
  int line = 1, column = 1;
};

struct ApplicationDeclaration {
  std::string file, name;
  std::vector<ModuleDeclaration> modules;
  /// what the application gives, `id` or `id.output`; empty leaves it to the chain
  std::vector<std::string> outputs;
  int outputs_line = 1, outputs_column = 1;
};

/// @returns LNE_YAML, or LNE_APPLICATION for each thing that is wrong, with file, line, column and mend
Result<ApplicationDeclaration> read_application(std::string_view text, const std::string& file);

/// Paths of all files that the modules name (models and plans), each once, as they are written.
std::vector<std::string> files_named_in(const ApplicationDeclaration& declaration);

}  // namespace lne
