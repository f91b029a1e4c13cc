/// Convolution as a matrix product: source windows are laid out as the columns of a matrix (im2col), which OpenBLAS multiplies. This is how Caffe
/// computes it.
#include <cblas.h>

#include <cstring>

#include "../../simd/activation.hpp"
#include "../../simd/conv_shape.hpp"
#include "../../src/ops/op_conv.hpp"

namespace lne {
namespace {

// kernel-begin
/// Whether windows differ from the source, which must be copied then.
static inline bool blas_is_copied(const simd::PlainConvShape& s) {
  return s.kernel_h * s.kernel_w > 1 || s.stride_h * s.stride_w > 1 || s.out_height != s.height || s.out_width != s.width;
}

/// One row of the matrix per channel and tap, one column per position of the result.
static inline void blas_columns(const simd::PlainConvShape& s, const float* src, int channels, float* columns) {
  for (int c = 0; c < channels; ++c) {
    const float* plane = src + static_cast<long>(c) * s.height * s.width;
    for (int ky = 0; ky < s.kernel_h; ++ky) {
      for (int kx = 0; kx < s.kernel_w; ++kx) {
        for (int oy = 0; oy < s.out_height; ++oy, columns += s.out_width) {
          const int y = oy * s.stride_h - s.pad_top + ky * s.dilation_h, left = kx * s.dilation_w - s.pad_left;
          const float* line = plane + static_cast<long>(y) * s.width;
          for (int ox = 0; ox < s.out_width; ++ox) {
            const int x = ox * s.stride_w + left;
            columns[ox] = y >= 0 && y < s.height && x >= 0 && x < s.width ? line[x] : 0.0f;
          }
        }
      }
    }
  }
}

/// weights: [out_channels][channels / groups][kernel_h][kernel_w], then the biases; scratch: the matrix of one group.
static inline void blas_conv(const simd::PlainConvShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  static const bool has_one_thread = (openblas_set_num_threads(1), true);
  (void)has_one_thread;
  const int in = s.channels / s.groups, out = s.out_channels / s.groups, depth = in * s.kernel_h * s.kernel_w, positions = s.out_height * s.out_width;
  const float* biases = weights + static_cast<long>(s.out_channels) * depth;
  for (int oc = 0; oc < s.out_channels; ++oc) {
    float* plane = dst + static_cast<long>(oc) * positions;
    const float* addend = s.has_residual ? src[1] + static_cast<long>(oc) * positions : nullptr;
    for (int i = 0; i < positions; ++i) plane[i] = addend ? addend[i] + biases[oc] : biases[oc];
  }
  const bool is_copied = blas_is_copied(s);
  for (int group = 0; group < s.groups; ++group) {
    const float* columns = src[0] + static_cast<long>(group) * in * s.height * s.width;
    if (is_copied) blas_columns(s, columns, in, scratch);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, out, positions, depth, 1.0f, weights + static_cast<long>(group) * out * depth, depth, is_copied ? scratch : columns, positions, 1.0f, dst + static_cast<long>(group) * out * positions, positions);
  }
  const long all = static_cast<long>(s.out_channels) * positions;
  if (s.activation != 0) {
    for (long i = 0; i < all; ++i) dst[i] = simd::activate(dst[i], s.activation, s.low, s.high);
  }
}
// kernel-end

/// Elements of the matrix of one group.
std::int64_t matrix_elements(const Graph& graph, const Node& node) {
  const Shape& kernel = shape_of(graph, node, 1);
  const Shape& dst = graph.value(node.outputs[0]).shape;
  return kernel[1] * kernel[2] * kernel[3] * dst[2] * dst[3];
}

std::string refuse(const Graph& graph, const Node& node) { return matrix_elements(graph, node) > (1 << 28) ? "the matrix of its windows is too large" : ""; }

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  Lowered lowered = lowered_conv(graph, node, "blas_conv", blas_conv);
  if (blas_is_copied(conv_shape_of(graph, node))) lowered.scratch_floats = matrix_elements(graph, node);
  return lowered;
}

}  // namespace

void register_primitive_openblas_conv_gemm(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "openblas.conv_gemm";
  primitive.op = "conv";
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
