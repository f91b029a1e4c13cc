// Concatenations and parts of tensors that take no step: what they join or cut out lies where it is wanted from the start.
#include <algorithm>

#include "placement.hpp"

namespace lne {
namespace {

class Views {
 public:
  explicit Views(Program& program) : program_(program), is_gone_(program.steps.size(), false), writers_(program.buffers.size(), kNone), readers_(program.buffers.size()), is_output_(program.buffers.size(), false) {
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      writers_[static_cast<std::size_t>(program.steps[i].destination)] = i;
      for (const int source : program.steps[i].sources) readers_[static_cast<std::size_t>(source)].push_back(i);
    }
    for (const int output : program.outputs) is_output_[static_cast<std::size_t>(output)] = true;
  }

  void run() {
    // From the last on, so that a concatenation inside another one knows how wide that is.
    for (std::size_t i = program_.steps.size(); i-- > 0;) is_gone_[i] = place_parts(i);
    // From the first on, so that a part of a part knows how wide its source is.
    for (std::size_t i = 0; i < program_.steps.size(); ++i) is_gone_[i] = is_gone_[i] || place_slice(program_.steps[i]);
    std::vector<Step> kept;
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      if (is_gone_[i]) program_.views.push_back({program_.steps[i].layer, program_.steps[i].op});
      else kept.push_back(std::move(program_.steps[i]));
    }
    program_.steps = std::move(kept);
  }

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  Buffer& buffer(int at) { return program_.buffers[static_cast<std::size_t>(at)]; }

  /// Makes the sources of a concatenation parts of its result, where the layout lets a part lie there.
  bool place_parts(std::size_t at) {
    const Step& step = program_.steps[at];
    if (step.op != "concat" || step.primitive->src_layout != step.primitive->dst_layout) return false;
    const Buffer& whole = buffer(step.destination);
    const std::size_t axis = static_cast<std::size_t>(step.node.integer("axis", 1));
    const bool is_plain = whole.layout == Layout::kPlain;
    if (std::any_of(whole.shape.begin(), whole.shape.begin() + static_cast<std::ptrdiff_t>(axis), [](std::int64_t extent) { return extent != 1; }) || (!is_plain && axis != 1)) return false;
    std::vector<std::int64_t> offsets;
    std::int64_t offset = 0;
    for (const int source : step.sources) {
      const Buffer& part = buffer(source);
      // A map of one position serves as a plain tensor in either layout, but its channels may be filled up, and then it does not fit in.
      if (is_plain && part.floats != element_count(part.shape)) return false;
      if (part.input >= 0 || part.parent >= 0 || std::count(step.sources.begin(), step.sources.end(), source) > 1) return false;
      // Eight channels lie together, so a part can only begin where eight begin.
      if (!is_plain && (offset % 8 != 0 || !takes_steps(source, at))) return false;
      offsets.push_back(offset);
      offset += is_plain ? part.floats : part.shape[1];
    }
    for (std::size_t i = 0; i < step.sources.size(); ++i) {
      Buffer& part = buffer(step.sources[i]);
      part.parent = step.destination;
      part.parent_offset = offsets[i];
      part.step = is_plain ? 0 : step_of(whole);
    }
    return true;
  }

  /// Makes a part of a tensor a view of it, where its elements lie there in one piece, or at its positions.
  bool place_slice(const Step& step) {
    if (step.op != "slice" || step.primitive->src_layout != step.primitive->dst_layout) return false;
    const Buffer& source = buffer(step.sources[0]);
    Buffer& result = buffer(step.destination);
    if (source.input >= 0 || result.parent >= 0) return false;
    const std::int64_t offset = step.node.integer("offset", 0);
    if (step.primitive->src_layout == Layout::kPlain) {
      if (!is_in_one_piece(step.node.integers("steps", {}), result.shape)) return false;
      result.parent_offset = offset;
    } else {
      const std::int64_t channel = offset / (source.shape[2] * source.shape[3]), end = channel + result.shape[1];
      // What fills its last eight channels up must be zero.
      if (channel % 8 != 0 || (end % 8 != 0 && end != source.shape[1]) || !takes_steps(step.destination, kNone)) return false;
      result.parent_offset = channel;
      result.step = step_of(source);
    }
    result.parent = step.sources[0];
    return true;
  }

  static bool is_in_one_piece(const std::vector<std::int64_t>& steps, const Shape& shape) {
    std::int64_t expected = 1;
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (shape[d] != 1 && steps[d] != expected) return false;
      expected *= shape[d];
    }
    return true;
  }

  static std::int64_t step_of(const Buffer& whole) { return whole.step > 0 ? whole.step : padded_channels(whole.shape[1]); }

  /// Whether everything that writes or reads a buffer copes with positions that lie wider apart. @param except the step that goes anyway
  bool takes_steps(int at, std::size_t except) const {
    const std::size_t index = static_cast<std::size_t>(at), writer = writers_[index];
    if (is_output_[index]) return false;
    if (writer != kNone && program_.steps[writer].op != "concat" && !program_.steps[writer].primitive->takes_dst_step) return false;
    return std::all_of(readers_[index].begin(), readers_[index].end(), [&](std::size_t reader) { return reader == except || is_gone_[reader] || program_.steps[reader].primitive->takes_src_steps; });
  }

  Program& program_;
  std::vector<bool> is_gone_;
  std::vector<std::size_t> writers_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<bool> is_output_;
};

}  // namespace

void make_views(Program& program) { Views(program).run(); }

}  // namespace lne
