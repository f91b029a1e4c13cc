/// DepthToSpace and SpaceToDepth trade channels for positions, block by block: a reshape, a transposition and a reshape.
#include "op_builder.hpp"

namespace lne {
namespace {

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  const std::int64_t block = node.integer("blocksize", 0);
  if (src.size() != 4) return "the input " + text_of(src) + " must be [batch, channels, height, width]";
  if (block < 1 || block > 4096) return "blocksize is " + std::to_string(block) + "; it must lie within 1 to 4096";
  const std::int64_t batch = src[0], channels = src[1], height = src[2], width = src[3];
  const bool is_crd = node.string("mode", "DCR") == "CRD";
  LayerBuilder builder(graph, node);
  const auto moved = [&](const Shape& split, std::vector<std::int64_t> order) { return builder.add("Transpose", {builder.reshape(node.inputs[0], split)}, {{"perm", std::move(order)}}); };
  if (node.string("onnx", "") == "SpaceToDepth") {
    if (height % block != 0 || width % block != 0) return "blocksize " + std::to_string(block) + " does not divide " + text_of(src);
    const std::vector<std::int64_t> order = is_crd ? std::vector<std::int64_t>{0, 1, 3, 5, 2, 4} : std::vector<std::int64_t>{0, 3, 5, 1, 2, 4};
    const ValueId blocks = moved({batch, channels, height / block, block, width / block, block}, order);
    return builder.finish(node, "Reshape", {blocks, builder.integers({batch, channels * block * block, height / block, width / block})});
  }
  if (channels % (block * block) != 0) return "blocksize " + std::to_string(block) + " squared does not divide " + std::to_string(channels) + " channels";
  const std::int64_t depth = channels / block / block;
  const ValueId blocks = is_crd ? moved({batch, depth, block, block, height, width}, {0, 1, 4, 2, 5, 3}) : moved({batch, block, block, depth, height, width}, {0, 3, 4, 1, 5, 2});
  return builder.finish(node, "Reshape", {blocks, builder.integers({batch, depth, height * block, width * block})});
}

}  // namespace

void register_op_depth_to_space(OpRegistry& registry) { registry.add({"depth_to_space", {"DepthToSpace", "SpaceToDepth"}, "Any block size, both orders.", infer}); }

}  // namespace lne
