// Makes a graph of an ONNX file: opsets 9 to 24, static shapes, every unsupported operator listed at once.
#pragma once

#include <string>
#include <string_view>

#include "../../base/result.hpp"
#include "../../graph/graph.hpp"

namespace lne::onnx {

/// @param file the file's name, for messages
Result<Graph> import_onnx(std::string_view bytes, const std::string& file);

}  // namespace lne::onnx
