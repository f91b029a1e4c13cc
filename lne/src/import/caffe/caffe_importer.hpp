// Makes a graph of a Caffe network: prototxt and caffemodel, newer files and those of version 1; every unsupported layer type is listed at once.
#pragma once

#include <string>
#include <string_view>

#include "../../base/result.hpp"
#include "../../graph/graph.hpp"

namespace lne::caffe {

/// @param weights the caffemodel's bytes, or empty @param file and weights_file their names, for messages
Result<Graph> import_caffe(std::string_view prototxt, const std::string& file, std::string_view weights, const std::string& weights_file);

}  // namespace lne::caffe
