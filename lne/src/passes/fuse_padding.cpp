#include <algorithm>

#include "../graph/uses.hpp"
#include "pass.hpp"

namespace lne {
namespace {

/// Whether a layer puts nothing but zeros around maps: top, left, bottom and right of them, less than a window each way.
bool pads_for(const Graph& graph, const Node& pad, const Node& conv, std::vector<std::int64_t>& pads) {
  const Shape& src = graph.value(pad.inputs[0]).shape;
  const Shape& out = graph.value(pad.outputs[0]).shape;
  const auto before = pad.integers("before", {});
  if (pad.integer("mode_index", 0) != 0 || pad.real("value", 0.0) != 0.0 || src.size() != 4 || before.size() != 4) return false;
  for (std::size_t d = 0; d < 2; ++d) {
    // Examples or channels of the same number may have been shifted.
    if (before[d] != 0 || src[d] != out[d]) return false;
  }
  const Shape& kernel = graph.value(conv.inputs[1]).shape;
  const auto dilations = conv.integers("dilations", {});
  pads = conv.integers("pads", {});
  if (pads.size() != 4 || dilations.size() != 2 || kernel.size() != 4) return false;
  for (std::size_t d = 0; d < 2; ++d) {
    const std::int64_t after = out[2 + d] - src[2 + d] - before[2 + d];
    if (before[2 + d] < 0 || after < 0) return false;
    pads[d] += before[2 + d];
    pads[2 + d] += after;
    if (std::max(pads[d], pads[2 + d]) > (kernel[2 + d] - 1) * dilations[d]) return false;
  }
  return true;
}

}  // namespace

PassChanges fuse_padding(Graph& graph) {
  PassChanges changes;
  const Uses uses(graph);
  std::vector<bool> is_gone(graph.nodes.size(), false);
  for (Node& conv : graph.nodes) {
    if (conv.op != "conv" || !uses.has_one_use(conv.inputs[0])) continue;
    const std::size_t maker = uses.maker_of(conv.inputs[0]);
    std::vector<std::int64_t> pads;
    if (maker == Uses::kNone || graph.nodes[maker].op != "pad" || !pads_for(graph, graph.nodes[maker], conv, pads)) continue;
    const Node& pad = graph.nodes[maker];
    conv.inputs[0] = pad.inputs[0];
    conv.attributes["pads"] = pads;
    conv.merged.push_back(pad.name);
    is_gone[maker] = true;
    changes.push_back({pad.name, conv.name});
  }
  remove_nodes(graph, is_gone);
  return changes;
}

}  // namespace lne
