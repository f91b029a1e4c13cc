// Blocks of any size and step against one element at a time; nothing beside the result is written.
#include "transpose.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace lne::simd {
namespace {

TEST(Transpose, TurnsBlocksOfAnySize) {
  for (const int rows : {1, 7, 8, 64, 70, 131}) {
    for (const int columns : {1, 5, 8, 19, 40}) {
      const int src_step = columns + 3, dst_step = rows + 2;
      std::vector<float> src(static_cast<std::size_t>(rows * src_step)), dst(static_cast<std::size_t>(columns * dst_step), -1.0f);
      for (std::size_t i = 0; i < src.size(); ++i) src[i] = static_cast<float>(i);
      transpose_block(src.data(), src_step, rows, columns, dst.data(), dst_step);
      for (int column = 0; column < columns; ++column) {
        for (int row = 0; row < dst_step; ++row) {
          const float wanted = row < rows ? src[static_cast<std::size_t>(row * src_step + column)] : -1.0f;
          ASSERT_EQ(dst[static_cast<std::size_t>(column * dst_step + row)], wanted) << rows << " x " << columns << ": " << row << ", " << column;
        }
      }
    }
  }
}

}  // namespace
}  // namespace lne::simd
