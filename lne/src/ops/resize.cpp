/// Resize and Upsample sample a tensor anew along up to two neighbouring dimensions: nearest, linear or cubic, positions as ONNX defines them.
#include <algorithm>
#include <cmath>

#include "../plan/primitive.hpp"
#include "op_builder.hpp"

namespace lne {
namespace {

// kernel-begin
/// [outer, height, width, inner]. Each row and column of the result is a weighted sum of `taps` rows and columns of the source.
struct ResizeShape {
  int outer, height, width, inner, out_height, out_width;
  int taps;
};

/// weights: per row of the result `taps` positions, then `taps` factors; then the same per column.
static inline void resize(const ResizeShape& s, const float* const* src, const float* weights, float* dst, float*) {
  const float* columns = weights + 2L * s.taps * s.out_height;
  for (int o = 0; o < s.outer; ++o) {
    const float* map = src[0] + static_cast<long>(o) * s.height * s.width * s.inner;
    for (int y = 0; y < s.out_height; ++y) {
      const float* row = weights + 2L * s.taps * y;
      for (int x = 0; x < s.out_width; ++x) {
        const float* column = columns + 2L * s.taps * x;
        for (int i = 0; i < s.inner; ++i) {
          float sum = 0.0f;
          for (int r = 0; r < s.taps; ++r) {
            float part = 0.0f;
            for (int c = 0; c < s.taps; ++c) part += column[s.taps + c] * map[(static_cast<long>(row[r]) * s.width + static_cast<long>(column[c])) * s.inner + i];
            sum += row[s.taps + r] * part;
          }
          *dst++ = sum;
        }
      }
    }
  }
}
// kernel-end

/// How positions of a result are mapped to those of the source, as the attributes say.
struct Sampling {
  std::string mode;         // nearest, linear, cubic
  std::string coordinates;  // coordinate_transformation_mode
  std::string nearest;      // nearest_mode
  double cubic_a = -0.75;
  bool excludes_outside = false;
};

/// In float32, as the runtimes compute it: halves must be rounded as they round them.
float position_of(const Sampling& sampling, std::int64_t out, std::int64_t in_extent, std::int64_t out_extent, float scale) {
  const float at = static_cast<float>(out);
  if (sampling.coordinates == "asymmetric") return at / scale;
  if (sampling.coordinates == "align_corners") return out_extent == 1 ? 0.0f : at * static_cast<float>(in_extent - 1) / static_cast<float>(out_extent - 1);
  if (sampling.coordinates == "pytorch_half_pixel" && out_extent == 1) return 0.0f;
  if (sampling.coordinates == "half_pixel_symmetric") {
    const float adjustment = static_cast<float>(out_extent) / (scale * static_cast<float>(in_extent));
    const float centre = static_cast<float>(in_extent) / 2.0f;
    return centre * (1.0f - adjustment) + (at + 0.5f) / scale - 0.5f;
  }
  return (at + 0.5f) / scale - 0.5f;
}

float nearest_of(const Sampling& sampling, float position) {
  if (sampling.nearest == "floor") return std::floor(position);
  if (sampling.nearest == "ceil") return std::ceil(position);
  if (sampling.nearest == "round_prefer_ceil") return std::floor(position + 0.5f);
  return std::ceil(position - 0.5f);
}

double cubic(double a, double distance) {
  const double d = std::fabs(distance);
  if (d <= 1.0) return ((a + 2.0) * d - (a + 3.0)) * d * d + 1.0;
  return d < 2.0 ? ((a * d - 5.0 * a) * d + 8.0 * a) * d - 4.0 * a : 0.0;
}

int taps_of(const Sampling& sampling) { return sampling.mode == "nearest" ? 1 : sampling.mode == "linear" ? 2 : 4; }

/// Positions and factors of one dimension.
void add_table(const Sampling& sampling, std::int64_t in, std::int64_t out, float scale, std::vector<float>& table) {
  const int taps = taps_of(sampling);
  for (std::int64_t i = 0; i < out; ++i) {
    const float position = scale == 1.0f && in == out ? static_cast<float>(i) : position_of(sampling, i, in, out, scale);
    const std::int64_t first = taps == 1 ? static_cast<std::int64_t>(nearest_of(sampling, position)) : static_cast<std::int64_t>(std::floor(position)) - (taps / 2 - 1);
    double total = 0;
    std::vector<double> factors;
    for (int tap = 0; tap < taps; ++tap) {
      const std::int64_t at = first + tap;
      const double distance = static_cast<double>(position) - static_cast<double>(at);
      double factor = taps == 1 ? 1.0 : taps == 2 ? std::max(0.0, 1.0 - std::fabs(distance)) : cubic(sampling.cubic_a, distance);
      if (sampling.excludes_outside && (at < 0 || at >= in)) factor = 0.0;
      factors.push_back(factor);
      total += factor;
      table.push_back(static_cast<float>(std::clamp<std::int64_t>(at, 0, in - 1)));
    }
    for (const double factor : factors) table.push_back(static_cast<float>(sampling.excludes_outside ? factor / total : factor));
  }
}

std::string read_sampling(const Node& node, Sampling& sampling) {
  const bool is_old = node.string("onnx", "") == "Upsample" || node.integer("opset", 13) < 11;
  sampling.mode = node.string("mode", "nearest");
  sampling.coordinates = is_old ? "asymmetric" : node.string("coordinate_transformation_mode", "half_pixel");
  sampling.nearest = is_old ? "floor" : node.string("nearest_mode", "round_prefer_floor");
  sampling.cubic_a = node.real("cubic_coeff_a", -0.75);
  sampling.excludes_outside = node.integer("exclude_outside", 0) != 0 && sampling.mode == "cubic";
  if (sampling.mode == "bilinear") sampling.mode = "linear";
  if (sampling.mode != "nearest" && sampling.mode != "linear" && sampling.mode != "cubic") return "mode '" + sampling.mode + "' is not supported; nearest, linear and cubic are";
  const std::vector<std::string> known{"half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"};
  if (std::find(known.begin(), known.end(), sampling.coordinates) == known.end()) return "coordinate_transformation_mode '" + sampling.coordinates + "' is not supported; half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners and asymmetric are";
  if (node.integer("antialias", 0) != 0) return "antialias is not supported; export it without";
  return {};
}

/// The wanted sizes or scales of all dimensions, from where the opset has them.
std::string read_extents(const Graph& graph, const Node& node, const Shape& src, Shape& out, std::vector<float>& scales) {
  const bool is_new = node.string("onnx", "") == "Resize" && node.integer("opset", 13) >= 11;
  const std::size_t scale_input = is_new ? 2 : 1;
  std::vector<std::int64_t> axes = node.integers("axes", {}), sizes;
  const bool takes_all = axes.empty();
  for (std::size_t i = 0; takes_all && i < src.size(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  for (std::int64_t& axis : axes) {
    if (!resolve_axis(axis, src.size())) return "its axes lie outside " + text_of(src);
  }
  out = src;
  scales.assign(src.size(), 1.0f);
  const bool has_scales = has_input(node, scale_input) && element_count(shape_of(graph, node, scale_input)) > 0;
  if (has_scales) {
    const Value& given = graph.value(node.inputs[scale_input]);
    if (!given.is_constant || given.floats.size() != axes.size()) return "its scales must be constant, one per dimension";
    for (std::size_t i = 0; i < axes.size(); ++i) {
      const std::size_t axis = static_cast<std::size_t>(axes[i]);
      scales[axis] = given.floats[i];
      if (!(scales[axis] > 0.0f && scales[axis] < 1e6f)) return "its scales must be positive";
      out[axis] = static_cast<std::int64_t>(std::floor(static_cast<float>(src[axis]) * scales[axis]));
    }
    return {};
  }
  bool is_given = false;
  if (std::string refusal = read_integers(graph, node, 3, "sizes", sizes, is_given); !refusal.empty()) return refusal;
  if (sizes.size() != axes.size()) return "it has neither constant scales nor constant sizes, one per dimension";
  if (node.string("keep_aspect_ratio_policy", "stretch") != "stretch") return "keep_aspect_ratio_policy '" + node.string("keep_aspect_ratio_policy", "") + "' is not supported; stretch is";
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const std::size_t axis = static_cast<std::size_t>(axes[i]);
    if (sizes[i] < 1 || sizes[i] > kMostElements) return "its sizes must be positive";
    out[axis] = sizes[i];
    scales[axis] = static_cast<float>(sizes[i]) / static_cast<float>(src[axis]);
  }
  return {};
}

std::string infer(Graph& graph, Node& node) {
  const Shape src = shape_of(graph, node, 0);
  Sampling sampling;
  Shape out;
  std::vector<float> scales;
  if (std::string refusal = read_sampling(node, sampling); !refusal.empty()) return refusal;
  if (std::string refusal = read_extents(graph, node, src, out, scales); !refusal.empty()) return refusal;
  std::size_t first = src.size(), last = 0;
  for (std::size_t i = 0; i < src.size(); ++i) {
    if (scales[i] == 1.0f && out[i] == src[i]) continue;
    first = std::min(first, i);
    last = i;
  }
  if (first == src.size()) return LayerBuilder(graph, node).finish(node, "Identity", {node.inputs[0]});
  if (last > first + 1) return "it resizes dimensions " + std::to_string(first) + " to " + std::to_string(last) + " of " + text_of(src) + "; two neighbouring ones are supported";
  // One dimension alone is a map of one row.
  const bool is_row = last == first;
  const Shape before(src.begin(), src.begin() + static_cast<std::ptrdiff_t>(first)), after(src.begin() + static_cast<std::ptrdiff_t>(last) + 1, src.end());
  node.inputs.resize(1);
  node.attributes["view"] = std::vector<std::int64_t>{element_count(before), is_row ? 1 : src[first], src[last], element_count(after), is_row ? 1 : out[first], out[last]};
  node.attributes["scales"] = std::vector<double>{is_row ? 1.0 : static_cast<double>(scales[first]), static_cast<double>(scales[last])};
  set_shape(graph, node, out);
  return {};
}

Lowered lower(const Graph&, const Node& node, const Variant&) {
  Sampling sampling;
  read_sampling(node, sampling);
  auto view = node.integers("view", {});
  view.push_back(taps_of(sampling));
  const auto i = [&](std::size_t at) { return static_cast<int>(view[at]); };
  const ResizeShape s{i(0), i(1), i(2), i(3), i(4), i(5), i(6)};
  Lowered lowered = lowered_kernel("resize", resize, "ResizeShape", s, braced(view));
  lowered.weights = resize_tables(node).numbers;
  return lowered;
}

}  // namespace

ResizeTables resize_tables(const Node& node) {
  Sampling sampling;
  read_sampling(node, sampling);
  const auto view = node.integers("view", {});
  const auto scales = std::get<std::vector<double>>(node.attributes.at("scales"));
  ResizeTables tables{taps_of(sampling), {}};
  add_table(sampling, view[1], view[4], static_cast<float>(scales[0]), tables.numbers);
  add_table(sampling, view[2], view[5], static_cast<float>(scales[1]), tables.numbers);
  return tables;
}

void register_op_resize(OpRegistry& registry) { registry.add({"resize", {"Resize", "Upsample"}, "Nearest, linear and cubic along up to two neighbouring dimensions; constant sizes or scales.", infer}); }

void register_primitive_ops_resize(PrimitiveRegistry& registry) { registry.add(reference_primitive("resize", lower)); }

}  // namespace lne
