// Text from files that may be broken.
#pragma once

#include <string>
#include <string_view>

namespace lne {

/// The text with each byte that is no part of valid UTF-8 written as `\xNN`, so that messages and JSON can carry it.
std::string readable_utf8(std::string_view text);

/// Appends a code point; surrogates, which are none, must have been refused.
void append_utf8(std::string& out, unsigned point);

}  // namespace lne
