// Fuzzes the importers: ONNX files, and Caffe networks as bundles of prototxt and caffemodel. The corpus decides which format is found.
#include <cstddef>
#include <cstdint>

#include "import_once.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lne::import_once({reinterpret_cast<const char*>(data), size});
  return 0;
}
