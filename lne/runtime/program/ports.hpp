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
  std::string type;  // float32, int64, int32 or bool
  std::vector<std::int64_t> shape;

  std::size_t elements() const {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    return count;
  }
};

inline bool is_npz(const std::string& path) { return path.size() > 4 && path.compare(path.size() - 4, 4, ".npz") == 0; }

/// Checks and takes one input. A network of one input takes several samples one after the other where `most` allows it.
inline std::string fit_input(const PortInfo& port, const Array& array, std::size_t most) {
  const std::size_t wanted = port.elements(), count = wanted == 0 ? 0 : array.data.size() / wanted;
  if (count >= 1 && count <= most && array.data.size() == count * wanted) return {};
  return "it has " + std::to_string(array.data.size()) + " elements; input '" + port.name + "' takes " + std::to_string(wanted) + (most > 1 ? ", or several times as many" : "");
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
