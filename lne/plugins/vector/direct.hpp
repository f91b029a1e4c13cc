// What direct convolutions share: their tiles, which of them are worth trying, and packed weights.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "../../simd/direct.hpp"
#include "../../src/ops/op.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne::vector {

/// What `simd::DirectTiles` does, for tiles of any size, in this process.
struct AnyDirectTiles {
  void operator()(const simd::DirectShape& s, const simd::DirectTile& tile, int vectors, int count) const;
};

/// Positions of the tiles that a shape needs, and how often each is computed per block of channels.
std::map<int, int> direct_counts(const simd::DirectShape& s);

/// Channel vectors and positions of a tile for a layer that is made of some convolutions, the cheapest first.
std::vector<Variant> direct_variants(std::vector<simd::DirectShape> parts, const VectorUnit& unit);

/// The shape's initializer.
std::string text_of(const simd::DirectShape& s, const Activation& activation);

/// Weights as `simd::direct_run` reads them: per block [tap][channel][8 * vectors], or [channel][tap][8 * vectors] for a plain source.
/// @param weight gives that of an output channel, a channel of its group, and a tap; zero beyond the last
template <class Weight>
void append_direct_weights(std::vector<float>& packed, const simd::DirectShape& s, const Weight& weight) {
  const std::int64_t in = s.channels, taps = static_cast<std::int64_t>(s.kernel_h) * s.kernel_w;
  const int blocks = (s.out_vectors + s.vectors - 1) / s.vectors, full_blocks = s.out_vectors - blocks * (s.vectors - 1);
  std::int64_t done = 0;
  for (int block = 0; block < blocks * s.groups; ++block) {
    const std::int64_t lanes = 8 * (block % blocks < full_blocks ? s.vectors : s.vectors - 1);
    for (std::int64_t i = 0; i < in * taps; ++i) {
      const std::int64_t channel = s.is_plain ? i / taps : i % in, tap = s.is_plain ? i % taps : i / in;
      for (std::int64_t out = done; out < done + lanes; ++out) packed.push_back(weight(out, channel, tap));
    }
    done += lanes;
  }
}

/// The node's biases, or zeros. @param count of them, those of channels that fill the last vector included
void append_direct_biases(std::vector<float>& packed, const Graph& graph, const Node& node, std::int64_t count);

}  // namespace lne::vector
