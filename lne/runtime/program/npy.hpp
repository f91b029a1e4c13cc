// Reads and writes NumPy's .npy files of float32, int64, int32, int8, uint8 and bool, version 1 and 2, from untrusted bytes. Standard library only.
#pragma once

#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace lne::program {

/// Elements are computed as float32, whatever the type is that they have in the network's interface and in files.
struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
  /// float32, int64, int32, int8, uint8 or bool
  std::string type = "float32";
};

/// Integers up to here are exact in float32.
constexpr std::int64_t kMostExact = std::int64_t{1} << 24;

inline std::string reason_of(int error) { return error == ENOENT ? "there is no such file" : error == EISDIR ? "it is a folder" : std::string("it can't be read: ") + std::strerror(error); }

/// By stdio: streams bring locales along, half a megabyte of memory. @returns what is wrong, or an empty string
inline std::string read_file(const std::string& path, std::vector<std::uint8_t>& bytes) {
  bytes.clear();
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return reason_of(errno);
  std::uint8_t block[65536];
  errno = 0;
  while (const std::size_t count = std::fread(block, 1, sizeof block, file)) bytes.insert(bytes.end(), block, block + count);
  const std::string problem = std::ferror(file) == 0 ? std::string() : reason_of(errno);
  std::fclose(file);
  return problem;
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

/// Elements of a file as float32. @returns what is wrong, or an empty string
template <class Element>
std::string convert_elements(const std::uint8_t* bytes, std::vector<float>& data) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    Element element;
    std::memcpy(&element, bytes + i * sizeof element, sizeof element);
    const std::int64_t value = static_cast<std::int64_t>(element);
    if (value > kMostExact || value < -kMostExact) return "it holds " + std::to_string(value) + "; integers up to 16777216 are computed exactly";
    data[i] = static_cast<float>(value);
  }
  return {};
}

/// @param type the type that the network has there @returns what is wrong, or an empty string
inline std::string parse_npy(const std::vector<std::uint8_t>& bytes, Array& array, const std::string& type = "float32") {
  if (bytes.size() < 10 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0) return "it is no .npy file";
  const bool is_long = bytes[6] >= 2;
  const std::size_t start = is_long ? 12 : 10;
  if (bytes.size() < start) return "it is cut short";
  const std::size_t length = is_long ? static_cast<std::size_t>(bytes[8] | bytes[9] << 8 | bytes[10] << 16) + (static_cast<std::size_t>(bytes[11]) << 24) : static_cast<std::size_t>(bytes[8] | bytes[9] << 8);
  if (length > bytes.size() - start) return "its header is cut short";
  const std::string header(reinterpret_cast<const char*>(bytes.data()) + start, length);
  const std::string stored = header_value(header, "descr");
  const bool is_whole = type == "int64" || type == "int32";
  const bool is_wanted = type == "float32" ? stored == "'<f4'" : type == "bool" ? stored == "'|b1'" : type == "int8" ? stored == "'|i1'" : type == "uint8" ? stored == "'|u1'" : is_whole && (stored == "'<i8'" || stored == "'<i4'");
  if (!is_wanted) return "its elements are " + stored + "; " + (type == "float32" ? "'<f4' (little-endian float32)" : type == "bool" ? "'|b1' (bool)" : type == "int8" ? "'|i1' (int8)" : type == "uint8" ? "'|u1' (uint8)" : "'<i8' or '<i4' (little-endian integers)") + " is read";
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
  const std::size_t each = stored == "'<i8'" ? 8 : stored[1] == '|' ? 1 : 4;
  const std::size_t data_bytes = bytes.size() - start - length;
  if (count * each != data_bytes) return "its shape needs " + std::to_string(count * each) + " bytes and it has " + std::to_string(data_bytes);
  array.type = type;
  array.data.resize(static_cast<std::size_t>(count));
  const std::uint8_t* data = bytes.data() + start + length;
  if (stored == "'<i8'") return convert_elements<std::int64_t>(data, array.data);
  if (stored == "'<i4'") return convert_elements<std::int32_t>(data, array.data);
  if (stored == "'|i1'") return convert_elements<std::int8_t>(data, array.data);
  if (stored == "'|b1'" || stored == "'|u1'") return convert_elements<std::uint8_t>(data, array.data);
  if (data_bytes > 0) std::memcpy(array.data.data(), data, data_bytes);
  return {};
}

inline std::string read_npy(const std::string& path, Array& array, const std::string& type = "float32") {
  std::vector<std::uint8_t> bytes;
  if (const std::string problem = read_file(path, bytes); !problem.empty()) return path + ": " + problem;
  const std::string problem = parse_npy(bytes, array, type);
  return problem.empty() ? problem : path + ": " + problem;
}

template <class Element>
void append_elements(const std::vector<float>& data, std::string& bytes) {
  for (const float value : data) {
    const Element element = static_cast<Element>(value);
    bytes.append(reinterpret_cast<const char*>(&element), sizeof element);
  }
}

/// An array as the bytes of a .npy file.
inline std::string npy_bytes(const Array& array) {
  std::string shape;
  for (const std::int64_t extent : array.shape) shape += std::to_string(extent) + ", ";
  const std::string stored = array.type == "int64" ? "<i8" : array.type == "int32" ? "<i4" : array.type == "bool" ? "|b1" : array.type == "int8" ? "|i1" : array.type == "uint8" ? "|u1" : "<f4";
  std::string header = "{'descr': '" + stored + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  header.append(63 - (10 + header.size()) % 64, ' ');
  header += '\n';
  std::string bytes = "\x93NUMPY";
  bytes += {1, 0, static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
  bytes += header;
  if (stored == "<i8") append_elements<std::int64_t>(array.data, bytes);
  else if (stored == "<i4") append_elements<std::int32_t>(array.data, bytes);
  else if (stored == "|i1") append_elements<std::int8_t>(array.data, bytes);
  else if (stored == "|b1" || stored == "|u1") append_elements<std::uint8_t>(array.data, bytes);
  else bytes.append(reinterpret_cast<const char*>(array.data.data()), array.data.size() * sizeof(float));
  return bytes;
}

/// @returns what is wrong, or an empty string
inline std::string write_bytes(const std::string& path, const std::string& bytes) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return path + ": it can't be written: " + std::strerror(errno);
  const bool is_whole = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  return std::fclose(file) == 0 && is_whole ? std::string() : path + ": it can't be written: " + std::strerror(errno);
}

inline std::string write_npy(const std::string& path, const Array& array) { return write_bytes(path, npy_bytes(array)); }

}  // namespace lne::program
