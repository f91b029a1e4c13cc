// Reads and writes NumPy's .npz files as np.savez makes them: zip archives of .npy files, stored without compression. Standard library only.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "npy.hpp"

namespace lne::program {

inline std::uint32_t crc32_of(const std::uint8_t* bytes, std::size_t size) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> made{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0u);
      made[i] = value;
    }
    return made;
  }();
  std::uint32_t crc = 0xFFFFFFFFu;
  for (std::size_t i = 0; i < size; ++i) crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 255u];
  return ~crc;
}

inline std::uint64_t little(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
  return value;
}

/// The files of an archive by name, `.npy` left off. @returns what is wrong, or an empty string
inline std::string parse_npz(const std::vector<std::uint8_t>& bytes, std::map<std::string, std::vector<std::uint8_t>>& files) {
  // The end record has 22 bytes and a comment of at most 65535; the directory before it lists the files.
  if (bytes.size() < 22) return "it is no .npz file";
  std::size_t end = bytes.size() - 22;
  const std::size_t lowest = end > 65535 ? end - 65535 : 0;
  while (end > lowest && little(bytes.data() + end, 4) != 0x06054b50) --end;
  if (little(bytes.data() + end, 4) != 0x06054b50) return "it is no .npz file";
  const std::uint64_t count = little(bytes.data() + end + 10, 2);
  std::uint64_t at = little(bytes.data() + end + 16, 4);
  for (std::uint64_t i = 0; i < count; ++i) {
    if (at > bytes.size() || bytes.size() - at < 46 || little(bytes.data() + at, 4) != 0x02014b50) return "its directory is broken";
    const std::uint8_t* entry = bytes.data() + at;
    const std::uint64_t method = little(entry + 10, 2), packed = little(entry + 20, 4), size = little(entry + 24, 4), name_length = little(entry + 28, 2), place = little(entry + 42, 4);
    const std::uint64_t crc = little(entry + 16, 4), whole = 46 + name_length + little(entry + 30, 2) + little(entry + 32, 2);
    if (bytes.size() - at < whole) return "its directory is cut short";
    std::string name(reinterpret_cast<const char*>(entry) + 46, name_length);
    if (method != 0) return "'" + name + "' in it is compressed; save it with np.savez, not np.savez_compressed";
    if (packed != size || place > bytes.size() || bytes.size() - place < 30 || little(bytes.data() + place, 4) != 0x04034b50) return "'" + name + "' in it is broken";
    const std::uint64_t begin = place + 30 + little(bytes.data() + place + 26, 2) + little(bytes.data() + place + 28, 2);
    if (begin > bytes.size() || bytes.size() - begin < size) return "'" + name + "' in it is cut short";
    if (crc32_of(bytes.data() + begin, size) != crc) return "'" + name + "' in it is damaged: its checksum differs";
    if (name.size() > 4 && name.compare(name.size() - 4, 4, ".npy") == 0) name.resize(name.size() - 4);
    files[name].assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.begin() + static_cast<std::ptrdiff_t>(begin + size));
    at += whole;
  }
  return {};
}

/// Arrays by name as the bytes of a .npz file; equal arrays give equal bytes (the archive's clock stands at 1980). At most 4 GiB.
inline std::string npz_bytes(const std::map<std::string, Array>& arrays) {
  const auto number = [](std::uint64_t value, std::size_t size) {
    std::string out;
    for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(value >> (8 * i) & 255u);
    return out;
  };
  std::string body, directory;
  for (const auto& [key, array] : arrays) {
    const std::string name = key + ".npy", content = npy_bytes(array);
    const std::uint32_t crc = crc32_of(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
    const std::string common = number(20, 2) + number(0x800, 2) + number(0, 2) + number(0, 2) + number(0x21, 2) + number(crc, 4) + number(content.size(), 4) + number(content.size(), 4) + number(name.size(), 2) + number(0, 2);
    directory += number(0x02014b50, 4) + number(20, 2) + common + number(0, 2) + number(0, 2) + number(0, 2) + number(0, 4) + number(body.size(), 4) + name;
    body += number(0x04034b50, 4) + common + name + content;
  }
  return body + directory + number(0x06054b50, 4) + number(0, 2) + number(0, 2) + number(arrays.size(), 2) + number(arrays.size(), 2) + number(directory.size(), 4) + number(body.size(), 4) + number(0, 2);
}

}  // namespace lne::program
