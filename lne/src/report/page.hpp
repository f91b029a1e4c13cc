// Pieces of self-contained HTML pages: a frame with its style, tables, bars and lines as SVG.
#pragma once

#include <string>
#include <vector>

namespace lne {

std::string html_escaped(const std::string& text);

/// A whole page around its body.
std::string html_page(const std::string& title, const std::string& body);

/// Cells are HTML already.
std::string html_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

struct Line {
  std::string name;
  std::vector<double> values;
};

/// Lines over their index, the vertical axis from zero.
std::string svg_lines(const std::vector<Line>& lines, const std::string& x_label, const std::string& y_label);

struct Bar {
  std::string name;
  double value;
  std::string label;
};

/// Horizontal bars below each other.
std::string svg_bars(const std::vector<Bar>& bars);

/// A number in about three digits.
std::string short_number(double value);

}  // namespace lne
