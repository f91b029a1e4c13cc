// Which positions of one dimension share the taps of a window that fall inside the source.
#pragma once

namespace lne::simd {

/// Positions [from, to) that have the taps [first, last).
struct Span {
  int from, to, first, last;
  constexpr int count() const { return to - from; }
};

/// The span that begins at `from`: all positions whose taps lie inside, or one at the border.
static inline Span span_of(int from, int out, int stride, int pad, int dilation, int taps, int extent) {
  const int start = from * stride - pad, room = extent - 1 - start;
  const int first = start >= 0 ? 0 : (-start + dilation - 1) / dilation;
  const int last = room < 0 ? 0 : room / dilation + 1;
  if (first > 0 || last < taps) return {from, from + 1, first, last < taps ? last : taps};
  const int inside = (extent + pad - (taps - 1) * dilation - 1) / stride + 1;
  return {from, inside < out ? inside : out, 0, taps};
}

/// Calls visit(down, across) for each rectangle of positions that share their taps; Shape has the fields of a convolution.
template <class Shape, class Visit>
static inline void visit_rectangles(const Shape& s, const Visit& visit) {
  for (int y = 0; y < s.out_height;) {
    const Span down = span_of(y, s.out_height, s.stride_h, s.pad_top, s.dilation_h, s.kernel_h, s.height);
    for (int x = 0; x < s.out_width;) {
      const Span across = span_of(x, s.out_width, s.stride_w, s.pad_left, s.dilation_w, s.kernel_w, s.width);
      visit(down, across);
      x = across.to;
    }
    y = down.to;
  }
}

/// As above for lines [from, to) alone.
template <class Shape, class Visit>
static inline void visit_rectangles(const Shape& s, int from, int to, const Visit& visit) {
  visit_rectangles(s, [&](const Span& down, const Span& across) {
    const Span within{down.from > from ? down.from : from, down.to < to ? down.to : to, down.first, down.last};
    if (within.from < within.to) visit(within, across);
  });
}

}  // namespace lne::simd
