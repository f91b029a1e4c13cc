#include "primitive.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>

namespace lne {

std::string name_of(Layout layout) { return layout == Layout::kPlain ? "plain" : "channels-last-8"; }

std::int64_t floats_of(const Shape& shape, Layout layout) {
  if (layout == Layout::kPlain || shape.size() != 4) return element_count(shape);
  return shape[0] * shape[2] * shape[3] * padded_channels(shape[1]);
}

std::vector<Variant> cheapest(std::vector<std::pair<double, Variant>> found, std::size_t most) {
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Variant> kept;
  for (auto& [cost, variant] : found) {
    if (kept.size() < most) kept.push_back(std::move(variant));
  }
  return kept;
}

Primitive reference_primitive(const std::string& op, Lowered (*lower)(const Graph&, const Node&, const Variant&)) {
  Primitive primitive;
  primitive.name = "core." + op;
  primitive.op = op;
  primitive.refuse = [](const Graph&, const Node&) { return std::string(); };
  primitive.lower = lower;
  return primitive;
}

Primitive channels_last_primitive(std::string name, std::string op) {
  Primitive primitive;
  primitive.name = std::move(name);
  primitive.op = std::move(op);
  primitive.src_layout = Layout::kChannelsLast8;
  primitive.dst_layout = Layout::kChannelsLast8;
  primitive.takes_src_steps = true;
  primitive.takes_dst_step = true;
  return primitive;
}

namespace {

/// kChannelsLast8 holds one example: what has more is computed in plain layout.
std::string refuse_batches(const Graph& graph, const Node& node) {
  std::vector<ValueId> ids = node.inputs;
  ids.insert(ids.end(), node.outputs.begin(), node.outputs.end());
  for (const ValueId id : ids) {
    if (id < 0 || graph.value(id).is_constant || graph.value(id).shape.size() != 4 || graph.value(id).shape[0] == 1) continue;
    return "it computes one example, and the batch is " + std::to_string(graph.value(id).shape[0]);
  }
  return {};
}

}  // namespace

void PrimitiveRegistry::add(Primitive primitive) {
  if (primitive.op != "convert" && (primitive.src_layout == Layout::kChannelsLast8 || primitive.dst_layout == Layout::kChannelsLast8)) {
    primitive.refuse = [refuse = primitive.refuse](const Graph& graph, const Node& node) {
      const std::string refusal = refuse_batches(graph, node);
      return refusal.empty() ? refuse(graph, node) : refusal;
    };
  }
  primitive.kernel_file = current_file_;
  primitive.kernel_text = current_text_;
  primitive.kernel_includes = current_includes_;
  primitive.simd_headers = current_headers_;
  primitive.library = current_library_;
  if (!primitive.variants) primitive.variants = [](const Graph&, const Node&) { return std::vector<Variant>{{}}; };
  if (!primitive.preference) primitive.preference = always(0);
  by_name_[primitive.name] = std::move(primitive);
}

std::vector<const Primitive*> PrimitiveRegistry::for_op(const std::string& op) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  std::vector<const Primitive*> found;
  for (const auto& [name, primitive] : by_name_) {
    if (primitive.op == op) found.push_back(&primitive);
  }
  return found;
}

const Primitive* PrimitiveRegistry::find(const std::string& name) const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &found->second;
}

const Primitive* PrimitiveRegistry::find_conversion(const Graph& graph, const Node& node, Layout from, Layout to) const {
  const Primitive* best = nullptr;
  for (const Primitive* primitive : for_op("convert")) {
    const bool is_one = primitive->src_layout == from && primitive->dst_layout == to;
    if (is_one && (best == nullptr || primitive->preference(graph, node) > best->preference(graph, node))) best = primitive;
  }
  return best;
}

std::vector<std::string> PrimitiveRegistry::plugins() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, primitive] : by_name_) names.push_back(primitive.plugin());
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

void PrimitiveRegistry::set_current(std::string file, std::string text, std::string includes, std::set<std::string> simd_headers) {
  current_file_ = std::move(file);
  current_text_ = std::move(text);
  current_includes_ = std::move(includes);
  current_headers_ = std::move(simd_headers);
}

void PrimitiveRegistry::extend(const std::function<void(PrimitiveRegistry&)>& registration) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  registration(*this);
}

std::vector<std::size_t> overwrites_residual(const Graph& graph, const Node& node) {
  if (node.residual < 0) return {};
  std::size_t sources = 0;
  for (const ValueId input : node.inputs) sources += input >= 0 && !graph.value(input).is_constant ? 1 : 0;
  return {sources};
}

std::vector<std::size_t> overwrites_alike(const Graph& graph, const Node& node) {
  std::vector<std::size_t> found;
  std::size_t source = 0;
  for (const ValueId input : node.inputs) {
    if (input < 0 || graph.value(input).is_constant) continue;
    if (graph.value(input).shape == graph.value(node.outputs[0]).shape) found.push_back(source);
    ++source;
  }
  return found;
}

std::int64_t src_step_of(const Graph& graph, const Node& node, std::size_t input) {
  const std::int64_t given = input < node.src_steps.size() ? node.src_steps[input] : 0;
  return given > 0 ? given : padded_channels(graph.value(node.inputs[input]).shape[1]);
}

std::int64_t residual_step_of(const Graph& graph, const Node& node) {
  const std::int64_t given = node.src_steps.empty() || node.residual < 0 ? 0 : node.src_steps.back();
  return given > 0 ? given : padded_channels(graph.value(node.outputs[0]).shape[1]);
}

std::int64_t dst_step_of(const Graph& graph, const Node& node) {
  return node.dst_step > 0 ? node.dst_step : padded_channels(graph.value(node.outputs[0]).shape[1]);
}

std::string listed(const std::vector<std::int64_t>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) out += (i > 0 ? ", " : "") + std::to_string(values[i]);
  return out;
}

std::string braced(const std::vector<std::int64_t>& values) { return "{" + listed(values) + "}"; }

std::string float_text(float value) {
  if (std::isnan(value)) return "NAN";
  if (std::isinf(value)) return value > 0 ? "INFINITY" : "-INFINITY";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  std::string out(digits, end);
  return (out.find_first_of(".e") == std::string::npos ? out + ".0" : out) + "f";
}

std::string text_of(const Activation& activation) {
  return std::to_string(static_cast<int>(activation.kind)) + ", " + float_text(activation.low) + ", " + float_text(activation.high);
}

}  // namespace lne
