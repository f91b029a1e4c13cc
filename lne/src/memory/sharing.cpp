#include <algorithm>

#include "placement.hpp"

namespace lne {
namespace {

class Sharing {
 public:
  explicit Sharing(Program& program) : program_(program) {}

  void run() {
    // From the last on, so that a concatenation inside another one knows how wide that is.
    for (std::size_t i = program_.steps.size(); i-- > 0;) {
      if (!place_parts(program_.steps[i])) continue;
      program_.views.push_back({program_.steps[i].layer, program_.steps[i].op});
      program_.steps.erase(program_.steps.begin() + static_cast<std::ptrdiff_t>(i));
    }
    last_use_.assign(program_.buffers.size(), -1);
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      last_use_[static_cast<std::size_t>(program_.steps[i].destination)] = static_cast<int>(i);
      for (const int source : program_.steps[i].sources) last_use_[static_cast<std::size_t>(source)] = static_cast<int>(i);
    }
    for (const int output : program_.outputs) last_use_[static_cast<std::size_t>(output)] = static_cast<int>(program_.steps.size());
    for (std::size_t i = 0; i < program_.steps.size(); ++i) write_over(static_cast<int>(i));
  }

 private:
  Buffer& buffer(int at) { return program_.buffers[static_cast<std::size_t>(at)]; }

  /// Makes the sources of a concatenation parts of its result, where the layout lets a part lie there.
  bool place_parts(const Step& step) {
    if (step.op != "concat" || step.primitive->src_layout != step.primitive->dst_layout) return false;
    const Buffer& whole = buffer(step.destination);
    const std::size_t axis = static_cast<std::size_t>(step.node.integer("axis", 1));
    const bool is_plain = whole.layout == Layout::kPlain;
    if (std::any_of(whole.shape.begin(), whole.shape.begin() + static_cast<std::ptrdiff_t>(axis), [](std::int64_t extent) { return extent != 1; }) || (!is_plain && axis != 1)) return false;
    const std::int64_t width = is_plain ? 0 : whole.step > 0 ? whole.step : padded_channels(whole.shape[1]);
    std::vector<std::int64_t> offsets;
    std::int64_t offset = 0;
    for (const int source : step.sources) {
      const Buffer& part = buffer(source);
      // A map of one position serves as a plain tensor in either layout, but its channels may be filled up, and then it does not fit in.
      if (is_plain && part.floats != element_count(part.shape)) return false;
      if (part.input >= 0 || part.parent >= 0 || std::count(step.sources.begin(), step.sources.end(), source) > 1) return false;
      // Eight channels lie together, so a part can only begin where eight begin.
      if (!is_plain && (offset % 8 != 0 || !takes_steps(source, step))) return false;
      offsets.push_back(offset);
      offset += is_plain ? part.floats : part.shape[1];
    }
    for (std::size_t i = 0; i < step.sources.size(); ++i) {
      Buffer& part = buffer(step.sources[i]);
      part.parent = step.destination;
      part.parent_offset = offsets[i];
      part.step = width;
    }
    return true;
  }

  /// Whether everything that writes or reads a buffer copes with positions that lie wider apart.
  bool takes_steps(int at, const Step& concatenation) {
    if (std::count(program_.outputs.begin(), program_.outputs.end(), at) > 0) return false;
    return std::all_of(program_.steps.begin(), program_.steps.end(), [&](const Step& step) {
      const bool reads = std::count(step.sources.begin(), step.sources.end(), at) > 0;
      if (step.destination == at && step.op != "concat" && !step.primitive->takes_dst_step) return false;
      return !reads || &step == &concatenation || step.primitive->takes_src_steps;
    });
  }

  int root_of(int at) {
    while (buffer(at).parent >= 0) at = buffer(at).parent;
    return at;
  }

  /// Floats from the start of the root's memory.
  std::int64_t start_of(int at) {
    std::int64_t start = 0;
    for (; buffer(at).parent >= 0; at = buffer(at).parent) start += buffer(at).parent_offset;
    return start;
  }

  /// Whether something that shares memory with a buffer is read after a step.
  bool is_needed_after(int at, int step) {
    const std::int64_t first = start_of(at), last = first + buffer(at).floats;
    for (std::size_t other = 0; other < program_.buffers.size(); ++other) {
      const int id = static_cast<int>(other);
      if (last_use_[other] <= step || root_of(id) != root_of(at)) continue;
      const std::int64_t begin = start_of(id);
      // A part of a wider tensor reaches from its first to its last position.
      const std::int64_t end = begin + (buffer(id).step > 0 ? buffer(id).shape[2] * buffer(id).shape[3] * buffer(id).step : buffer(id).floats);
      if (begin < last && first < end) return true;
    }
    return false;
  }

  /// Lets a step write over a source that nobody reads afterwards, where its primitive can.
  void write_over(int at) {
    const Step& step = program_.steps[static_cast<std::size_t>(at)];
    Buffer& result = buffer(step.destination);
    if (!step.primitive->overwrites || result.parent >= 0) return;
    const std::vector<std::size_t> candidates = step.primitive->overwrites(program_.graph, step.node);
    for (const std::size_t candidate : candidates) {
      const int source = step.sources[candidate];
      const Buffer& from = buffer(source);
      if (from.input >= 0 || from.floats != result.floats || from.step != 0 || is_needed_after(source, at)) continue;
      bool is_read_elsewhere = false;
      for (std::size_t i = 0; i < step.sources.size(); ++i) {
        const bool is_candidate = std::count(candidates.begin(), candidates.end(), i) > 0;
        is_read_elsewhere = is_read_elsewhere || (i != candidate && root_of(step.sources[i]) == root_of(source) && !(is_candidate && step.sources[i] == source));
      }
      if (is_read_elsewhere) continue;
      result.parent = source;
      return;
    }
  }

  Program& program_;
  std::vector<int> last_use_;
};

}  // namespace

void share_buffers(Program& program) { Sharing(program).run(); }

}  // namespace lne
