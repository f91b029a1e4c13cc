// From a declaration to a chain: finds what modules take, checks that types fit, and names both ends where they do not.
#include <algorithm>

#include "chain.hpp"

namespace lne {
namespace {

using Kind = ValueType::Kind;

/// What helps where a value of one kind stands for another.
std::string mend_for(Kind given, const ValueKinds& wanted) {
  const auto wants = [&](Kind kind) { return std::find(wanted.begin(), wanted.end(), kind) != wanted.end(); };
  if (given == Kind::kTensor && wants(Kind::kScores)) return "; put a softmax module between them";
  if (given == Kind::kTensor && wants(Kind::kSound)) return "; name the wav module";
  if (given == Kind::kSound && wants(Kind::kScores)) return "; put mfcc, network and softmax modules between them";
  if (given == Kind::kCondition) return "; a condition goes into `when`";
  if (given == Kind::kScores && wants(Kind::kTensor)) return "; name the module before the softmax";
  return "";
}

std::string listed(const ValueKinds& kinds) {
  std::string out;
  for (std::size_t i = 0; i < kinds.size(); ++i) out += (i == 0 ? "" : i + 1 == kinds.size() ? " or " : ", ") + name_of(kinds[i]);
  return out;
}

class ChainCompiler {
 public:
  ChainCompiler(const ApplicationDeclaration& declaration, const std::string& target, std::shared_ptr<ModelShelf> models) : declaration_(declaration) {
    chain_.name = declaration.name;
    chain_.target = target;
    chain_.models = std::move(models);
  }

  Result<ModuleChain> run() {
    // A module that can't be made would only have further ones complain about it.
    for (const ModuleDeclaration& module : declaration_.modules) {
      if (!add_module(module)) broken_.push_back(module.id);
    }
    choose_outputs();
    if (chain_.inputs.empty() && errors_.empty()) fail(declaration_.modules[0].line, declaration_.modules[0].column, "no module takes anything from outside; begin with a wav or an array module");
    if (!errors_.empty()) return errors_;
    place_chain(chain_);
    return std::move(chain_);
  }

 private:
  void fail(int line, int column, const std::string& message) { errors_.push_back({"LNE_APPLICATION", place_of(declaration_.file, line, column) + message}); }

  bool refuse(const ModuleDeclaration& at, const std::string& message) {
    fail(at.line, at.column, "module '" + at.id + "': " + message);
    return false;
  }

  /// @returns the value's number; -1 with an error, or without one where it is of a module that was refused
  int find(const ModuleDeclaration& at, const std::string& name) {
    for (std::size_t i = 0; i < chain_.values.size(); ++i) {
      const ChainModule& module = chain_.modules[static_cast<std::size_t>(chain_.values[i].module)];
      if (chain_.values[i].name == name || (module.id == name && module.results.size() == 1)) return static_cast<int>(i);
    }
    const std::string id = name.substr(0, name.find('.'));
    if (std::find(broken_.begin(), broken_.end(), id) != broken_.end()) return -1;
    std::vector<std::string> known;
    for (const ChainValue& value : chain_.values) known.push_back(value.name);
    for (const ChainModule& module : chain_.modules) {
      if (module.id != id) continue;
      std::string all;
      for (const int result : module.results) all += (all.empty() ? "" : ", ") + chain_.value(result).name;
      return refuse(at, "'" + name + "' does not name one of the results of '" + id + "': " + all), -1;
    }
    const bool is_later = std::any_of(declaration_.modules.begin(), declaration_.modules.end(), [&](const ModuleDeclaration& other) { return other.id == id; });
    refuse(at, is_later ? "it takes '" + name + "', which comes after it; order the modules as they run" : "it takes '" + name + "', and there is no such module before it" + nearest_of(name, known));
    return -1;
  }

  bool add_module(const ModuleDeclaration& declared) {
    const bool is_known = std::any_of(declaration_.modules.begin(), declaration_.modules.end(), [&](const ModuleDeclaration& other) { return &other < &declared && other.id == declared.id; });
    if (is_known) return refuse(declared, "another module has the same id; choose another");
    ChainModule module;
    module.id = declared.id;
    module.kind = ModuleRegistry::instance().find(declared.use);
    if (module.kind == nullptr) {
      std::string all;
      for (const std::string& name : ModuleRegistry::instance().names()) all += (all.empty() ? "" : ", ") + name;
      return refuse(declared, "there is no module '" + declared.use + "'" + nearest_of(declared.use, ModuleRegistry::instance().names()) + "; there are " + all);
    }
    if (!take_sources(declared, module) || !take_condition(declared, module)) return false;
    std::vector<ValueType> types;
    for (const int source : module.sources) types.push_back(chain_.value(source).type);
    const std::size_t before = errors_.size();
    Fields with(declared.with, declaration_.file, "module '" + declared.id + "' (" + declared.use + ")", errors_);
    ModuleUse use{with, std::move(types), *chain_.models};
    module.made = module.kind->make(use);
    with.finish();
    if (errors_.size() > before) return false;
    module.model = module.made.network ? with.text("model", "") : std::string();
    add_results(std::move(module));
    return true;
  }

  bool take_sources(const ModuleDeclaration& declared, ChainModule& module) {
    const ModuleKind& kind = *module.kind;
    const bool fits = kind.takes_any_number ? !declared.in.empty() : declared.in.size() == kind.takes.size();
    if (!fits) {
      const std::string wanted = kind.takes.empty() ? "nothing, since its values come from outside" : kind.takes.size() == 1 ? listed(kind.takes[0]) : std::to_string(kind.takes.size()) + " values";
      return refuse(declared, "a " + kind.name + " module takes " + wanted + ", and `in` names " + std::to_string(declared.in.size()) + (declared.in.empty() ? "; write in: and the module whose result it takes" : ""));
    }
    for (std::size_t i = 0; i < declared.in.size(); ++i) {
      const int found = find(declared, declared.in[i]);
      if (found < 0) return false;
      const ChainValue& value = chain_.value(found);
      const ValueKinds& wanted = kind.takes[std::min(i, kind.takes.size() - 1)];
      if (std::find(wanted.begin(), wanted.end(), value.type.kind) == wanted.end()) {
        const ChainModule& giver = chain_.modules[static_cast<std::size_t>(value.module)];
        return refuse(declared, "'" + module.id + "' (" + kind.name + ") takes " + listed(wanted) + ", and '" + giver.id + "' (" + giver.kind->name + ") gives " + text_of(value.type) + mend_for(value.type.kind, wanted));
      }
      module.sources.push_back(found);
      add_conditions(module, chain_.modules[static_cast<std::size_t>(value.module)].conditions);
    }
    return true;
  }

  bool take_condition(const ModuleDeclaration& declared, ChainModule& module) {
    if (declared.when.empty()) return true;
    if (module.kind->is_source()) return refuse(declared, "what comes from outside has no condition; put `when` on a module after it");
    const int found = find(declared, declared.when);
    if (found < 0) return false;
    const ChainValue& value = chain_.value(found);
    const ChainModule& giver = chain_.modules[static_cast<std::size_t>(value.module)];
    if (value.type.kind != Kind::kCondition) return refuse(declared, "`when` takes a condition, and '" + giver.id + "' (" + giver.kind->name + ") gives " + text_of(value.type) + "; put a threshold module between them");
    add_conditions(module, giver.conditions);
    add_conditions(module, {found});
    return true;
  }

  static void add_conditions(ChainModule& module, const std::vector<int>& more) {
    for (const int condition : more) {
      if (std::find(module.conditions.begin(), module.conditions.end(), condition) == module.conditions.end()) module.conditions.push_back(condition);
    }
    // In the order in which they are computed: an outer condition decides before what it leaves out is looked at.
    std::sort(module.conditions.begin(), module.conditions.end());
  }

  void add_results(ChainModule module) {
    const int index = static_cast<int>(chain_.modules.size());
    for (ModuleResult& result : module.made.results) {
      ChainValue value;
      value.name = module.made.results.size() == 1 ? module.id : module.id + "." + result.name;
      value.type = std::move(result.type);
      value.module = index;
      if (module.kind->is_source()) {
        value.place.input = static_cast<int>(chain_.inputs.size());
        chain_.inputs.push_back({module.id, value.type.shape, "float32", static_cast<int>(chain_.values.size())});
      }
      module.results.push_back(static_cast<int>(chain_.values.size()));
      chain_.values.push_back(std::move(value));
    }
    chain_.modules.push_back(std::move(module));
  }

  /// Those that are named, or everything that no module takes, conditions apart.
  void choose_outputs() {
    ModuleDeclaration at;
    at.id = "outputs";
    at.line = declaration_.outputs_line;
    at.column = declaration_.outputs_column;
    std::vector<int> chosen;
    for (const std::string& name : declaration_.outputs) {
      if (const int found = find(at, name); found >= 0) chosen.push_back(found);
    }
    for (std::size_t i = 0; declaration_.outputs.empty() && i < chain_.values.size(); ++i) {
      const auto takes = [&](const ChainModule& module) { return std::find(module.sources.begin(), module.sources.end(), static_cast<int>(i)) != module.sources.end(); };
      const bool is_end = std::none_of(chain_.modules.begin(), chain_.modules.end(), takes) && chain_.values[i].type.kind != Kind::kCondition;
      if (is_end) chosen.push_back(static_cast<int>(i));
    }
    for (const int value : chosen) chain_.outputs.push_back({chain_.value(value).name, chain_.value(value).type.shape, "float32", value});
    if (chosen.empty() && errors_.empty()) fail(at.line, at.column, "the application gives nothing; name its outputs");
  }

  const ApplicationDeclaration& declaration_;
  ModuleChain chain_;
  std::vector<std::string> broken_;
  std::vector<Error> errors_;
};

}  // namespace

Result<ModuleChain> compile_chain(const ApplicationDeclaration& declaration, const std::string& target, std::shared_ptr<ModelShelf> models) { return ChainCompiler(declaration, target, std::move(models)).run(); }

}  // namespace lne
