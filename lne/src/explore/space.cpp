#include "space.hpp"

#include <algorithm>
#include <set>

#include "../base/release.hpp"
#include "../codegen/kernel_text.hpp"
#include "../toolchain/home.hpp"

namespace lne::explore {
namespace {

/// Weights are timed by their place and size alone, so that of all that is packed only the size is kept.
Lowered without_weights(Lowered lowered, std::int64_t& floats) {
  floats = static_cast<std::int64_t>(lowered.weights.size());
  release(lowered.weights);
  return lowered;
}

class SpaceMaker {
 public:
  SpaceMaker(Graph graph, const SpaceOptions& options, const Screen& screen) : options_(options), screen_(screen), uses_(graph) { space_.graph = std::move(graph); }

  Result<Space> run() {
    const Graph& graph = space_.graph;
    space_.starting.resize(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      if (is_view(graph.nodes[i])) continue;
      const LayerChoice* wanted = choice_for(options_.plan, graph.nodes[i]);
      const std::vector<const Primitive*> primitives = PrimitiveRegistry::instance().for_op(graph.nodes[i].op);
      for (const Primitive* primitive : primitives) {
        if (wanted != nullptr && wanted->primitive == primitive->name) add_options(i, *primitive, wanted);
      }
      // What `*` asks for is taken where it can be, as `assign` does.
      if (!space_.starting[i].empty()) continue;
      for (const Primitive* primitive : primitives) {
        if (is_allowed(options_.plan, graph.nodes[i], *primitive)) add_options(i, *primitive, nullptr);
      }
    }
    if (std::optional<Error> error = check()) return *error;
    add_conversions();
    return std::move(space_);
  }

 private:
  void add_options(std::size_t node, const Primitive& primitive, const LayerChoice* wanted) {
    Option option;
    option.chain = chain_of(space_.graph, uses_, node, primitive);
    if (!option.chain.refusal.empty() || (wanted == nullptr && overrules(space_.graph, options_.plan, option.chain))) return;
    std::vector<Variant> variants = wanted != nullptr ? primitive.variants(space_.graph, option.chain.node) : variants_within(space_.graph, options_.plan, option.chain, primitive, static_cast<std::size_t>(options_.looked_at));
    if (variants.empty()) return;
    if (wanted != nullptr && !wanted->variant.empty()) variants = {wanted->variant};
    if (static_cast<int>(variants.size()) > options_.looked_at) variants.resize(static_cast<std::size_t>(options_.looked_at));
    option.reads = reads_of(space_.graph, option.chain.node, primitive);
    option.result = last_of(option.chain.node).outputs[0];
    // Variants of one layer share most of what has to be parsed, so they are one source file; the small kernels of core all are.
    std::string group;
    for (const Variant& variant : kept_of(option, primitive, variants)) {
      option.choice = {&primitive, variant};
      option.candidate = candidate_of(primitive, option.chain.node, variant, option.result, group);
      space_.starting[node].push_back(space_.options.size());
      space_.options.push_back(option);
    }
  }

  /// The variants that go on: the best in this process, and the default.
  std::vector<Variant> kept_of(const Option& option, const Primitive& primitive, const std::vector<Variant>& variants) {
    const std::size_t kept = static_cast<std::size_t>(options_.kept) + 1;
    if (variants.size() <= kept) return variants;
    if (!screen_) return {variants.begin(), variants.begin() + static_cast<std::ptrdiff_t>(kept)};
    std::vector<std::int64_t> sources;
    for (const Read& read : option.reads) sources.push_back(floats_of(space_.graph.value(read.value).shape, read.layout));
    std::vector<std::pair<double, std::size_t>> ranking;
    for (std::size_t i = 0; i < variants.size(); ++i) {
      Candidate candidate;
      const Lowered lowered = lower(primitive, option.chain.node, variants[i], option.result, candidate);
      ranking.push_back({screen_(candidate, lowered, sources), i});
    }
    std::sort(ranking.begin(), ranking.end());
    std::set<std::size_t> chosen{0};
    for (const auto& [time, i] : ranking) {
      if (chosen.size() < kept) chosen.insert(i);
    }
    std::vector<Variant> best;
    for (const std::size_t i : chosen) best.push_back(variants[i]);
    return best;
  }

  Lowered lower(const Primitive& primitive, const Node& node, const Variant& variant, ValueId result, Candidate& candidate) {
    Lowered lowered = without_weights(primitive.lower(space_.graph, node, variant), candidate.weights_floats);
    candidate.key = key_of(primitive, lowered);
    candidate.function = lowered.function;
    candidate.shape_type = lowered.shape_type;
    candidate.shape_value = lowered.shape_value;
    candidate.primitive = &primitive;
    candidate.scratch_floats = lowered.scratch_floats;
    candidate.dst_floats = floats_of(space_.graph.value(result).shape, primitive.dst_layout);
    return lowered;
  }

  std::size_t candidate_of(const Primitive& primitive, const Node& node, const Variant& variant, ValueId result, std::string& group) {
    Candidate candidate;
    lower(primitive, node, variant, result, candidate);
    const auto found = by_key_.find(candidate.key);
    if (found != by_key_.end()) return found->second;
    if (group.empty()) group = primitive.plugin() == "core" ? "core" : primitive.kernel_file + "|" + candidate.shape_value;
    candidate.group = group;
    by_key_[candidate.key] = space_.candidates.size();
    space_.candidates.push_back(std::move(candidate));
    return space_.candidates.size() - 1;
  }

  std::optional<Error> check() const {
    for (std::size_t i = 0; i < space_.starting.size(); ++i) {
      const Node& node = space_.graph.nodes[i];
      if (!is_view(node) && space_.starting[i].empty()) return Error{"LNE_PLAN_NO_PRIMITIVE", "layer '" + node.name + "' (" + node.op + ") can't be run: the plan and the plugins leave it no primitive of its own"};
    }
    return std::nullopt;
  }

  /// Every value that some option makes, or the network is given, in one layout and another reads in another.
  void add_conversions() {
    std::map<ValueId, std::set<Layout>> made, read;
    for (const ValueId input : space_.graph.inputs) made[input].insert(Layout::kPlain);
    for (const ValueId output : space_.graph.outputs) read[output].insert(Layout::kPlain);
    for (const Node& node : space_.graph.nodes) {
      if (!is_view(node)) continue;
      made[node.outputs[0]].insert(Layout::kPlain);
      read[node.inputs[0]].insert(Layout::kPlain);
    }
    for (const Option& option : space_.options) {
      made[option.result].insert(option.choice.primitive->dst_layout);
      for (const Read& each : option.reads) read[each.value].insert(each.layout);
    }
    for (const auto& [value, layouts] : made) {
      for (const Layout from : layouts) {
        for (const Layout to : read[value]) {
          const Node node = conversion_of(space_.graph, value, to);
          const Primitive* conversion = PrimitiveRegistry::instance().find_conversion(space_.graph, node, from, to);
          if (conversion == nullptr || is_same_order(space_.graph.value(value).shape, from, to)) continue;
          std::string group;
          space_.conversions[{value, from, to}] = candidate_of(*conversion, node, {}, value, group);
        }
      }
    }
  }

  const SpaceOptions& options_;
  const Screen& screen_;
  const Uses uses_;
  Space space_;
  std::map<std::string, std::size_t> by_key_;
};

}  // namespace

int Space::find(std::size_t node, const Choice& choice) const {
  for (const std::size_t option : starting[node]) {
    if (options[option].choice.primitive == choice.primitive && options[option].choice.variant == choice.variant) return static_cast<int>(option);
  }
  return -1;
}

std::string key_of(const Primitive& primitive, const Lowered& lowered) {
  std::string headers, library;
  for (const auto& [name, text] : simd_files_of({&primitive})) headers += text;
  for (const std::string& flag : primitive.library ? primitive.library->link_flags : std::vector<std::string>()) library += flag;
  return digest_of(primitive.kernel_text + headers + library).substr(0, 12) + " " + lowered.function + lowered.shape_value;
}

Result<Space> make_space(Graph graph, const SpaceOptions& options, const Screen& screen) { return SpaceMaker(std::move(graph), options, screen).run(); }

}  // namespace lne::explore
