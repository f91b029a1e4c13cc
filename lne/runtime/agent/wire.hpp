// What an exploration and the agent on a target say to each other: messages of a kind and a content, over two pipes.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "bench.hpp"

namespace lne::agent {

/// Changes with every change of what follows; both sides must have the same.
constexpr std::int64_t kProtocol = 1;

/// Every question is answered by `kAnswer` with what is written behind its arrow, or by `kProblem` with a sentence.
enum class Kind : std::uint8_t {
  /// protocol -> protocol, name of the processor, bytes of the second cache and of the third
  kHello = 1,
  /// bytes of a shared object, symbols ->
  kLoad = 2,
  /// a network ->
  kSet = 3,
  /// passes, per step whether it is long -> microseconds of each step, pass by pass
  kPass = 4,
  /// name of a file, its bytes -> ; files are kept in a folder of the agent's until it ends
  kFile = 5,
  /// name of a program among the files, its arguments (those that begin with @ name a file) -> exit code, what it printed
  kRun = 6,
  kAnswer = 7,
  kProblem = 8,
};

/// Content that is written; numbers are little-endian.
class Writer {
 public:
  Writer& number(std::int64_t value) {
    for (int i = 0; i < 8; ++i) bytes_.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i)));
    return *this;
  }
  Writer& real(double value) {
    std::int64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return number(bits);
  }
  Writer& text(const std::string& value) {
    number(static_cast<std::int64_t>(value.size()));
    bytes_ += value;
    return *this;
  }
  Writer& network(const PlannedNetwork& network) {
    number(network.arena_floats).number(network.weights_floats).number(static_cast<std::int64_t>(network.input_floats.size()));
    for (const std::int64_t floats : network.input_floats) number(floats);
    number(static_cast<std::int64_t>(network.steps.size()));
    for (const PlannedStep& step : network.steps) {
      number(step.function).number(step.weights).number(step.destination).number(step.scratch).number(static_cast<std::int64_t>(step.sources.size()));
      for (const PlannedSource& source : step.sources) number(source.input).number(source.offset);
    }
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Content that is read; what lies beyond its end reads as 0 and makes it bad.
class Reader {
 public:
  explicit Reader(std::string bytes) : bytes_(std::move(bytes)) {}

  std::int64_t number() {
    std::uint64_t value = 0;
    if (bytes_.size() - at_ < 8) return is_bad_ = true, 0;
    for (int i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes_[at_ + static_cast<std::size_t>(i)])) << (8 * i);
    at_ += 8;
    return static_cast<std::int64_t>(value);
  }
  double real() {
    const std::int64_t bits = number();
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  std::string text() {
    const std::size_t size = count(1);
    std::string value = bytes_.substr(at_, size);
    at_ += size;
    return value;
  }
  /// A number of things that each take some bytes: never more than there can be.
  std::size_t count(std::size_t bytes_each) {
    const std::int64_t value = number();
    if (value < 0 || static_cast<std::uint64_t>(value) > (bytes_.size() - at_) / bytes_each) return is_bad_ = true, 0;
    return static_cast<std::size_t>(value);
  }
  PlannedNetwork network() {
    PlannedNetwork network;
    network.arena_floats = number();
    network.weights_floats = number();
    network.input_floats.resize(count(8));
    for (std::int64_t& floats : network.input_floats) floats = number();
    network.steps.resize(count(40));
    for (PlannedStep& step : network.steps) {
      step.function = number();
      step.weights = number();
      step.destination = number();
      step.scratch = number();
      step.sources.resize(count(16));
      for (PlannedSource& source : step.sources) {
        source.input = number();
        source.offset = number();
      }
    }
    return network;
  }
  bool is_bad() const { return is_bad_; }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  bool is_bad_ = false;
};

/// A message: its kind, and its content with the length before it. Larger ones than this are no messages.
constexpr std::int64_t kMostBytes = std::int64_t{1} << 33;

inline bool write_all(int file, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::write(file, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

inline bool read_all(int file, char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(file, bytes, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

inline bool send(int file, Kind kind, const Writer& content) {
  const std::string head = std::string(1, static_cast<char>(kind)) + Writer().number(static_cast<std::int64_t>(content.bytes().size())).bytes();
  return write_all(file, head.data(), head.size()) && write_all(file, content.bytes().data(), content.bytes().size());
}

/// @returns whether a whole message came
inline bool receive(int file, Kind& kind, std::string& content) {
  char head[9];
  if (!read_all(file, head, sizeof head)) return false;
  kind = static_cast<Kind>(head[0]);
  const std::int64_t size = Reader(std::string(head + 1, 8)).number();
  if (size < 0 || size > kMostBytes) return false;
  content.clear();
  // Room is taken as bytes come, so that a wrong length asks for none.
  char block[65536];
  for (std::size_t left = static_cast<std::size_t>(size); left > 0;) {
    const std::size_t part = left < sizeof block ? left : sizeof block;
    if (!read_all(file, block, part)) return false;
    content.append(block, part);
    left -= part;
  }
  return true;
}

}  // namespace lne::agent
