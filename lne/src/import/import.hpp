// Makes a graph of a network's bytes, whichever format they are in.
#pragma once

#include <string>
#include <string_view>

#include "../base/result.hpp"
#include "../graph/graph.hpp"

namespace lne {

/// The prototxt and caffemodel of a Caffe network as one: the text, a zero byte, and the weights.
std::string bundle(std::string_view prototxt, std::string_view caffemodel);

/// @param bytes an ONNX file, a prototxt, or a bundle; told apart by their content @param file the file's name, for messages
Result<Graph> import_network(std::string_view bytes, const std::string& file);

}  // namespace lne
