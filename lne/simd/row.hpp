// Rows of 8 * Vectors floats in the widest registers of the target, and the sums of products that all convolutions share.
#pragma once

#include <type_traits>

#include "activation.hpp"

namespace lne::simd {

/// No arrays inside: compilers keep each part in a register of its own.
template <int Vectors>
struct Row {
  Vec16 head;
  Row<Vectors - 2> tail;
};
template <>
struct Row<1> {
  Vec8 head;
};
template <>
struct Row<2> {
  Vec16 head;
};

template <int Vectors>
static inline __attribute__((always_inline)) Row<Vectors> load_row(const float* p) {
  if constexpr (Vectors == 1) return {load(p)};
  else if constexpr (Vectors == 2) return {load16(p)};
  else return {load16(p), load_row<Vectors - 2>(p + 16)};
}

template <int Vectors>
static inline __attribute__((always_inline)) Row<Vectors> zero_row() {
  if constexpr (Vectors == 1) return {set1(0.0f)};
  else if constexpr (Vectors == 2) return {set16(0.0f)};
  else return {set16(0.0f), zero_row<Vectors - 2>()};
}

template <int Vectors>
static inline __attribute__((always_inline)) void store_row(float* p, const Row<Vectors>& row) {
  store(p, row.head);
  if constexpr (Vectors > 2) store_row<Vectors - 2>(p + 16, row.tail);
}

/// sums += x * row, with the same factor in all lanes.
template <int Vectors>
static inline __attribute__((always_inline)) void multiply_add_row(Row<Vectors>& sums, Vec16 x, const Row<Vectors>& row) {
  if constexpr (Vectors == 1) {
    sums.head = multiply_add(low_half(x), row.head, sums.head);
  } else {
    sums.head = multiply_add(x, row.head, sums.head);
    if constexpr (Vectors > 2) multiply_add_row<Vectors - 2>(sums.tail, x, row.tail);
  }
}

template <int Vectors>
static inline __attribute__((always_inline)) Row<Vectors> add_rows(const Row<Vectors>& a, const Row<Vectors>& b) {
  if constexpr (Vectors <= 2) return {add(a.head, b.head)};
  else return {add(a.head, b.head), add_rows<Vectors - 2>(a.tail, b.tail)};
}

template <int Vectors>
static inline __attribute__((always_inline)) Row<Vectors> activate_row(const Row<Vectors>& row, int kind, float low, float high) {
  if constexpr (Vectors <= 2) return {activate(row.head, kind, low, high)};
  else return {activate(row.head, kind, low, high), activate_row<Vectors - 2>(row.tail, kind, low, high)};
}

/// sum(p) += x[p][Index] * the vector at `weights`, register by register: one of weights is held at a time, while all positions take it.
template <int Index, class Factors, int Positions, class Sum>
static inline __attribute__((always_inline)) void multiply_add_vectors(const Factors (&x)[Positions], const float* weights, const Sum& sum) {
  using W = Width<std::decay_t<decltype(sum(0))>>;
  if constexpr (W::kLanes == Factors::kCount) {
    const auto kernel = W::load(weights);
#pragma GCC unroll 16
    for (int p = 0; p < Positions; ++p) sum(p) = x[p].template multiply_add<Index>(kernel, sum(p));
  } else {
    multiply_add_vectors<Index>(x, weights, [&](int p) -> auto& { return sum(p).low; });
    multiply_add_vectors<Index>(x, weights + W::kLanes / 2, [&](int p) -> auto& { return sum(p).high; });
  }
}

/// The same for a row of 8 * Vectors floats.
template <int Vectors, int Index, class Factors, int Positions, class Sum>
static inline __attribute__((always_inline)) void multiply_add_rows(const Factors (&x)[Positions], const float* weights, const Sum& sum) {
  multiply_add_vectors<Index>(x, weights, [&](int p) -> auto& { return sum(p).head; });
  if constexpr (Vectors > 2) multiply_add_rows<Vectors - 2, Index>(x, weights + 16, [&](int p) -> auto& { return sum(p).tail; });
}

/// sums[p] += x[p][c] * weights[c], summed over c from Index on.
template <int Index, class Factors, int Vectors, int Positions>
static inline __attribute__((always_inline)) void accumulate_factors(Row<Vectors> (&sums)[Positions], const Factors (&x)[Positions], const float* weights) {
  multiply_add_rows<Vectors, Index>(x, weights + 8L * Vectors * Index, [&](int p) -> auto& { return sums[p]; });
  if constexpr (Index + 1 < Factors::kCount) accumulate_factors<Index + 1>(sums, x, weights);
}

/// As `accumulate` for the channels that come in whole sets of factors; the type is a parameter because other targets have no such sets. @returns how
/// many channels these are
template <class Factors, int Vectors, int Positions>
static inline __attribute__((always_inline)) int accumulate_by_factors(Row<Vectors> (&sums)[Positions], const float* src, long jump, const float* weights, int channels, const float* ahead) {
  const int whole = channels / Factors::kCount * Factors::kCount;
  for (int c = 0; c < whole; c += Factors::kCount) {
    for (int i = 0; ahead != nullptr && i < Factors::kCount; ++i) prefetch(ahead + 16L * (c + i));
    Factors x[Positions];
#pragma GCC unroll 16
    for (int p = 0; p < Positions; ++p) x[p] = Factors::load(src + p * jump + c);
    accumulate_factors<0>(sums, x, weights + 8L * Vectors * c);
  }
  return whole;
}

/// sums[p] += src[p * jump + c] * weights[c], summed over the channels c; weights: [channels][8 * Vectors].
/// `ahead`, where it is given, is fetched meanwhile: one cache line per channel.
template <int Vectors, int Positions>
static inline __attribute__((always_inline)) void accumulate(Row<Vectors> (&sums)[Positions], const float* src, long jump, const float* weights, int channels, const float* ahead) {
  int c = 0;
  if constexpr (Factors::kCount > 1) c = accumulate_by_factors<Factors>(sums, src, jump, weights, channels, ahead);
  for (; c < channels; ++c) {
    const Row<Vectors> kernel = load_row<Vectors>(weights + 8L * Vectors * c);
    if (ahead != nullptr) prefetch(ahead + 16L * c);
#pragma GCC unroll 16
    for (int p = 0; p < Positions; ++p) multiply_add_row<Vectors>(sums[p], set16(src[p * jump + c]), kernel);
  }
}

}  // namespace lne::simd
