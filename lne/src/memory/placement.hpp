// Where the tensors of a program lie: which share memory, and all offsets in the arena.
#pragma once

#include "../plan/program.hpp"

namespace lne {

/// Lets parts of a concatenation lie in their place from the start, and parts of a tensor inside it. Steps that thereby have nothing left to do
/// are removed and become views.
void make_views(Program& program);

/// Views, and results over sources that nobody reads afterwards. Before steps are lowered, since kernels learn the distance of positions.
void share_buffers(Program& program);

/// Gives every buffer and every scratch memory its offset; tensors come first, scratch takes gaps between them and what is needed beyond.
void place_buffers(Program& program);

}  // namespace lne
