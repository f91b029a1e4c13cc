#include "layer_page.hpp"

#include <algorithm>

#include "page.hpp"

namespace lne {
namespace {

std::string kilobytes(const Json& bytes) { return short_number(number_in(bytes) / 1024.0); }

/// What else was measured for the layer, the fastest first; else what could have been, or why not.
std::string others_of(const Json& layer) {
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + html_escaped(text); };
  if (const Json::Array* options = layer["options"].array()) {
    std::vector<const Json*> sorted;
    for (const Json& option : *options) sorted.push_back(&option);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Json* a, const Json* b) { return number_in((*a)["us"]) < number_in((*b)["us"]); });
    for (const Json* option : sorted) add(text_in((*option)["primitive"]) + " " + (*option)["variant"].text() + " " + short_number(number_in((*option)["us"])) + " µs");
  } else if (const Json::Array* candidates = layer["candidates"].array()) {
    for (const Json& candidate : *candidates) {
      const std::string refusal = text_in(candidate["refusal"]);
      if (text_in(candidate["primitive"]) != text_in(layer["primitive"])) add(text_in(candidate["primitive"]) + (refusal.empty() ? "" : ": " + refusal));
    }
  }
  return "<span class=\"muted\">" + out + "</span>";
}

std::string names_in(const Json& list) {
  std::string out;
  for (const Json& name : list.array() ? *list.array() : Json::Array()) out += (out.empty() ? "" : ", ") + html_escaped(text_in(name));
  return out;
}

/// What the passes over the graph did before layers were planned.
std::string passes_of(const Json& report) {
  std::vector<std::vector<std::string>> rows;
  const auto change = [](const Json& pass, const char* what, double unit) {
    const double before = number_in(pass["before"][what]) / unit, after = number_in(pass["after"][what]) / unit;
    return before == after ? short_number(after) : short_number(before) + " → " + short_number(after);
  };
  for (const Json& pass : report["passes"].array() ? *report["passes"].array() : Json::Array()) {
    std::string changed;
    for (const Json& each : pass["changed"].array() ? *pass["changed"].array() : Json::Array()) changed += (changed.empty() ? "" : ", ") + html_escaped(text_in(each["layer"]) + (each["into"].string() ? " into " + *each["into"].string() : ""));
    const bool is_off = pass["isOff"].boolean() && *pass["isOff"].boolean();
    rows.push_back({html_escaped(text_in(pass["pass"])), is_off ? "off" : short_number(number_in(pass["changes"])), change(pass, "nodes", 1), change(pass, "values", 1), change(pass, "multiplyAdds", 1e6), change(pass, "activationBytes", 1024), "<span class=\"muted\">" + changed + "</span>"});
  }
  return "<h2>Passes</h2>\n<p>What was changed in the graph before its layers were planned.</p>\n" + html_table({"pass", "changes", "nodes", "values", "10⁶ multiply-adds", "KiB of activations", "layers removed or fused"}, rows);
}

}  // namespace

std::string layer_page(const std::string& file, const Json& report) {
  std::vector<std::vector<std::string>> rows;
  std::vector<Bar> times, shares;
  double total = 0;
  for (const Json& layer : *report["layers"].array()) {
    const std::string name = text_in(layer["layer"]);
    const double us = number_in(layer["medianUs"]), share = number_in(layer["peakShare"]);
    total += us;
    if (us > 0) times.push_back({name, us, short_number(us) + " µs"});
    if (share > 0) shares.push_back({name, share, short_number(100 * share) + " %"});
    rows.push_back({html_escaped(name), html_escaped(text_in(layer["op"])), html_escaped(text_in(layer["primitive"]) + " " + layer["variant"].text()), us > 0 ? short_number(us) : "", share > 0 ? short_number(number_in(layer["gflops"])) : "",
                    short_number(number_in(layer["multiplyAdds"]) / 1e6), kilobytes(layer["bytesMoved"]), kilobytes(layer["weightsBytes"]), kilobytes(layer["scratchBytes"]), layer["error"].number() ? short_number(1e6 * number_in(layer["error"])) : "", names_in(layer["merged"]), others_of(layer)});
  }
  const Json& footprint = report["footprint"];
  std::string body = "<p>Tensors take " + kilobytes(footprint["arenaBytes"]) + " KiB (no placement can go below " + kilobytes(footprint["arenaLowerBoundBytes"]) + "), kernels' scratch " + kilobytes(footprint["scratchBytes"]) + " KiB more, weights " +
                     kilobytes(footprint["weightsBytes"]) + " KiB.";
  if (report["peak"].object()) body += " One core does at most " + short_number(number_in(report["peak"]["gflops"])) + " GFLOP/s and reads " + short_number(number_in(report["peak"]["gbytesPerS"])) + " GB/s from memory, measured.";
  body += "</p>\n";
  if (total > 0) body += "<h2>Time: " + short_number(total) + " µs</h2>\n" + svg_bars(times) + "<h2>Share of the machine's peak</h2>\n" + svg_bars(shares);
  body += "<h2>Layers</h2>\n" + html_table({"layer", "type", "primitive", "µs", "GFLOP/s", "10⁶ multiply-adds", "KiB moved", "KiB weights", "KiB scratch", "error, 10⁻⁶", "computed with it", "instead of"}, rows);
  std::string views;
  for (const Json& view : report["views"].array() ? *report["views"].array() : Json::Array()) views += (views.empty() ? "" : ", ") + html_escaped(text_in(view["layer"]));
  if (!views.empty()) body += "<h2>Views</h2>\n<p>Layers that cost nothing, since their tensors lie where they are wanted: " + views + "</p>\n";
  body += passes_of(report);
  return html_page("Layers of " + file, body);
}

}  // namespace lne
