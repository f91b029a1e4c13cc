#include "utf8.hpp"

namespace lne {
namespace {

/// Bytes of the well-formed sequence at `at`, 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(at), second = byte(at + 1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(at + 1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool is_overlong = first == 0xE0 && second < 0xA0, is_surrogate = first == 0xED && second > 0x9F;
    return follows(at + 1) && follows(at + 2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool is_overlong = first == 0xF0 && second < 0x90, is_too_large = first == 0xF4 && second > 0x8F;
    return follows(at + 1) && follows(at + 2) && follows(at + 3) && !is_overlong && !is_too_large ? 4 : 0;
  }
  return 0;
}

}  // namespace

void append_utf8(std::string& out, unsigned point) {
  const auto following = [&](unsigned shift) { return static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) out += static_cast<char>(point);
  else if (point < 0x800) out += {static_cast<char>(0xC0 | point >> 6), following(0)};
  else if (point < 0x10000) out += {static_cast<char>(0xE0 | point >> 12), following(6), following(0)};
  else out += {static_cast<char>(0xF0 | point >> 18), following(12), following(6), following(0)};
}

std::string readable_utf8(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence_at(text, at);
    if (length > 0) {
      out += text.substr(at, length);
      at += length;
      continue;
    }
    const unsigned char byte = static_cast<unsigned char>(text[at++]);
    out += {'\\', 'x', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

}  // namespace lne
