// What primitives that hold a depthwise convolution share: its shape, its runs and its packed weights.
#pragma once

#include <string>
#include <vector>

#include "../../simd/depthwise.hpp"
#include "../../src/plan/primitive.hpp"

namespace lne::vector {

inline constexpr int kMostDepthwisePositions = 10;

/// Why a convolution is none with one filter per channel; empty when it is.
std::string refuse_depthwise(const Graph& graph, const Node& node);

/// @param positions of a run, at most
simd::DepthwiseShape depthwise_shape(const Graph& graph, const Node& node, int positions);

/// Lengths of runs worth trying, the best first. @param lines of the result that are computed at a time
std::vector<int> depthwise_positions(const Graph& graph, const Node& node, std::int64_t lines);

/// The template arguments of `simd::DepthwiseRuns`.
std::string depthwise_runs(const simd::DepthwiseShape& s, int lines);

/// The shape's initializer.
std::string text_of(const simd::DepthwiseShape& s);

std::vector<float> depthwise_weights(const Graph& graph, const Node& node, const simd::DepthwiseShape& s);

/// What `simd::DepthwiseRuns` does, for runs of any length, in this process.
void run_any_depthwise(const simd::DepthwiseShape& s, const simd::DepthwiseRun& run, int count);

}  // namespace lne::vector
