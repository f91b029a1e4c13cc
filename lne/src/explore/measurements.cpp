#include "measurements.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

#include "../base/json.hpp"
#include "../toolchain/home.hpp"

namespace lne::explore {

Measurements::Measurements(std::filesystem::path path) : path_(std::move(path)) {
  std::string text;
  read_text(path_, text);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::optional<Json> line = Json::parse(std::string_view(text).substr(at, end - at));
    at = end + 1;
    const std::string* key = line ? (*line)["key"].string() : nullptr;
    const Json::Array* samples = line ? (*line)["us"].array() : nullptr;
    if (key == nullptr || samples == nullptr) continue;
    for (const Json& sample : *samples) {
      if (sample.number() != nullptr && *sample.number() > 0) samples_[*key].push_back(*sample.number());
    }
  }
  file_ = ::open(path_.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0644);
  // What a kill cut short must not swallow the next line.
  if (file_ >= 0 && !text.empty() && text.back() != '\n' && ::write(file_, "\n", 1) < 0) ::close(file_), file_ = -1;
}

Measurements::~Measurements() {
  if (file_ >= 0) ::close(file_);
}

std::vector<double> Measurements::samples_of(const std::string& key) const {
  const auto found = samples_.find(key);
  return found == samples_.end() ? std::vector<double>() : found->second;
}

std::string Measurements::add(const std::string& key, const std::vector<double>& samples_us) {
  Json::Array list;
  for (const double sample : samples_us) list.push_back(Json(sample));
  const std::string line = Json(Json::Object{{"key", Json(key)}, {"us", Json(std::move(list))}}).text() + "\n";
  std::vector<double>& known = samples_[key];
  known.insert(known.end(), samples_us.begin(), samples_us.end());
  // One write per line: with O_APPEND two processes never mix theirs.
  if (file_ < 0 || ::write(file_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fdatasync(file_) != 0) return path_.string() + ": measurements can't be kept: " + std::strerror(errno);
  return {};
}

}  // namespace lne::explore
