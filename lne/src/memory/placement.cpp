#include "placement.hpp"

#include <algorithm>

#include "arena.hpp"
#include "roots.hpp"

namespace lne {
void place_buffers(Program& program) {
  const int steps = static_cast<int>(program.steps.size());
  const std::size_t count = program.buffers.size();
  const auto [root, start] = roots_of(program.buffers);
  std::vector<Lifetime> lifetimes(count, {0, steps, -1});
  const auto use = [&, &root = root](int buffer, int step) {
    Lifetime& life = lifetimes[static_cast<std::size_t>(root[static_cast<std::size_t>(buffer)])];
    life.first = std::min(life.first, step);
    life.last = std::max(life.last, step);
  };
  for (int i = 0; i < steps; ++i) {
    const Step& step = program.steps[static_cast<std::size_t>(i)];
    use(step.destination, i);
    for (const int source : step.sources) use(source, i);
  }
  for (const int output : program.outputs) use(output, steps);

  std::vector<Lifetime> tensors, scratches;
  std::vector<int> slot(count, -1);
  for (std::size_t i = 0; i < count; ++i) {
    if (root[i] != static_cast<int>(i) || program.buffers[i].input >= 0) continue;
    if (lifetimes[i].last < 0) continue;  // nothing writes or reads it
    slot[i] = static_cast<int>(tensors.size());
    tensors.push_back({aligned(program.buffers[i].floats), lifetimes[i].first, lifetimes[i].last});
  }
  std::vector<std::size_t> with_scratch;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const std::int64_t scratch = program.steps[i].lowered.scratch_floats;
    if (scratch == 0) continue;
    with_scratch.push_back(i);
    scratches.push_back({aligned(scratch), static_cast<int>(i), static_cast<int>(i)});
    program.kernel_scratch_floats = std::max(program.kernel_scratch_floats, scratch);
  }
  const ArenaPlan arena = plan_arena(tensors);
  const ArenaPlan with_both = plan_more(tensors, arena, scratches);
  for (std::size_t i = 0; i < count; ++i) {
    const int at = slot[static_cast<std::size_t>(root[i])];
    if (at >= 0) program.buffers[i].offset = arena.offsets[static_cast<std::size_t>(at)] + start[i];
  }
  for (std::size_t i = 0; i < with_scratch.size(); ++i) program.steps[with_scratch[i]].scratch_offset = with_both.offsets[i];
  program.arena_floats = arena.size;
  program.lower_bound_floats = arena.lower_bound;
  program.scratch_floats = with_both.size - arena.size;
}

}  // namespace lne
