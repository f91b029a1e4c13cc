#include "value_type.hpp"

namespace lne {

std::string word_of(ValueType::Kind kind) {
  switch (kind) {
    case ValueType::Kind::kSound: return "sound";
    case ValueType::Kind::kTensor: return "tensor";
    case ValueType::Kind::kScores: return "scores";
    case ValueType::Kind::kCondition: return "condition";
    case ValueType::Kind::kAnswer: break;
  }
  return "answer";
}

std::string name_of(ValueType::Kind kind) {
  const std::string word = word_of(kind);
  return kind == ValueType::Kind::kSound || kind == ValueType::Kind::kScores ? word : (kind == ValueType::Kind::kAnswer ? "an " : "a ") + word;
}

std::string text_of(const ValueType& type) {
  switch (type.kind) {
    case ValueType::Kind::kSound: return "sound of " + std::to_string(type.shape[0]) + " samples at " + std::to_string(type.rate_hz) + " Hz";
    case ValueType::Kind::kTensor: return "a tensor " + text_of(type.shape);
    case ValueType::Kind::kScores: return "scores of " + std::to_string(type.classes.size()) + " classes";
    default: return name_of(type.kind);
  }
}

}  // namespace lne
