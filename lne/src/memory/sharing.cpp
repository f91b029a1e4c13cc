// Results that take the memory of sources which nobody reads afterwards.
#include <algorithm>

#include "placement.hpp"
#include "roots.hpp"

namespace lne {
namespace {

class Sharing {
 public:
  explicit Sharing(Program& program) : program_(program), roots_(roots_of(program.buffers)), members_(program.buffers.size()), last_use_(program.buffers.size(), -1) {
    for (std::size_t i = 0; i < program.buffers.size(); ++i) members_[static_cast<std::size_t>(roots_.root[i])].push_back(i);
    for (std::size_t i = 0; i < program.steps.size(); ++i) {
      last_use_[static_cast<std::size_t>(program.steps[i].destination)] = static_cast<int>(i);
      for (const int source : program.steps[i].sources) last_use_[static_cast<std::size_t>(source)] = static_cast<int>(i);
    }
    for (const int output : program.outputs) last_use_[static_cast<std::size_t>(output)] = static_cast<int>(program.steps.size());
  }

  void run() {
    for (std::size_t i = 0; i < program_.steps.size(); ++i) write_over(static_cast<int>(i));
  }

 private:
  Buffer& buffer(int at) { return program_.buffers[static_cast<std::size_t>(at)]; }
  int root_of(int at) const { return roots_.root[static_cast<std::size_t>(at)]; }

  /// Whether something that shares memory with a buffer is read after a step. Steps must be asked for in their order.
  bool is_needed_after(int at, int step) {
    const std::int64_t first = roots_.start[static_cast<std::size_t>(at)], last = first + buffer(at).floats;
    std::vector<std::size_t>& members = members_[static_cast<std::size_t>(root_of(at))];
    // What is read no more needs no look at any later step either.
    members.erase(std::remove_if(members.begin(), members.end(), [&](std::size_t other) { return last_use_[other] <= step; }), members.end());
    return std::any_of(members.begin(), members.end(), [&](std::size_t other) {
      const Buffer& member = program_.buffers[other];
      const std::int64_t begin = roots_.start[other];
      // A part of a wider tensor reaches from its first to its last position.
      const std::int64_t end = begin + (member.step > 0 ? member.shape[2] * member.shape[3] * member.step : member.floats);
      return begin < last && first < end;
    });
  }

  /// Lets a step write over a source that nobody reads afterwards, where its primitive can.
  void write_over(int at) {
    const Step& step = program_.steps[static_cast<std::size_t>(at)];
    const Buffer& result = buffer(step.destination);
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
      lay_over(step.destination, source);
      return;
    }
  }

  void lay_over(int result, int source) {
    buffer(result).parent = source;
    std::vector<std::size_t> moved = std::move(members_[static_cast<std::size_t>(result)]);
    std::vector<std::size_t>& members = members_[static_cast<std::size_t>(root_of(source))];
    for (const std::size_t member : moved) {
      roots_.root[member] = root_of(source);
      roots_.start[member] += roots_.start[static_cast<std::size_t>(source)];
      members.push_back(member);
    }
  }

  Program& program_;
  Roots roots_;
  /// by root: the buffers in its memory that are still read
  std::vector<std::vector<std::size_t>> members_;
  std::vector<int> last_use_;
};

}  // namespace

void share_buffers(Program& program) {
  make_views(program);
  Sharing(program).run();
}

}  // namespace lne
