#include "exploration_page.hpp"

#include <algorithm>

#include "page.hpp"

namespace lne {
namespace {

std::string joined(const Json& list) {
  std::string out;
  for (const Json& name : list.array() ? *list.array() : Json::Array()) out += (out.empty() ? "" : ", ") + text_in(name);
  return out;
}

/// The running mean of 50 episodes beside the episodes themselves.
std::string learning_plot(const Json& learned, double optimum) {
  Line episodes{"each episode", {}}, mean{"mean of 50", {}}, best{"optimum", {}};
  for (const Json& cost : learned["curve"].array() ? *learned["curve"].array() : Json::Array()) {
    episodes.values.push_back(number_in(cost));
    double sum = 0;
    const std::size_t from = episodes.values.size() > 50 ? episodes.values.size() - 50 : 0;
    for (std::size_t i = from; i < episodes.values.size(); ++i) sum += episodes.values[i];
    mean.values.push_back(sum / static_cast<double>(episodes.values.size() - from));
    best.values.push_back(optimum);
  }
  return svg_lines({episodes, mean, best}, "episode", "cost of the episode's plan");
}

std::string programs_table(const Json& programs) {
  std::vector<std::vector<std::string>> rows;
  std::vector<Bar> bars;
  for (const Json& program : *programs.array()) {
    const bool is_used = program["isUsed"].boolean() && *program["isUsed"].boolean();
    const std::string name = joined(program["plans"]);
    const double measured = number_in(program["measuredUs"]);
    rows.push_back({is_used ? "<span class=\"used\">" + html_escaped(name) + "</span>" : html_escaped(name), short_number(number_in(program["predictedUs"])), measured > 0 ? short_number(measured) : "",
                    measured > 0 ? short_number(100 * number_in(program["difference"])) + " %" : "", is_used ? "used" : ""});
    bars.push_back({name, measured > 0 ? measured : number_in(program["predictedUs"]), short_number(measured > 0 ? measured : number_in(program["predictedUs"])) + " µs"});
  }
  return svg_bars(bars) + html_table({"plan", "predicted µs", "measured µs", "difference", ""}, rows);
}

std::string layers_table(const Json& layers) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& layer : *layers.array()) {
    std::vector<const Json*> options;
    for (const Json& option : *layer["options"].array()) options.push_back(&option);
    std::stable_sort(options.begin(), options.end(), [](const Json* a, const Json* b) { return number_in((*a)["us"]) < number_in((*b)["us"]); });
    std::string used, others;
    double us = 0;
    for (const Json* option : options) {
      const bool is_used = (*option)["isUsed"].boolean() && *(*option)["isUsed"].boolean();
      const std::string name = html_escaped(text_in((*option)["primitive"]) + " " + (*option)["variant"].text());
      if (is_used) used = name, us = number_in((*option)["us"]);
      else others += (others.empty() ? "" : "; ") + name + " " + short_number(number_in((*option)["us"]));
    }
    rows.push_back({html_escaped(text_in(layer["layer"])), html_escaped(text_in(layer["op"])), used.empty() ? "<span class=\"muted\">with the layer before</span>" : used, used.empty() ? "" : short_number(us), "<span class=\"muted\">" + others + "</span>"});
  }
  return html_table({"layer", "type", "chosen", "µs", "rejected, with µs"}, rows);
}

}  // namespace

std::string exploration_page(const Json& report) {
  const Json& learned = report["learned"];
  const double optimum = number_in(report["optimum"]["cost"]);
  std::string body = "<p>" + html_escaped(text_in(report["machine"])) + ", " + html_escaped(text_in(report["compiler"])) + ". " + short_number(number_in(report["candidates"])) + " kernels with their shapes were compiled and timed.</p>\n";
  body += "<h2>Whole programs</h2>\n" + programs_table(report["programs"]);
  body += "<h2>Learning</h2>\n<p>The learned plan costs " + short_number(100 * number_in(learned["aboveOptimum"])) + " % more than the cheapest plan over the same costs. Random choices alone: the first " + short_number(number_in(learned["exploring"])) +
          " episodes.</p>\n" + learning_plot(learned, optimum);
  body += "<h2>Layers</h2>\n" + layers_table(report["layers"]);
  return html_page("Exploration of " + text_in(report["file"]), body);
}

}  // namespace lne
