/// Fully connected layers by oneDNN's inner product, weights in the format that it picks for the shape.
#include <dnnl.hpp>
#include <omp.h>

#include "../../src/ops/op.hpp"
#include "../../src/plan/library_kernel.hpp"

namespace lne {
namespace {

// kernel-begin
struct OnednnFullyConnectedShape {
  int rows, depth, columns;
  int activation;
  float low, high;
};

/// oneDNN plans for as many threads as OpenMP offers at that moment; what the caller had set comes back.
struct OnednnFullyConnectedThread {
  OnednnFullyConnectedThread() : before(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OnednnFullyConnectedThread() { omp_set_num_threads(before); }
  const int before;
};

class OnednnFullyConnected {
 public:
  /// weights: [columns][depth], then the biases.
  OnednnFullyConnected(const OnednnFullyConnectedShape& s, const float* weights) try : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    using Memory = dnnl::memory;
    const OnednnFullyConnectedThread one;
    const auto type = Memory::data_type::f32;
    dnnl::post_ops after;
    if (s.activation == 1) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f);
    if (s.activation == 2) after.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, s.low, s.high);
    dnnl::primitive_attr attributes;
    attributes.set_post_ops(after);
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const Memory::desc src({s.rows, s.depth}, type, Memory::format_tag::nc), dst({s.rows, s.columns}, type, Memory::format_tag::nc);
    const Memory::desc picked({s.columns, s.depth}, type, Memory::format_tag::any), given({s.columns, s.depth}, type, Memory::format_tag::oi), bias({s.columns}, type, Memory::format_tag::x);
    const dnnl::inner_product_forward::primitive_desc plan(dnnl::inner_product_forward::desc(dnnl::prop_kind::forward_inference, src, picked, bias, dst), attributes, engine_);
    product_ = dnnl::inner_product_forward(plan);
    Memory from(given, engine_, const_cast<float*>(weights)), packed(plan.weights_desc(), engine_);
    dnnl::reorder(from, packed).execute(stream_, from, packed);
    stream_.wait();
    src_ = Memory(src, engine_, nullptr);
    dst_ = Memory(dst, engine_, nullptr);
    const Memory biases(bias, engine_, const_cast<float*>(weights) + static_cast<long>(s.columns) * s.depth), scratchpad(plan.scratchpad_desc(), engine_);
    arguments_ = {{DNNL_ARG_SRC, src_}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_BIAS, biases}, {DNNL_ARG_DST, dst_}, {DNNL_ARG_SCRATCHPAD, scratchpad}};
  } catch (const dnnl::error& error) {
    lne::library::fail("oneDNN", error.what());
  }

  void run(const float* const* src, float* dst, float*) {
    const OnednnFullyConnectedThread one;
    src_.set_data_handle(const_cast<float*>(src[0]));
    dst_.set_data_handle(dst);
    product_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::inner_product_forward product_;
  dnnl::memory src_, dst_;
  std::unordered_map<int, dnnl::memory> arguments_;
};
// kernel-end

Lowered lower(const Graph& graph, const Node& node, const Variant&) {
  const GemmSizes sizes = gemm_sizes_of(graph, node);
  const OnednnFullyConnectedShape s{static_cast<int>(sizes.rows), static_cast<int>(sizes.depth), static_cast<int>(sizes.columns), static_cast<int>(node.activation.kind), node.activation.low, node.activation.high};
  Lowered lowered = lowered_library<OnednnFullyConnected>("OnednnFullyConnected", "OnednnFullyConnectedShape", s, "{" + listed({s.rows, s.depth, s.columns}) + ", " + text_of(node.activation) + "}");
  lowered.weights = gemm_weights(graph, node);
  return lowered;
}

}  // namespace

void register_primitive_onednn_fully_connected(PrimitiveRegistry& registry) {
  Primitive primitive;
  primitive.name = "onednn.fully_connected";
  primitive.op = "gemm";
  primitive.refuse = [](const Graph&, const Node& node) {
    return std::string(node.residual >= 0 ? "it adds nothing to its result" : is_clipped_at_most(node) ? "" : "its library activates by ReLU and clips alone");
  };
  primitive.lower = lower;
  primitive.preference = always(8);
  registry.add(std::move(primitive));
}

}  // namespace lne
