// The two files of a Caffe network as they stand: layers of the prototxt, and the weights of the caffemodel by layer.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "../../base/result.hpp"
#include "../../graph/graph.hpp"
#include "text_format.hpp"

namespace lne::caffe {

struct Blob {
  /// extents as the file gives them; old files have four, filled up with ones in front
  Shape shape;
  std::vector<float> data;
};

/// One layer of a prototxt, whichever version it is written in.
struct Layer {
  std::string name;
  /// as newer files name it: `Convolution` for CONVOLUTION
  std::string type;
  std::vector<std::string> bottoms;
  std::vector<std::string> tops;
  Message message;
  std::vector<Blob> blobs;
  int line = 0;
};

struct NetInput {
  std::string name;
  Shape shape;
};

struct Net {
  std::string name;
  std::vector<NetInput> inputs;
  std::vector<Layer> layers;
};

/// The layers of a prototxt that run in the test phase. @param file its name, for messages
Result<Net> read_prototxt(std::string_view text, const std::string& file);

/// The weights of a caffemodel by layer, of old and new versions.
Result<std::map<std::string, std::vector<Blob>>> read_caffemodel(std::string_view bytes, const std::string& file);

/// Whole numbers of a field that may stand several times. @returns false when one is none
bool integers_of(const Message& message, const std::string& name, std::vector<std::int64_t>& values);

}  // namespace lne::caffe
