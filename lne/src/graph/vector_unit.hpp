// The vector registers of the processor that a network is planned for.
#pragma once

#include <algorithm>

namespace lne {

struct VectorUnit {
  int registers = 16;
  /// of the widest registers
  int floats = 8;
  /// elements of the source that one register gives to multiply-adds: `simd::Factors::kCount`
  int factors = 1;

  /// Whether a register tile of `positions` rows of 8 * vectors floats stays in registers. One is left for the broadcast element, and one for each
  /// part of a row of weights; where a register gives several factors, one for those of each position, and one for a part of a row of weights.
  constexpr bool fits(int vectors, int positions) const {
    const int each = (8 * vectors + floats - 1) / floats;
    return positions == 1 || each * positions + (factors > 1 ? positions : each) + 1 <= registers;
  }

  /// Expected cycles of a register tile for each channel of the source, on a core that does sixteen multiply-adds in each: products against loads and
  /// the latency of a chain of sums. Where four registers hold that many floats, instructions are what counts: for four channels those of the products,
  /// a load for each part of a row of weights, and a load and an address for the factors of each position.
  constexpr double tile_cycles(double vectors, double positions) const {
    const double products = positions * vectors / 2;
    if (factors > 1) return products + (4 * vectors + positions) / 8;
    return std::max({products, (vectors + 1) / 2 + positions * 0.5, 4.0});
  }
};

/// The largest of all targets: what fits a target fits this one.
inline constexpr VectorUnit kLargestVectorUnit{32, 16};

}  // namespace lne
