// Reads and writes NumPy's .npy files of float32, version 1 and 2, from untrusted bytes. Standard library only.
#pragma once

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace lne::program {

struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};

/// @returns false when it can't be read, as a folder can't. A stream would throw there.
inline bool read_file(const std::string& path, std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return false;
  std::uint8_t block[65536];
  while (const std::size_t count = std::fread(block, 1, sizeof block, file)) bytes.insert(bytes.end(), block, block + count);
  const bool is_whole = std::ferror(file) == 0;
  std::fclose(file);
  return is_whole;
}

/// The text between a key's colon and the next comma outside of parentheses.
inline std::string header_value(const std::string& header, const std::string& key) {
  const std::size_t at = header.find("'" + key + "':");
  if (at == std::string::npos) return {};
  std::size_t begin = at + key.size() + 3;
  int depth = 0;
  std::size_t end = begin;
  for (; end < header.size(); ++end) {
    if (header[end] == '(') ++depth;
    if (header[end] == ')') --depth;
    if (depth == 0 && (header[end] == ',' || header[end] == '}')) break;
  }
  while (begin < end && std::isspace(static_cast<unsigned char>(header[begin]))) ++begin;
  return header.substr(begin, end - begin);
}

/// @returns what is wrong, or an empty string
inline std::string parse_npy(const std::vector<std::uint8_t>& bytes, Array& array) {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) return "it is no .npy file";
  const bool is_long = bytes[6] >= 2;
  const std::size_t start = is_long ? 12 : 10;
  if (bytes.size() < start) return "it is cut short";
  const std::size_t length = is_long ? static_cast<std::size_t>(bytes[8] | bytes[9] << 8 | bytes[10] << 16) + (static_cast<std::size_t>(bytes[11]) << 24) : static_cast<std::size_t>(bytes[8] | bytes[9] << 8);
  if (length > bytes.size() - start) return "its header is cut short";
  const std::string header(reinterpret_cast<const char*>(bytes.data()) + start, length);
  if (header_value(header, "descr") != "'<f4'") return "its elements are " + header_value(header, "descr") + "; '<f4' (little-endian float32) is read";
  if (header_value(header, "fortran_order") != "False") return "it is in Fortran order; save it with np.ascontiguousarray";
  std::uint64_t count = 1;
  const std::string extents = header_value(header, "shape");
  for (std::size_t i = 0; i < extents.size();) {
    if (!std::isdigit(static_cast<unsigned char>(extents[i]))) {
      ++i;
      continue;
    }
    std::uint64_t extent = 0;
    for (; i < extents.size() && std::isdigit(static_cast<unsigned char>(extents[i])); ++i) {
      extent = extent * 10 + static_cast<std::uint64_t>(extents[i] - '0');
      if (extent > (1ull << 40)) return "its shape is impossible";
    }
    if (extent != 0 && count > (1ull << 40) / extent) return "its shape is impossible";
    count *= extent;
    array.shape.push_back(static_cast<std::int64_t>(extent));
  }
  const std::size_t data_bytes = bytes.size() - start - length;
  if (count * sizeof(float) != data_bytes) return "its shape needs " + std::to_string(count * sizeof(float)) + " bytes and it has " + std::to_string(data_bytes);
  array.data.resize(static_cast<std::size_t>(count));
  std::memcpy(array.data.data(), bytes.data() + start + length, data_bytes);
  return {};
}

inline std::string read_npy(const std::string& path, Array& array) {
  std::vector<std::uint8_t> bytes;
  if (!read_file(path, bytes)) return path + ": it can't be read";
  const std::string problem = parse_npy(bytes, array);
  return problem.empty() ? problem : path + ": " + problem;
}

inline std::string write_npy(const std::string& path, const Array& array) {
  std::string shape;
  for (const std::int64_t extent : array.shape) shape += std::to_string(extent) + ", ";
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::ofstream file(path, std::ios::binary);
  const char prefix[10] = {'\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  file.write(prefix, 10);
  file << header;
  file.write(reinterpret_cast<const char*>(array.data.data()), static_cast<std::streamsize>(array.data.size() * sizeof(float)));
  file.flush();
  return file ? std::string() : path + ": it can't be written";
}

}  // namespace lne::program
