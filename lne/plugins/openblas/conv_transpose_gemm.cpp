/// Transposed convolution as a matrix product: OpenBLAS multiplies the weights with the source, and the product of each tap is added to the positions
/// that the tap reaches (col2im). This is how Caffe computes it.
#include <cblas.h>

#include "../../simd/activation.hpp"
#include "../../simd/conv_shape.hpp"
#include "../../src/ops/op_conv.hpp"

namespace lne {
namespace {

// kernel-begin
/// line[x * stride + left] += row[x] for those x that fall on the line.
static inline void blas_add_line(const float* row, int count, int stride, int left, float* line, int extent) {
  const int room = extent - 1 - left;
  int x = left < 0 ? (-left + stride - 1) / stride : 0;
  const int fitting = room < 0 ? 0 : room / stride + 1, end = fitting < count ? fitting : count;
  if (stride == 1) {
    for (; x < end; ++x) line[x + left] += row[x];
  } else {
    for (; x < end; ++x) line[x * stride + left] += row[x];
  }
}

/// One row of the matrix per channel and tap, one column per position of the source.
static inline void blas_add_columns(const simd::PlainConvShape& s, const float* columns, int channels, float* dst) {
  for (int c = 0; c < channels; ++c) {
    float* plane = dst + static_cast<long>(c) * s.out_height * s.out_width;
    for (int ky = 0; ky < s.kernel_h; ++ky) {
      for (int kx = 0; kx < s.kernel_w; ++kx) {
        for (int y = 0; y < s.height; ++y, columns += s.width) {
          const int oy = y * s.stride_h + ky * s.dilation_h - s.pad_top;
          if (oy < 0 || oy >= s.out_height) continue;
          blas_add_line(columns, s.width, s.stride_w, kx * s.dilation_w - s.pad_left, plane + static_cast<long>(oy) * s.out_width, s.out_width);
        }
      }
    }
  }
}

/// weights: [channels][out_channels / groups][kernel_h][kernel_w], then the biases; scratch: the matrix of one group.
static inline void blas_conv_transpose(const simd::PlainConvShape& s, const float* const* src, const float* weights, float* dst, float* scratch) {
  static const bool has_one_thread = (openblas_set_num_threads(1), true);
  (void)has_one_thread;
  const int in = s.channels / s.groups, out = s.out_channels / s.groups, rows = out * s.kernel_h * s.kernel_w, positions = s.height * s.width;
  const long out_positions = static_cast<long>(s.out_height) * s.out_width;
  const float* biases = weights + static_cast<long>(s.channels) * rows;
  for (int oc = 0; oc < s.out_channels; ++oc) {
    float* plane = dst + oc * out_positions;
    const float* addend = s.has_residual ? src[1] + oc * out_positions : nullptr;
    for (long i = 0; i < out_positions; ++i) plane[i] = addend ? addend[i] + biases[oc] : biases[oc];
  }
  for (int group = 0; group < s.groups; ++group) {
    const float* source = src[0] + static_cast<long>(group) * in * positions;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, rows, positions, in, 1.0f, weights + static_cast<long>(group) * in * rows, rows, source, positions, 0.0f, scratch, positions);
    blas_add_columns(s, scratch, out, dst + group * out * out_positions);
  }
  const long all = s.out_channels * out_positions;
  for (long i = 0; s.activation != 0 && i < all; ++i) dst[i] = simd::activate(dst[i], s.activation, s.low, s.high);
}
// kernel-end

/// Elements of the matrix of one group.
std::int64_t matrix_elements(const Graph& graph, const Node& node) {
  const Shape& src = shape_of(graph, node, 0);
  const Shape& kernel = shape_of(graph, node, 1);
  return kernel[1] * kernel[2] * kernel[3] * src[2] * src[3];
}

std::string refuse(const Graph& graph, const Node& node) { return matrix_elements(graph, node) > (1 << 28) ? "the matrix of its taps is too large" : ""; }

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  Lowered lowered = lowered_conv(graph, node, "blas_conv_transpose", blas_conv_transpose);
  lowered.scratch_floats = matrix_elements(graph, node);
  return lowered;
}

}  // namespace

void register_primitive_openblas_conv_transpose_gemm(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "openblas.conv_transpose_gemm";
  primitive.op = "conv_transpose";
  primitive.refuse = refuse;
  primitive.lower = lower;
  primitive.overwrites = overwrites_residual;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
