// Reads protobuf's text format, in which Caffe describes networks, from untrusted text. No schema: fields are kept by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "../../base/result.hpp"

namespace lne::caffe {

struct TextField;

/// A message: its fields in the order of the file; repeated fields stand several times.
struct Message {
  std::vector<TextField> fields;

  /// The last field of a name that is a message, or an empty one.
  const Message& message(const std::string& name) const;
  /// The last value of a name, or null.
  const TextField* find(const std::string& name) const;
  std::vector<const TextField*> all(const std::string& name) const;
};

struct TextField {
  std::string name;
  int line = 0;
  bool is_message = false;
  /// a scalar as it stands in the file, a string without its quotes
  std::string scalar;
  Message message;
};

/// @param file the file's name, for messages @returns LNE_CAFFE_SYNTAX with file and line
Result<Message> parse_text(std::string_view text, const std::string& file);

}  // namespace lne::caffe
