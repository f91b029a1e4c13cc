// Reads the protobuf wire format from untrusted bytes: every length is checked against what is there before it is used.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../base/utf8.hpp"

namespace lne {

/// One field of a message: its number, its wire type and its content.
struct Field {
  std::uint32_t number = 0;
  std::uint32_t type = 0;  // 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes
  std::uint64_t varint = 0;
  std::string_view bytes;

  std::int64_t integer() const { return static_cast<std::int64_t>(varint); }
  float float32() const {
    float value = 0;
    if (bytes.size() == 4) std::memcpy(&value, bytes.data(), 4);
    return value;
  }
  std::string string() const { return readable_utf8(bytes); }
};

/// Walks over the fields of one message.
class Wire {
 public:
  explicit Wire(std::string_view bytes) : bytes_(bytes) {}

  /// @returns false at the end or when the bytes are broken; `is_broken` tells which
  bool next(Field& field) {
    if (is_broken_ || at_ == bytes_.size()) return false;
    std::uint64_t key = 0;
    if (!read_varint(key) || (key >> 3) == 0 || (key >> 3) > 0x1FFFFFFF) return fail();
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.type = static_cast<std::uint32_t>(key & 7);
    field.varint = 0;
    field.bytes = {};
    switch (field.type) {
      case 0: return read_varint(field.varint) || fail();
      case 1: return take(8, field.bytes);
      case 5: return take(4, field.bytes);
      case 2: {
        std::uint64_t length = 0;
        return read_varint(length) ? take(length, field.bytes) : fail();
      }
      default: return fail();
    }
  }

  bool is_broken() const { return is_broken_; }

  bool read_varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) return false;
      const std::uint8_t byte = static_cast<std::uint8_t>(bytes_[at_++]);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return true;
    }
    return false;
  }

  bool at_end() const { return at_ == bytes_.size(); }

 private:
  bool take(std::uint64_t length, std::string_view& out) {
    if (length > bytes_.size() - at_) return fail();
    out = bytes_.substr(at_, static_cast<std::size_t>(length));
    at_ += static_cast<std::size_t>(length);
    return true;
  }

  bool fail() {
    is_broken_ = true;
    return false;
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool is_broken_ = false;
};

}  // namespace lne
