// Measured times, kept in a file of JSON lines that grows only at its end: one line per batch of samples of a kernel with its shape. A process
// that is killed loses at most the batch under way.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace lne::explore {

class Measurements {
 public:
  /// @param path a file per machine and compiler; a line that can't be read (cut short by a kill) is passed over
  explicit Measurements(std::filesystem::path path);
  ~Measurements();
  Measurements(const Measurements&) = delete;
  Measurements& operator=(const Measurements&) = delete;

  /// Microseconds of each sample so far.
  std::vector<double> samples_of(const std::string& key) const;

  /// Writes samples through to the disk. @returns what is wrong, or an empty string
  std::string add(const std::string& key, const std::vector<double>& samples_us);

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::map<std::string, std::vector<double>> samples_;
};

}  // namespace lne::explore
