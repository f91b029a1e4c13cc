// The vectors by which a program proves that it computes what the machine that generated it computed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace lne::program {

struct Golden {
  std::size_t count;
  const float* inputs;          // [count][elements of all inputs]
  const float* outputs;         // [count][elements of all outputs]
  const std::uint64_t* hashes;  // [count][steps]: of each step's result; of nothing where a condition left it out
};

/// 64-bit FNV-1a. @param hash that of what comes before
inline std::uint64_t fnv64(const void* data, std::size_t size, std::uint64_t hash = 0xcbf29ce484222325ull) {
  const unsigned char* bytes = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3ull;
  return hash;
}

}  // namespace lne::program
