// Inputs of a network from files, and its outputs into files: one array as .npy, several as .npz under the names that the model gives them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "npz.hpp"

namespace lne::program {

/// One input or output of a network.
struct PortInfo {
  std::string name;
  std::string type;  // float32, int64, int32, int8, uint8 or bool
  std::vector<std::int64_t> shape;

  std::size_t elements() const {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
  }
};

inline bool is_npz(const std::string& path) { return path.size() > 4 && path.compare(path.size() - 4, 4, ".npz") == 0; }

inline std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (const std::int64_t extent : shape) text += (text.empty() ? "" : ", ") + std::to_string(extent);
  return "[" + text + "]";
}

/// Samples of a port's shape that an array holds one after the other, 0 where it has another shape. Leading dimensions of 1 may be there or not.
inline std::size_t samples_in(const PortInfo& port, const Array& array) {
  const std::size_t elements = port.elements();
  if (elements == 0 || array.data.size() < elements || array.data.size() % elements != 0) return 0;
  const auto without_ones = [](const std::vector<std::int64_t>& shape) {
    std::size_t ones = 0;
    while (ones < shape.size() && shape[ones] == 1) ++ones;
    return std::vector<std::int64_t>(shape.begin() + static_cast<std::ptrdiff_t>(ones), shape.end());
  };
  const std::size_t count = array.data.size() / elements;
  if (without_ones(array.shape) == without_ones(port.shape)) return 1;
  // Several are joined along the first dimension, or have one of their own before it.
  std::vector<std::int64_t> joined = port.shape, stacked = port.shape;
  if (!joined.empty()) joined[0] *= static_cast<std::int64_t>(count);
  stacked.insert(stacked.begin(), static_cast<std::int64_t>(count));
  return count > 1 && (array.shape == joined || array.shape == stacked) ? count : 0;
}

/// Checks one input. @param most samples that it may hold
inline std::string fit_input(const PortInfo& port, const Array& array, std::size_t most) {
  const std::size_t count = samples_in(port, array);
  if (count >= 1 && count <= most) return {};
  return "it has the shape " + shape_text(array.shape) + "; input '" + port.name + "' takes " + shape_text(port.shape) + (most > 1 ? ", or several of that, joined along the first dimension" : "");
}

/// Runs a network of one input and one output on all samples but the first, and joins what they give with what the first gave.
/// @param run called with a sample's input; leaves its result in `result`
template <class Run>
inline void run_other_samples(const PortInfo& port, const Array& input, const std::vector<float>& result, Array& joined, const Run& run) {
  const std::size_t count = samples_in(port, input);
  if (count > 1 && !joined.shape.empty()) joined.shape[0] *= static_cast<std::int64_t>(count);
  for (std::size_t i = 1; i < count; ++i) {
    run(input.data.data() + i * port.elements());
    joined.data.insert(joined.data.end(), result.begin(), result.end());
  }
}

/// @param most samples that a file may hold @returns what is wrong, or an empty string
inline std::string load_inputs(const std::string& path, const std::vector<PortInfo>& ports, std::size_t most, std::vector<Array>& arrays) {
  arrays.assign(ports.size(), {});
  if (!is_npz(path)) {
    if (ports.size() != 1) return path + ": the network has " + std::to_string(ports.size()) + " inputs; give them by name in one .npz file (np.savez)";
    const std::string problem = read_npy(path, arrays[0], ports[0].type);
    if (!problem.empty()) return problem;
    const std::string misfit = fit_input(ports[0], arrays[0], most);
    return misfit.empty() ? misfit : path + ": " + misfit;
  }
  std::vector<std::uint8_t> bytes;
  if (const std::string problem = read_file(path, bytes); !problem.empty()) return path + ": " + problem;
  std::map<std::string, std::vector<std::uint8_t>> files;
  std::string problem = parse_npz(bytes, files);
  if (!problem.empty()) return path + ": " + problem;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const auto file = files.find(ports[i].name);
    if (file == files.end()) return path + ": it has no array '" + ports[i].name + "', which is an input of the network";
    problem = parse_npy(file->second, arrays[i], ports[i].type);
    if (problem.empty()) problem = fit_input(ports[i], arrays[i], 1);
    if (!problem.empty()) return path + ": '" + ports[i].name + "': " + problem;
  }
  return {};
}

/// @returns what is wrong, or an empty string
inline std::string save_outputs(const std::string& path, const std::vector<PortInfo>& ports, const std::vector<Array>& arrays) {
  if (!is_npz(path)) {
    if (ports.size() != 1) return path + ": the network has " + std::to_string(ports.size()) + " outputs; name an .npz file for them";
    return write_npy(path, arrays[0]);
  }
  std::map<std::string, Array> named;
  for (std::size_t i = 0; i < ports.size(); ++i) named[ports[i].name] = arrays[i];
  return write_bytes(path, npz_bytes(named));
}

}  // namespace lne::program
