/// Local response normalization divides each element by a power of the sum of squares around it: over neighbouring channels, or (in Caffe) over a window of its own channel.
#include <cmath>

#include "../plan/primitive.hpp"
#include "op.hpp"

namespace lne {
namespace {

// kernel-begin
/// y = x / (bias + alpha * sum of squares) ^ beta, for each example [channels, height, width]. alpha is already divided by the number of elements in the sum.
struct LrnShape {
  int examples, channels, height, width;
  int before, after;  // neighbours of the element that count: channels, or rows and columns where is_within
  int is_within;
  float alpha, beta, bias;
};

static inline void plain_lrn(const LrnShape& s, const float* const* src, const float*, float* dst, float*) {
  const long plane = static_cast<long>(s.height) * s.width;
  for (int map = 0; map < s.examples * s.channels; ++map) {
    const int c = map % s.channels;
    const float* x = src[0] + map * plane;
    for (int row = 0; row < s.height; ++row) {
      for (int column = 0; column < s.width; ++column) {
        const long at = static_cast<long>(row) * s.width + column;
        float sum = 0.0f;
        if (s.is_within) {
          for (int r = row - s.before; r <= row + s.after; ++r) {
            for (int k = column - s.before; k <= column + s.after; ++k) {
              if (r >= 0 && r < s.height && k >= 0 && k < s.width) sum += x[static_cast<long>(r) * s.width + k] * x[static_cast<long>(r) * s.width + k];
            }
          }
        } else {
          for (int k = -s.before; k <= s.after; ++k) {
            if (c + k >= 0 && c + k < s.channels) sum += x[k * plane + at] * x[k * plane + at];
          }
        }
        dst[map * plane + at] = x[at] * std::pow(s.bias + s.alpha * sum, -s.beta);
      }
    }
  }
}
// kernel-end

/// Attributes as ONNX has them; `within` is 1 for Caffe's WITHIN_CHANNEL.
std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  if (src.size() < 3 || src.size() > 4) return "the input " + text_of(src) + " must be [batch, channels, …] with one or two further dimensions";
  const std::int64_t size = node.integer("size", 0);
  if (size < 1 || size > 4096) return "size is " + std::to_string(size) + "; it must lie within 1 to 4096";
  set_shape(graph, node, src);
  return {};
}

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  Shape src = shape_of(graph, node, 0);
  src.resize(4, 1);
  const bool is_within = node.integer("within", 0) != 0;
  const std::int64_t size = node.integer("size", 1);
  const double count = static_cast<double>(is_within ? size * size : size);
  const auto i = [](std::int64_t value) { return static_cast<int>(value); };
  const LrnShape s{i(src[0]), i(src[1]), i(src[2]), i(src[3]), i((size - 1) / 2), i(size / 2), is_within ? 1 : 0,
                   static_cast<float>(node.real("alpha", 1e-4) / count), static_cast<float>(node.real("beta", 0.75)), static_cast<float>(node.real("bias", 1.0))};
  const std::string value = "{" + listed({s.examples, s.channels, s.height, s.width, s.before, s.after, s.is_within}) + ", " + float_text(s.alpha) + ", " + float_text(s.beta) + ", " + float_text(s.bias) + "}";
  return lowered_kernel("plain_lrn", plain_lrn, "LrnShape", s, value);
}

}  // namespace

void register_op_lrn(OpRegistry& registry) { registry.add({"lrn", {"LRN"}, "Across channels, any size.", infer}); }

void register_primitive_ops_lrn(PrimitiveRegistry& registry) { registry.add(reference_primitive("lrn", lower)); }

}  // namespace lne
