#include "import.hpp"

#include <cctype>

#include "caffe/caffe_importer.hpp"
#include "onnx/onnx_importer.hpp"
#include "wire.hpp"

namespace lne {
namespace {

/// Whether the bytes begin like protobuf's text format: comments and spaces, then a word that ':' or '{' follows.
bool is_text_format(std::string_view bytes) {
  std::size_t at = 0;
  const auto skip_space = [&] {
    while (at < bytes.size() && (std::isspace(static_cast<unsigned char>(bytes[at])) || bytes[at] == '#')) {
      if (bytes[at] != '#') ++at;
      else while (at < bytes.size() && bytes[at] != '\n') ++at;
    }
  };
  skip_space();
  const std::size_t word = at;
  while (at < bytes.size() && (std::isalnum(static_cast<unsigned char>(bytes[at])) || bytes[at] == '_')) ++at;
  // Two letters at least: an ONNX file may begin with a byte that is a letter.
  if (at < word + 2 || std::isdigit(static_cast<unsigned char>(bytes[word]))) return false;
  skip_space();
  return at < bytes.size() && (bytes[at] == ':' || bytes[at] == '{');
}

/// An ONNX file begins with a version number; a caffemodel with a name, or with layers.
bool is_caffemodel(std::string_view bytes) {
  Wire wire(bytes);
  Field field;
  return wire.next(field) && ((field.number == 1 && field.type == 2) || (field.number == 100 && field.type == 2));
}

}  // namespace

std::string bundle(std::string_view prototxt, std::string_view caffemodel) {
  std::string joined(prototxt);
  joined += '\0';
  return joined.append(caffemodel);
}

Result<Graph> import_network(std::string_view bytes, const std::string& file) {
  if (is_text_format(bytes)) {
    const std::size_t end = bytes.find('\0');
    const std::string_view weights = end == std::string_view::npos ? std::string_view() : bytes.substr(end + 1);
    return caffe::import_caffe(bytes.substr(0, end), file, weights, "the caffemodel of " + file);
  }
  if (is_caffemodel(bytes)) return Error{"LNE_CAFFE_NO_NET", file + ": this looks like a caffemodel; give the prototxt, and this as its weights (--weights)"};
  return onnx::import_onnx(bytes, file);
}

}  // namespace lne
