#include "page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lne {
namespace {

constexpr const char* kColours[] = {"#1f6f8b", "#d1603d", "#5b8c5a", "#7d5ba6"};

std::string coordinate(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  return text;
}

}  // namespace

std::string html_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else if (c == '"') out += "&quot;";
    else out += c;
  }
  return out;
}

std::string html_page(const std::string& title, const std::string& body) {
  return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>" + html_escaped(title) +
         "</title><style>body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}"
         "table{border-collapse:collapse;font-size:.9rem}th,td{padding:.2rem .7rem;text-align:left;border-bottom:1px solid #ddd;vertical-align:top}td.n{text-align:right;font-variant-numeric:tabular-nums}"
         ".used{font-weight:600}.muted{color:#777}svg{max-width:100%;height:auto}</style></head><body>\n<h1>" +
         html_escaped(title) + "</h1>\n" + body + "\n</body></html>\n";
}

std::string html_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table><tr>";
  for (const std::string& cell : head) out += "<th>" + cell + "</th>";
  out += "</tr>\n";
  for (const std::vector<std::string>& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += (!cell.empty() && (std::isdigit(static_cast<unsigned char>(cell[0])) || cell[0] == '-') ? "<td class=\"n\">" : "<td>") + cell + "</td>";
    out += "</tr>\n";
  }
  return out + "</table>\n";
}

std::string svg_lines(const std::vector<Line>& lines, const std::string& x_label, const std::string& y_label) {
  constexpr double width = 900, height = 320, left = 70, bottom = 40, top = 15, right = 15;
  double most = 1e-30;
  std::size_t count = 2;
  for (const Line& line : lines) {
    for (const double value : line.values) most = std::isfinite(value) ? std::max(most, value) : most;
    count = std::max(count, line.values.size());
  }
  const auto x = [&](double at) { return left + at / static_cast<double>(count - 1) * (width - left - right); };
  const auto y = [&](double value) { return top + (1 - value / most) * (height - top - bottom); };
  std::string out = "<svg viewBox=\"0 0 900 320\" width=\"900\" height=\"320\" font-size=\"12\" role=\"img\">";
  for (int tick = 0; tick <= 4; ++tick) {
    const double value = most * tick / 4, index = static_cast<double>(count - 1) * tick / 4;
    out += "<line x1=\"" + coordinate(left) + "\" x2=\"" + coordinate(width - right) + "\" y1=\"" + coordinate(y(value)) + "\" y2=\"" + coordinate(y(value)) + "\" stroke=\"#e4e4e4\"/><text x=\"" + coordinate(left - 6) + "\" y=\"" +
           coordinate(y(value) + 4) + "\" text-anchor=\"end\">" + short_number(value) + "</text><text x=\"" + coordinate(x(index)) + "\" y=\"" + coordinate(height - bottom + 16) + "\" text-anchor=\"middle\">" + short_number(std::floor(index)) + "</text>";
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string points;
    for (std::size_t at = 0; at < lines[i].values.size(); ++at) {
      if (std::isfinite(lines[i].values[at])) points += coordinate(x(static_cast<double>(at))) + "," + coordinate(y(lines[i].values[at])) + " ";
    }
    out += "<polyline fill=\"none\" stroke=\"" + std::string(kColours[i % 4]) + "\" stroke-width=\"" + (i == 0 ? "0.8" : "2") + "\" points=\"" + points + "\"/><text x=\"" + coordinate(width - right - 5) + "\" y=\"" +
           coordinate(top + 14 + 16 * static_cast<double>(i)) + "\" text-anchor=\"end\" fill=\"" + kColours[i % 4] + "\">" + html_escaped(lines[i].name) + "</text>";
  }
  return out + "<text x=\"" + coordinate(left) + "\" y=\"" + coordinate(height - 6) + "\">" + html_escaped(x_label) + "</text><text transform=\"translate(14 " + coordinate(height - bottom) + ") rotate(-90)\">" + html_escaped(y_label) + "</text></svg>\n";
}

std::string svg_bars(const std::vector<Bar>& bars) {
  constexpr double left = 260, width = 900, each = 22;
  double most = 1e-30;
  for (const Bar& bar : bars) most = std::max(most, bar.value);
  const std::string height = coordinate(each * static_cast<double>(bars.size()) + 6);
  std::string out = "<svg viewBox=\"0 0 900 " + height + "\" width=\"900\" height=\"" + height + "\" font-size=\"12\" role=\"img\">";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const double y = each * static_cast<double>(i) + 3, length = bars[i].value / most * (width - left - 110);
    out += "<text x=\"" + coordinate(left - 6) + "\" y=\"" + coordinate(y + 13) + "\" text-anchor=\"end\">" + html_escaped(bars[i].name) + "</text><rect x=\"" + coordinate(left) + "\" y=\"" + coordinate(y) + "\" width=\"" +
           coordinate(std::max(length, 0.5)) + "\" height=\"16\" fill=\"" + kColours[0] + "\"/><text x=\"" + coordinate(left + length + 6) + "\" y=\"" + coordinate(y + 13) + "\">" + html_escaped(bars[i].label) + "</text>";
  }
  return out + "</svg>\n";
}

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(value) >= 1000 ? "%.0f" : "%.3g", value);
  return text;
}

}  // namespace lne
