// The vector registers of the processor that a network is planned for.
#pragma once

namespace lne {

struct VectorUnit {
  int registers = 16;
  /// of the widest registers
  int floats = 8;

  /// Whether a register tile of `positions` rows of 8 * vectors floats stays in registers: one is left for the broadcast element, and one for
  /// each part of a row of weights.
  constexpr bool fits(int vectors, int positions) const {
    const int each = (8 * vectors + floats - 1) / floats;
    return positions == 1 || each * (positions + 1) + 1 <= registers;
  }
};

/// The largest of all targets: what fits a target fits this one.
inline constexpr VectorUnit kLargestVectorUnit{32, 16};

}  // namespace lne
