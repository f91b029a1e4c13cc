// A primitive is one way to compute one layer type: what it supports, how it lays out data, and the kernel that runs here and is generated.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "../graph/graph.hpp"

namespace lne {

/// How the elements of a tensor lie in memory.
enum class Layout {
  /// row-major in the order of the shape: [batch, channels, height, width]
  kPlain,
  /// [height, width, channels], channels filled up to a multiple of 8 with anything, NaN included, on which no result may depend; batch 1 only
  kChannelsLast8,
};

inline constexpr int kLayouts = 2;

std::string name_of(Layout layout);

/// Floats that a tensor takes in a layout, padding included.
std::int64_t floats_of(const Shape& shape, Layout layout);

/// The number of channels in kChannelsLast8.
inline std::int64_t padded_channels(std::int64_t channels) { return (channels + 7) / 8 * 8; }

/// A kernel: sources (inputs, then the residual where there is one), prepared weights, destination, scratch.
using KernelCall = std::function<void(const float* const* src, const float* weights, float* dst, float* scratch)>;

/// A layer as a primitive would run it: once as a call in this process, once as text for a generated program. Both use the same kernel.
struct Lowered {
  KernelCall run;
  /// the kernel's name, template arguments included; called as `function(shape, src, weights, dst, scratch)`
  std::string function;
  /// type and braced initializer of the shape that is compiled in
  std::string shape_type;
  std::string shape_value;
  /// weights and biases in the order in which the kernel reads them, packed once
  std::vector<float> weights;
  std::int64_t scratch_floats = 0;
};

/// A kernel with its shape. @param value the shape's braced initializer
template <class KernelShape>
Lowered lowered_kernel(std::string function, void (*kernel)(const KernelShape&, const float* const*, const float*, float*, float*), std::string type, const KernelShape& shape, std::string value) {
  Lowered lowered;
  lowered.run = [shape, kernel](const float* const* src, const float* weights, float* dst, float* scratch) { kernel(shape, src, weights, dst, scratch); };
  lowered.function = std::move(function);
  lowered.shape_type = std::move(type);
  lowered.shape_value = std::move(value);
  return lowered;
}

/// Parameters by which variants of a primitive differ (tile sizes), as they stand in a plan.
using Variant = std::vector<int>;

/// A library that the kernels of a plugin call, from the plugin's `plugin.cmake`: how it is found where a generated program is built, and where the
/// build of this engine found it.
struct LinkedLibrary {
  std::string plugin;
  /// its own name, and the Debian package that brings it
  std::string name;
  std::string package;
  /// text of plugin.cmake, which makes the CMake target `lne::<plugin>`
  std::string cmake;
  /// flags for compiling and linking kernels on this machine
  std::vector<std::string> compile_flags;
  std::vector<std::string> link_flags;
};

/// At most `most` of the variants with their costs, the cheapest first; equals stay in their order.
std::vector<Variant> cheapest(std::vector<std::pair<double, Variant>> found, std::size_t most);

struct Primitive {
  /// `<plugin>.<name>`, as plans and reports write it
  std::string name;
  std::string op;
  Layout src_layout = Layout::kPlain;
  Layout dst_layout = Layout::kPlain;
  /// Ops of the layers that it computes besides, in one go: each the only reader of the one before. They stand in `Node::followers`, and the
  /// result is that of the last; further sources of theirs (a residual) come behind those of the first, in `dst_layout`.
  std::vector<std::string> followers;
  /// Sources whose memory the result may take: each element is read no later than the one in its place is written. Absent: none.
  std::function<std::vector<std::size_t>(const Graph&, const Node&)> overwrites;
  /// Whether sources, and the result, may lie inside wider tensors (`Node::src_steps`, `Node::dst_step`), as parts of a concatenation do.
  bool takes_src_steps = false;
  bool takes_dst_step = false;
  /// Whether it rounds more than sums in another order do (Winograd): plans can bound that, and reports say how much it is.
  bool is_approximate = false;
  /// Why a layer can't be run this way, as a sentence; empty when it can.
  std::function<std::string(const Graph&, const Node&)> refuse;
  /// The variants worth trying, the default first. Absent: one without parameters.
  std::function<std::vector<Variant>(const Graph&, const Node&)> variants;
  std::function<Lowered(const Graph&, const Node&, const Variant&)> lower;
  /// Which of several that fit is taken without measuring: the one with the highest rank for the layer.
  std::function<int(const Graph&, const Node&)> preference;
  /// the file between `kernel-begin` and `kernel-end`, and its name without ending; set by the registry
  std::string kernel_text;
  std::string kernel_file;
  /// names of the headers of simd/ that the file includes; set by the registry
  std::set<std::string> simd_headers;
  /// what the kernel calls beyond the standard library, with its #include lines; null and empty for those that call nothing; set by the registry
  std::shared_ptr<const LinkedLibrary> library;
  std::string kernel_includes;

  std::string plugin() const { return name.substr(0, name.find('.')); }
};

/// The reference primitive of a layer type: plain layouts, nothing refused.
Primitive reference_primitive(const std::string& op, Lowered (*lower)(const Graph&, const Node&, const Variant&));

/// A primitive that reads and writes kChannelsLast8, also inside wider tensors.
Primitive channels_last_primitive(std::string name, std::string op);

/// Primitives of all plugins, ordered by name so that the order of files never changes a result. Those of libraries come when they are asked for
/// (`load_plugin`), perhaps while others read; what was given out stays where it is.
class PrimitiveRegistry {
 public:
  void add(Primitive primitive);
  /// Those for a layer type.
  std::vector<const Primitive*> for_op(const std::string& op) const;
  const Primitive* find(const std::string& name) const;
  /// The conversion between two layouts that ranks highest, or null. @param node that stands for it
  const Primitive* find_conversion(const Graph& graph, const Node& node, Layout from, Layout to) const;
  /// Names of all plugins whose primitives are here, sorted.
  std::vector<std::string> plugins() const;

  /// Set by the generated registration around each file's own, and around that of a library's plugin.
  void set_current(std::string file, std::string text, std::string includes, std::set<std::string> simd_headers);
  void set_library(std::shared_ptr<const LinkedLibrary> library) { current_library_ = std::move(library); }

  /// Runs a registration while nobody reads.
  void extend(const std::function<void(PrimitiveRegistry&)>& registration);

  static PrimitiveRegistry& instance();

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::string, Primitive> by_name_;
  std::string current_file_;
  std::string current_text_;
  std::string current_includes_;
  std::set<std::string> current_headers_;
  std::shared_ptr<const LinkedLibrary> current_library_;
};

/// A preference that is the same for all layers.
inline std::function<int(const Graph&, const Node&)> always(int rank) {
  return [rank](const Graph&, const Node&) { return rank; };
}

/// For `refuse` of kernels over libraries: whether the layer's activation is ReLU, a clip, or none.
inline bool is_clipped_at_most(const Node& node) { return node.activation.kind <= Activation::Kind::kClip; }

/// For `overwrites`: the addend of a layer with a residual, which comes last among the sources of a layer with one input.
std::vector<std::size_t> overwrites_residual(const Graph& graph, const Node& node);

/// For `overwrites`: every computed source of the result's shape, for layers that go element by element.
std::vector<std::size_t> overwrites_alike(const Graph& graph, const Node& node);

/// The last layer that a primitive computes: the one whose result it gives.
inline const Node& last_of(const Node& node) { return node.followers.empty() ? node : node.followers.back(); }

/// Floats from one position to the next in kChannelsLast8: of a source, of the addend, of the result.
std::int64_t src_step_of(const Graph& graph, const Node& node, std::size_t input);
std::int64_t residual_step_of(const Graph& graph, const Node& node);
std::int64_t dst_step_of(const Graph& graph, const Node& node);

/// `1, 2, 3` and `{1, 2, 3}` for a shape's initializer.
std::string listed(const std::vector<std::int64_t>& values);
std::string braced(const std::vector<std::int64_t>& values);

/// The same of a shape's field that is an array.
template <std::size_t Count>
std::string braced_ints(const int (&values)[Count]) {
  return braced({values, values + Count});
}

/// A float for a shape's initializer that reads back as the same bits.
std::string float_text(float value);

/// The fields of an activation for a shape's initializer: kind, low, high.
std::string text_of(const Activation& activation);

}  // namespace lne
