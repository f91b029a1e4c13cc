// What goes from one module to the next, so that a chain whose ends do not fit is refused before anything runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../codegen/metadata.hpp"

namespace lne {

struct ValueType {
  enum class Kind {
    /// samples of one channel in [-1, 1), [sample]
    kSound,
    /// numbers of a shape
    kTensor,
    /// shares of classes that sum to one, [class]
    kScores,
    /// [1]: 1 where it holds, else 0
    kCondition,
    /// [rank, 2]: number of the class and its score, best first
    kAnswer,
  };
  Kind kind = Kind::kTensor;
  Shape shape;
  int rate_hz = 0;
  /// names of the elements, where it is known what they mean
  std::vector<std::string> classes;
  /// how a tensor was made of sound, where it was
  std::optional<AudioPreprocessing> audio;
};

using ValueKinds = std::vector<ValueType::Kind>;

/// e.g. `a tensor`, `scores`.
std::string name_of(ValueType::Kind kind);
/// e.g. `a tensor [1, 1, 40, 32]`, `scores of 12 classes`.
std::string text_of(const ValueType& type);
/// `sound`, `tensor`, `scores`, `condition`, `answer`: as descriptions for programs have it.
std::string word_of(ValueType::Kind kind);

}  // namespace lne
