#include "caffe_model.hpp"

#include <charconv>
#include <cstring>

#include "../wire.hpp"
#include "caffe_layers.hpp"

namespace lne::caffe {
namespace {

constexpr std::size_t kMostLayersInFile = 10000;

// ---- prototxt

/// Whether a layer's include and exclude rules keep it in the test phase, without stages, at level 0.
bool runs_in_test(const Message& layer) {
  const auto meets = [](const Message& rule) {
    const TextField* phase = rule.find("phase");
    const TextField* level = rule.find("min_level");
    if (phase != nullptr && phase->scalar != "TEST" && phase->scalar != "1") return false;
    return rule.find("stage") == nullptr && (level == nullptr || level->scalar == "0");
  };
  bool is_included = layer.find("include") == nullptr;
  for (const TextField* rule : layer.all("include")) is_included = is_included || meets(rule->message);
  for (const TextField* rule : layer.all("exclude")) is_included = is_included && !meets(rule->message);
  return is_included;
}

std::vector<std::string> texts_of(const Message& message, const std::string& name) {
  std::vector<std::string> texts;
  for (const TextField* field : message.all(name)) texts.push_back(field->scalar);
  return texts;
}

std::string text_in(const Message& message, const std::string& name) {
  const TextField* field = message.find(name);
  return field == nullptr ? std::string() : field->scalar;
}

Error broken(const std::string& file, int line, const std::string& what) { return {"LNE_CAFFE_NET", file + ", line " + std::to_string(line) + ": " + what}; }

/// Inputs as old deploy files give them: `input`, with `input_shape` or four `input_dim`.
Result<std::vector<NetInput>> read_inputs(const Message& net, const std::string& file) {
  std::vector<NetInput> inputs;
  const auto names = net.all("input");
  const auto shapes = net.all("input_shape");
  std::vector<std::int64_t> dims;
  if (!integers_of(net, "input_dim", dims)) return broken(file, names.empty() ? 1 : names[0]->line, "input_dim is no whole number");
  for (std::size_t i = 0; i < names.size(); ++i) {
    NetInput input{names[i]->scalar, {}};
    if (i < shapes.size()) {
      if (!integers_of(shapes[i]->message, "dim", input.shape)) return broken(file, shapes[i]->line, "dim is no whole number");
    } else if (dims.size() >= 4 * (i + 1)) {
      input.shape.assign(dims.begin() + static_cast<std::ptrdiff_t>(4 * i), dims.begin() + static_cast<std::ptrdiff_t>(4 * i + 4));
    } else {
      return broken(file, names[i]->line, "input '" + input.name + "' has no shape; add input_shape { dim: … }");
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

// ---- caffemodel

Error cut(const std::string& file, const std::string& where) { return {"LNE_CAFFE_BROKEN", file + ": " + where + " is cut short or is no protobuf; is this a caffemodel, and whole?"}; }

template <class T>
bool append(const Field& field, std::vector<float>& out) {
  if (field.bytes.size() % sizeof(T) != 0) return false;
  for (std::size_t at = 0; at < field.bytes.size(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, field.bytes.data() + at, sizeof(T));
    out.push_back(static_cast<float>(value));
  }
  return true;
}

bool read_blob_shape(std::string_view bytes, Shape& shape) {
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    if (field.number != 1) continue;
    if (field.type == 0) {
      shape.push_back(field.integer());
      continue;
    }
    Wire packed(field.bytes);
    for (std::uint64_t extent = 0; !packed.at_end(); shape.push_back(static_cast<std::int64_t>(extent))) {
      if (!packed.read_varint(extent)) return false;
    }
  }
  return !wire.is_broken();
}

bool read_blob(std::string_view bytes, Blob& blob) {
  Wire wire(bytes);
  Field field;
  Shape old(4, 1);
  bool has_old = false, is_good = true;
  while (is_good && wire.next(field)) {
    if (field.number >= 1 && field.number <= 4) {
      old[field.number - 1] = field.integer();
      has_old = true;
    }
    if (field.number == 5) is_good = append<float>(field, blob.data);
    if (field.number == 7) is_good = read_blob_shape(field.bytes, blob.shape);
    if (field.number == 8) is_good = append<double>(field, blob.data);
  }
  if (blob.shape.empty() && has_old) blob.shape = old;
  return is_good && !wire.is_broken();
}

struct StoredLayer {
  std::string name;
  std::vector<Blob> blobs;
};

/// @param name_field and blobs_field: 1 and 7 in newer files, 4 and 6 in version 1
bool read_stored_layer(std::string_view bytes, std::uint32_t name_field, std::uint32_t blobs_field, StoredLayer& layer) {
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    if (field.number == name_field && field.type == 2) layer.name = field.string();
    if (field.number != blobs_field || field.type != 2) continue;
    layer.blobs.emplace_back();
    if (!read_blob(field.bytes, layer.blobs.back())) return false;
  }
  return !wire.is_broken();
}

}  // namespace

bool integers_of(const Message& message, const std::string& name, std::vector<std::int64_t>& values) {
  for (const TextField* field : message.all(name)) {
    std::int64_t value = 0;
    const char* end = field->scalar.data() + field->scalar.size();
    const auto [stop, error] = std::from_chars(field->scalar.data(), end, value);
    if (error != std::errc() || stop != end || field->is_message) return false;
    values.push_back(value);
  }
  return true;
}

Result<Net> read_prototxt(std::string_view text, const std::string& file) {
  Result<Message> parsed = parse_text(text, file);
  if (!parsed) return parsed.errors();
  Net net;
  net.name = text_in(parsed.value(), "name");
  Result<std::vector<NetInput>> inputs = read_inputs(parsed.value(), file);
  if (!inputs) return inputs.errors();
  net.inputs = std::move(inputs.value());
  for (TextField& field : parsed.value().fields) {
    const bool is_old = field.name == "layers";
    if (!is_old && field.name != "layer") continue;
    if (!field.is_message) return broken(file, field.line, "'" + field.name + "' is no message");
    if (net.layers.size() >= kMostLayersInFile) return broken(file, field.line, "there are more than " + std::to_string(kMostLayersInFile) + " layers");
    if (is_old && field.message.find("layer") != nullptr) return broken(file, field.line, "this is the oldest format (layers { layer { … } }); convert it with Caffe's upgrade_net_proto_text");
    if (!runs_in_test(field.message)) continue;
    Layer layer;
    layer.name = text_in(field.message, "name");
    layer.type = is_old ? modern_type(text_in(field.message, "type")) : text_in(field.message, "type");
    layer.bottoms = texts_of(field.message, "bottom");
    layer.tops = texts_of(field.message, "top");
    layer.line = field.line;
    layer.message = std::move(field.message);
    if (layer.type.empty()) return broken(file, layer.line, "layer '" + layer.name + "' has no type");
    net.layers.push_back(std::move(layer));
  }
  if (net.layers.empty()) return Error{"LNE_CAFFE_EMPTY", file + ": there are no layers in it; is this a network's prototxt?"};
  return net;
}

Result<std::map<std::string, std::vector<Blob>>> read_caffemodel(std::string_view bytes, const std::string& file) {
  std::map<std::string, std::vector<Blob>> weights;
  Wire wire(bytes);
  Field field;
  while (wire.next(field)) {
    const bool is_old = field.number == 2, is_new = field.number == 100;
    if ((!is_old && !is_new) || field.type != 2) continue;
    StoredLayer layer;
    if (!read_stored_layer(field.bytes, is_old ? 4 : 1, is_old ? 6 : 7, layer)) return cut(file, "layer '" + layer.name + "'");
    for (const Blob& blob : layer.blobs) {
      if (element_count(blob.shape) != static_cast<std::int64_t>(blob.data.size())) {
        return Error{"LNE_CAFFE_BLOB", file + ": a blob of layer '" + layer.name + "' has the shape " + text_of(blob.shape) + " and " + std::to_string(blob.data.size()) + " elements"};
      }
    }
    if (!layer.blobs.empty()) weights[layer.name] = std::move(layer.blobs);
  }
  if (wire.is_broken()) return cut(file, "it");
  return weights;
}

}  // namespace lne::caffe
