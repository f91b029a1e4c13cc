// All that an exploration found, and the report on it.
#pragma once

#include <string>
#include <vector>

#include "../../include/lne/lne.hpp"
#include "../base/json.hpp"
#include "learning.hpp"
#include "measure.hpp"
#include "optimum.hpp"
#include "space.hpp"
#include "whole.hpp"

namespace lne::explore {

struct Findings {
  std::string file;
  /// the processor, and the target that was measured on it
  std::string machine;
  std::string compiler;
  /// which cache a run of the network leaves its data in
  std::string context;
  Space space;
  MeasureReport measured;
  Learned learned;
  Optimum optimum;
  std::vector<TimedProgram> programs;
  /// index of the program whose plan is used
  std::size_t used = 0;
  /// how long each stage took
  Json::Object seconds;

  const TimedProgram& winner() const { return programs[used]; }
};

/// `lne-exploration-1`: every option of each layer with its time, what was learned, the optimum, and the whole programs' times.
Json exploration_json(const Findings& found, const ExploreOptions& options);

}  // namespace lne::explore
