#include "declaration.hpp"

#include <algorithm>

namespace lne {
namespace {

constexpr std::size_t kMostModules = 256;
/// Keys of `with` that name files.
const char* const kFileKeys[] = {"model", "plan", "from"};

/// Ids become names in generated sources and keys in results.
bool is_id(const std::string& text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits) && text[0] != '-';
}

ModuleDeclaration read_module(const YamlNode& node, const std::string& file, std::vector<Error>& errors) {
  ModuleDeclaration module;
  module.line = node.line;
  module.column = node.column;
  Fields fields(node, file, "a module", errors);
  module.id = fields.needed_text("id", "a name of your own, e.g. `id: words`");
  if (!module.id.empty() && !is_id(module.id)) fields.fail("id", "an id has 1 to 64 letters, digits, - and _, not '" + module.id + "'");
  module.use = fields.needed_text("use", "what the module is, e.g. `use: network`");
  module.in = fields.texts("in");
  module.when = fields.text("when", "");
  if (const YamlNode* with = fields.find("with")) module.with = *with;
  else module.with.line = node.line, module.with.column = node.column;
  fields.finish();
  return module;
}

}  // namespace

Result<ApplicationDeclaration> read_application(std::string_view text, const std::string& file) {
  Result<YamlNode> root = read_yaml(text, file);
  if (!root) return root.errors();
  std::vector<Error> errors;
  ApplicationDeclaration declaration;
  declaration.file = file;
  Fields fields(root.value(), file, "", errors);
  declaration.name = fields.needed_text("application", "the application's name, e.g. `application: wake-word`");
  if (!declaration.name.empty() && !is_id(declaration.name)) fields.fail("application", "the name has 1 to 64 letters, digits, - and _, not '" + declaration.name + "'");
  declaration.outputs = fields.texts("outputs");
  if (const YamlNode* node = fields.find("outputs")) declaration.outputs_line = node->line, declaration.outputs_column = node->column;
  const YamlNode* modules = fields.find("modules");
  if (modules == nullptr || !modules->is_list() || modules->items.empty()) fields.fail("modules", "modules takes a list, each entry with id, use, in and with");
  else if (modules->items.size() > kMostModules) fields.fail("modules", "more than " + std::to_string(kMostModules) + " modules");
  else {
    for (const YamlNode& node : modules->items) declaration.modules.push_back(read_module(node, file, errors));
  }
  fields.finish();
  if (!errors.empty()) return errors;
  return declaration;
}

std::vector<std::string> files_named_in(const ApplicationDeclaration& declaration) {
  std::vector<std::string> paths;
  for (const ModuleDeclaration& module : declaration.modules) {
    for (const YamlNode::Entry& entry : module.with.entries) {
      const bool is_file = std::find(std::begin(kFileKeys), std::end(kFileKeys), entry.key) != std::end(kFileKeys);
      if (is_file && entry.value.is_scalar() && std::find(paths.begin(), paths.end(), entry.value.text) == paths.end()) paths.push_back(entry.value.text);
    }
  }
  return paths;
}

}  // namespace lne
