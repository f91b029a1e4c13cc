// The shape of a convolution of plain tensors, or of a transposed one.
#pragma once

namespace lne::simd {

/// One example: [channels][height][width] becomes [out_channels][out_height][out_width].
struct PlainConvShape {
  int channels, height, width, out_channels, out_height, out_width;
  int kernel_h, kernel_w, stride_h, stride_w, pad_top, pad_left, dilation_h, dilation_w, groups;
  int has_residual;
  int activation;
  float low, high;
};

}  // namespace lne::simd
