#include "assignment.hpp"

#include <algorithm>
#include <optional>

#include "layer_error.hpp"
#include "plugins.hpp"

namespace lne {
namespace {

bool contains(const std::vector<std::string>& list, const Primitive& primitive) {
  return std::find(list.begin(), list.end(), primitive.name) != list.end() || std::find(list.begin(), list.end(), primitive.plugin()) != list.end();
}

std::string quoted(const std::string& name) { return "'" + name + "'"; }

/// Whether a list of plugins, where there is one, leaves a primitive.
bool is_left(const PlanOptions& options, const Primitive& primitive) { return options.plugins.empty() || primitive.plugin() == "core" || contains(options.plugins, primitive); }

/// Primitives over a library are not known before it is loaded.
bool is_known(const std::string& name) {
  const std::string plugin = name.substr(0, name.find('.'));
  const std::vector<std::string> plugins = PrimitiveRegistry::instance().plugins();
  return is_over_library(plugin) || PrimitiveRegistry::instance().find(name) != nullptr || std::find(plugins.begin(), plugins.end(), name) != plugins.end();
}

std::optional<Error> check_names(const Graph& graph, const PlanOptions& options) {
  std::set<std::string> names{"*"};
  for (const Node& node : graph.nodes) names.insert(node.name);
  for (const auto& [name, choice] : options.layers) {
    if (!names.count(name)) return Error{"LNE_PLAN_LAYER", "the plan names layer " + quoted(name) + ", which the network does not have after its passes"};
    if (std::optional<Error> error = load_plugin(choice.primitive.substr(0, choice.primitive.find('.')))) return error;
    if (!choice.primitive.empty() && !PrimitiveRegistry::instance().find(choice.primitive)) {
      return Error{"LNE_PLAN_PRIMITIVE", "the plan names primitive " + quoted(choice.primitive) + " for layer " + quoted(name) + ", which no plugin has"};
    }
    if (!choice.primitive.empty() && !is_left(options, *PrimitiveRegistry::instance().find(choice.primitive))) {
      return Error{"LNE_PLAN_PLUGIN", "the plan wants " + choice.primitive + " for layer " + quoted(name) + ", and its plugin is left out; leave it in, or take that wish out of the plan"};
    }
    for (const std::string& forbidden : choice.forbidden) {
      if (!is_known(forbidden)) return Error{"LNE_PLAN_PRIMITIVE", "the plan forbids " + quoted(forbidden) + " for layer " + quoted(name) + ", which is neither a plugin nor a primitive"};
    }
  }
  return std::nullopt;
}

/// In which layouts each value is there already, while layers are chosen one after the other.
class Layouts {
 public:
  explicit Layouts(const Graph& graph) : graph_(graph), known_(graph.values.size()) {
    for (const ValueId input : graph.inputs) add(input, Layout::kPlain);
  }

  void add(ValueId value, Layout layout) { known_[static_cast<std::size_t>(value)].insert(layout); }

  void add_layer(const Node& node, const Primitive& primitive) {
    for (const Read& read : reads_of(graph_, node, primitive)) add(read.value, read.layout);
    add(last_of(node).outputs[0], primitive.dst_layout);
  }

  void add_view(const Node& node) {
    add(node.inputs[0], Layout::kPlain);
    add(node.outputs[0], Layout::kPlain);
  }

  /// Elements that have to be converted before a layer can be computed.
  std::int64_t missing_for(const Node& node, const Primitive& primitive) const {
    std::int64_t elements = 0;
    for (const Read& read : reads_of(graph_, node, primitive)) {
      const Shape& shape = graph_.value(read.value).shape;
      const std::set<Layout>& known = known_[static_cast<std::size_t>(read.value)];
      const bool is_there = std::any_of(known.begin(), known.end(), [&](Layout layout) { return is_same_order(shape, layout, read.layout); });
      if (!is_there) elements += element_count(shape);
    }
    return elements;
  }

 private:
  const Graph& graph_;
  std::vector<std::set<Layout>> known_;
};

/// The primitive of one layer and the layers that it covers: the one with the highest rank, of several the one that needs least converted.
class Chooser {
 public:
  Chooser(const Graph& graph, const Uses& uses, const PlanOptions& options, const Layouts& layouts, std::size_t at)
      : graph_(graph), uses_(uses), options_(options), layouts_(layouts), at_(at), node_(graph.nodes[at]), wanted_(choice_for(options, node_)) {}

  std::optional<Error> choose() {
    if (wanted_ != nullptr && !wanted_->primitive.empty()) {
      const std::string& op = PrimitiveRegistry::instance().find(wanted_->primitive)->op;
      const bool is_for_all = options_.layers.find(node_.name) == options_.layers.end();
      if (op != node_.op && !is_for_all) return Error{"LNE_PLAN_PRIMITIVE", "layer " + quoted(node_.name) + ": the plan wants " + wanted_->primitive + ", which computes " + op + ", not " + node_.op};
    }
    for (const Primitive* primitive : PrimitiveRegistry::instance().for_op(node_.op)) {
      if (std::optional<Error> error = consider(*primitive)) return error;
      if (is_settled_) break;
    }
    if (best_.primitive == nullptr && reasons_.empty()) reasons_ = " the plan and the plugins leave it no primitive";
    if (best_.primitive == nullptr) return Error{"LNE_PLAN_NO_PRIMITIVE", "layer " + quoted(node_.name) + " (" + node_.op + ") can't be run:" + reasons_};
    return choose_variant();
  }

  const Choice& best() const { return best_; }
  const Chain& chain() const { return chain_; }

 private:
  std::optional<Error> consider(const Primitive& primitive) {
    const bool is_forced = wanted_ != nullptr && wanted_->primitive == primitive.name;
    if (!is_forced && !is_allowed(options_, node_, primitive)) return std::nullopt;
    Chain chain = chain_of(graph_, uses_, at_, primitive);
    if (!chain.refusal.empty()) {
      reasons_ += " " + primitive.name + ": " + chain.refusal + ";";
      const bool is_named = is_forced && options_.layers.find(node_.name) != options_.layers.end();
      if (is_named || (is_forced && primitive.followers.empty())) return Error{"LNE_PLAN_REFUSED", "layer " + quoted(node_.name) + ": the plan wants " + primitive.name + ", but " + chain.refusal};
      return std::nullopt;
    }
    if (!is_forced && overrules(graph_, options_, chain)) return std::nullopt;
    const int rank = primitive.preference(graph_, chain.node);
    const std::int64_t missing = layouts_.missing_for(chain.node, primitive);
    const bool is_better = rank > best_rank_ || (rank == best_rank_ && missing < best_missing_);
    if (!is_forced && best_.primitive != nullptr && !is_better) return std::nullopt;
    std::vector<Variant> variants = is_forced ? primitive.variants(graph_, chain.node) : variants_within(graph_, options_, chain, primitive, 1);
    if (variants.empty()) {
      reasons_ += " " + primitive.name + ": its error is larger than the plan allows;";
      return std::nullopt;
    }
    best_ = {&primitive, {}};
    variants_ = std::move(variants);
    best_rank_ = rank;
    best_missing_ = missing;
    chain_ = std::move(chain);
    is_settled_ = is_forced;
    return std::nullopt;
  }

  std::optional<Error> choose_variant() {
    const bool takes_variant = wanted_ != nullptr && wanted_->primitive == best_.primitive->name && !wanted_->variant.empty();
    if (takes_variant && std::find(variants_.begin(), variants_.end(), wanted_->variant) == variants_.end()) {
      return Error{"LNE_PLAN_VARIANT", "layer " + quoted(node_.name) + ": " + best_.primitive->name + " has no variant " + text_of(Shape(wanted_->variant.begin(), wanted_->variant.end())) + " for it"};
    }
    best_.variant = takes_variant ? wanted_->variant : variants_.front();
    return std::nullopt;
  }

  const Graph& graph_;
  const Uses& uses_;
  const PlanOptions& options_;
  const Layouts& layouts_;
  std::size_t at_;
  const Node& node_;
  const LayerChoice* wanted_;
  Choice best_;
  std::vector<Variant> variants_;
  Chain chain_;
  int best_rank_ = 0;
  std::int64_t best_missing_ = 0;
  bool is_settled_ = false;
  std::string reasons_;
};

}  // namespace

std::vector<Variant> variants_within(const Graph& graph, const PlanOptions& options, const Chain& chain, const Primitive& primitive, std::size_t most) {
  const std::vector<Variant> variants = primitive.variants(graph, chain.node);
  if (!primitive.is_approximate || options.max_error <= 0) return variants;
  const LayerError error(graph, chain);
  std::vector<Variant> within;
  for (const Variant& variant : variants) {
    if (within.size() < most && error.of({&primitive, variant}) <= options.max_error) within.push_back(variant);
  }
  return within;
}

Chain chain_of(const Graph& graph, const Uses& uses, std::size_t first, const Primitive& primitive) {
  Chain chain;
  chain.node = graph.nodes[first];
  chain.nodes = {first};
  for (const std::string& op : primitive.followers) {
    const ValueId link = graph.nodes[chain.nodes.back()].outputs[0];
    const std::size_t next = uses.has_one_use(link) ? uses.readers_of(link)[0] : Uses::kNone;
    const bool is_next = next != Uses::kNone && graph.nodes[next].op == op && graph.nodes[next].inputs[0] == link && graph.nodes[next].residual != link;
    if (!is_next) return {{}, {}, "no layer of type " + op + " alone follows it"};
    chain.nodes.push_back(next);
    chain.node.followers.push_back(graph.nodes[next]);
  }
  chain.refusal = primitive.refuse(graph, chain.node);
  if (!chain.refusal.empty()) chain.nodes.clear();
  return chain;
}

std::vector<Read> reads_of(const Graph& graph, const Node& node, const Primitive& primitive) {
  std::vector<Read> reads;
  for (const ValueId input : node.inputs) {
    if (input >= 0 && !graph.value(input).is_constant) reads.push_back({input, primitive.src_layout});
  }
  if (node.residual >= 0) reads.push_back({node.residual, primitive.dst_layout});
  for (const Node& follower : node.followers) {
    for (std::size_t i = 1; i < follower.inputs.size(); ++i) {
      if (follower.inputs[i] >= 0 && !graph.value(follower.inputs[i]).is_constant) reads.push_back({follower.inputs[i], primitive.dst_layout});
    }
    if (follower.residual >= 0) reads.push_back({follower.residual, primitive.dst_layout});
  }
  return reads;
}

bool is_same_order(const Shape& shape, Layout from, Layout to) {
  if (from == to) return true;
  // One position: only what fills up the channels behind the last distinguishes the two.
  return from == Layout::kChannelsLast8 && to == Layout::kPlain && shape.size() == 4 && shape[2] * shape[3] == 1;
}

Node conversion_of(const Graph& graph, ValueId value, Layout to) {
  Node node;
  node.op = "convert";
  node.name = graph.value(value).name + "." + name_of(to);
  node.inputs = {value};
  node.outputs = {value};
  return node;
}

const LayerChoice* choice_for(const PlanOptions& options, const Node& node) {
  const auto named = options.layers.find(node.name);
  if (named != options.layers.end()) return &named->second;
  const auto any = options.layers.find("*");
  return any == options.layers.end() ? nullptr : &any->second;
}

bool is_allowed(const PlanOptions& options, const Node& node, const Primitive& primitive) {
  const LayerChoice* choice = choice_for(options, node);
  if (choice != nullptr && contains(choice->forbidden, primitive)) return false;
  return is_left(options, primitive) && (!options.plugins.empty() || primitive.library == nullptr);
}

bool overrules(const Graph& graph, const PlanOptions& options, const Chain& chain) {
  return std::any_of(chain.nodes.begin() + 1, chain.nodes.end(), [&](std::size_t at) {
    const auto named = options.layers.find(graph.nodes[at].name);
    return named != options.layers.end() && !named->second.primitive.empty();
  });
}

Result<Assignment> assign(const Graph& graph, const PlanOptions& options) {
  if (std::optional<Error> error = check_names(graph, options)) return *error;
  const Uses uses(graph);
  Assignment assignment(graph.nodes.size());
  std::vector<bool> is_covered(graph.nodes.size(), false);
  Layouts layouts(graph);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (is_view(graph.nodes[i])) layouts.add_view(graph.nodes[i]);
    if (is_view(graph.nodes[i]) || is_covered[i]) continue;
    Chooser chooser(graph, uses, options, layouts, i);
    if (std::optional<Error> error = chooser.choose()) return *error;
    assignment[i] = chooser.best();
    layouts.add_layer(chooser.chain().node, *chooser.best().primitive);
    for (const std::size_t covered : chooser.chain().nodes) is_covered[covered] = true;
  }
  return assignment;
}

}  // namespace lne
