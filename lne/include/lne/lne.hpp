// LNE as a library: a network in, a tuned C++ program out, or results in this process. Errors are values; nothing throws.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lne {

/// Something wrong with what was given: a stable code (LNE_…), and a sentence that names thing, place and mend.
struct Problem {
  std::string code;
  std::string message;
};

/// One input or output of a network.
struct Port {
  std::string name;
  /// extents, batch included
  std::vector<std::int64_t> shape;
  /// in the model's interface: float32, int64, int32, int8, uint8 or bool; computed as float32
  std::string type = "float32";
};

/// What a generated program shall be.
struct GenerateOptions {
  /// name of the program's files and functions; letters, digits and `_`
  std::string name = "app";
  /// inputs that the program carries with their outputs for its self-test, each as long as all inputs together
  std::vector<std::vector<float>> golden_inputs;
  /// metadata as JSON in place of what the model carries under `sedge`; empty keeps that
  std::string metadata;
};

/// A network that is compiled for this process. Instances are independent; one instance serves one thread at a time.
class Network {
 public:
  /// @param bytes an ONNX file, or a Caffe network (`caffe_bundle`): told apart by their content @param file its name, for messages
  /// @param plan text of a plan file, or empty
  /// @returns null and fills `problems` when it can't be used
  static std::unique_ptr<Network> load(std::string_view bytes, const std::string& file, const std::string& plan, std::vector<Problem>& problems);
  virtual ~Network() = default;

  virtual const std::vector<Port>& inputs() const = 0;
  virtual const std::vector<Port>& outputs() const = 0;
  /// JSON: what the model says of itself (classes, preprocessing), or empty
  virtual std::string metadata() const = 0;
  /// JSON: primitive and variant per layer
  virtual std::string plan() const = 0;
  /// JSON: arenaBytes (tensors), arenaLowerBoundBytes, scratchBytes (what kernels need beyond), instanceBytes (both), kernelScratchBytes
  /// (the most that one kernel asks for), weightsBytes, multiplyAdds
  virtual std::string footprint() const = 0;
  /// JSON: what each graph pass did and the network's size before and after it; per layer what was chosen, what was refused and why, work,
  /// bytes, and times when `runs` > 0
  virtual std::string report(int runs) = 0;
  /// the libraries that a generated program links beyond those of C++, by their own names; empty unless plugins over libraries were chosen
  virtual std::vector<std::string> links() const = 0;
  /// Runs once. Pointers as many as there are inputs and outputs.
  virtual void run(const float* const* inputs, float* const* outputs) = 0;
  /// The files of a program, path -> bytes. Equal options give equal bytes. Fills `problems` and gives nothing when that is impossible.
  virtual std::map<std::string, std::string> generate(const GenerateOptions& options, std::vector<Problem>& problems) = 0;
};

/// Reads a file that an application names. @returns false with `problem` filled
using FileReader = std::function<bool(const std::string& path, std::string& bytes, std::string& problem)>;

/// What an application gives or takes: a port, and what its elements are.
struct ApplicationPort : Port {
  /// sound, tensor, scores, condition or answer (see docs/reference/applications.md)
  std::string kind;
  std::vector<std::string> classes;
  /// of sound
  int rate_hz = 0;
};

/// A chain of modules that is compiled for this process, as an application file declares it. One instance serves one thread at a time.
class Application {
 public:
  /// @param text of the application file @param file its name, for messages @param read gives the models and plans that it names
  /// @param target and @param max_error as of `PlanSettings`
  /// @returns null and fills `problems`: LNE_YAML and LNE_APPLICATION, each with file, line and column
  static std::unique_ptr<Application> load(const std::string& text, const std::string& file, const FileReader& read, const std::string& target, double max_error, std::vector<Problem>& problems);
  virtual ~Application() = default;

  virtual const std::string& name() const = 0;
  virtual const std::vector<ApplicationPort>& inputs() const = 0;
  virtual const std::vector<ApplicationPort>& outputs() const = 0;
  /// JSON: the modules in their order with `id`, `use`, `in` and `when` (numbers of values), `out` (numbers of values), `model`; the values with
  /// `name`, `kind`, `shape`, `classes`; and what goes in and out
  virtual std::string description() const = 0;
  /// JSON: arenaBytes, arenaLowerBoundBytes, apartBytes (if nothing shared memory), weightsBytes, multiplyAdds
  virtual std::string footprint() const = 0;
  /// Runs once, networks by LNE. Outputs that a condition left out are all NaN.
  virtual void run(const float* const* inputs, float* const* outputs) = 0;
  /// Runs one module that is neither a source nor a network, whatever its conditions; for chains whose networks another engine runs.
  virtual void run_module(std::size_t module, const float* const* sources, float* result) = 0;
  /// Forgets what modules remember of earlier runs.
  virtual void reset() = 0;
  /// As `Network::generate`.
  virtual std::map<std::string, std::string> generate(const GenerateOptions& options, std::vector<Problem>& problems) = 0;
};

/// Paths of all files that an application names, as they are written there; empty with `problems` filled where it can't be read.
std::vector<std::string> application_files(const std::string& text, const std::string& file, std::vector<Problem>& problems);

/// The modules that there are, as JSON: name, summary, takes, gives, parameters.
std::string modules();

/// What is said beside a plan file. Networks are planned, and programs generated, for the target of their plan.
struct PlanSettings {
  /// the processor: `native`, `x86-64-v3`, `x86-64-v4`, `aarch64`, `armv7` or `generic`
  std::string target = "native";
  /// what a layer's result may differ by from the reference kernels' where Winograd's transforms round, as a share of its largest element; 0 leaves
  /// it to the depth of the network
  double max_error = 0;
  /// plugins that may be used: `a` only those so named, `+a` besides, `-a` not; empty keeps what the plan says, or all that need no library
  std::vector<std::string> plugins;
  /// graph passes that are left out; empty leaves it to the plan
  std::vector<std::string> without;
};

/// A plan with what was said beside it. @param plan text of a plan file, or empty
std::string plan_with(const std::string& plan, const PlanSettings& settings);

/// By layer: what those that round more than sums in another order do (Winograd) differ by from the reference kernels, as a share of their largest
/// element, for sources of even distribution. @returns nothing with `problems` filled as by `Network::load`
std::map<std::string, double> layer_errors(std::string_view model, const std::string& file, const std::string& plan, std::vector<Problem>& problems);

/// Whether this machine runs programs for a target.
bool can_run(const std::string& target);

/// Generates and builds the program of a network for this machine, and keeps it in `$SEDGE_HOME/lne`: the same model, plan, compiler and engine
/// give the same program without work. Safe from several processes at once.
/// @param plan text of a plan file, or empty @param is_cancelled asked now and then, may be empty
/// @returns the program's path, or nothing with `problems` filled: LNE_COMPILER, LNE_BUILD, LNE_CANCELLED, and those of `Network::load`
std::string build_program(std::string_view model, const std::string& file, const std::string& plan, const std::function<bool()>& is_cancelled, std::vector<Problem>& problems);

/// How an exploration is done. The defaults are those of the published method, QS-DNN.
struct ExploreOptions {
  /// text of a plan that forces or forbids primitives, or empty; its target must be one that the explored machine runs
  std::string plan;
  /// a shell's command that starts `lne-agent` on the machine that is explored, or empty for this one
  std::string agent;
  /// plugins that may be used, as for `plan_with`; empty keeps what the plan says
  std::vector<std::string> plugins;
  /// 0 looks for the fastest plan, 1 for the one with the least weights, scratch and conversions, between them for a mix of both
  double memory_weight = 0;
  /// packed weights may take at most this many times what the model's take; 0 sets no limit
  double weight_budget = 0;
  std::uint64_t seed = 1;
  /// episodes of learning, and how many of them choose at random before more and more follows what was learned
  int episodes = 1000;
  int exploring = 500;
  double learning_rate = 0.5;
  double discount = 1;
  /// for each step of an episode, steps of earlier ones that are learned again
  int replay = 16;
  /// variants of a primitive that are compiled and timed for a layer, besides its default
  int variants = 3;
  /// rounds in which the best plans are timed as whole programs; 0 leaves that out
  int rounds = 7;
  /// seconds that measuring may take
  double budget_s = 150;
  /// compilers at the same time; 0 for one per processor core
  int jobs = 0;
};

struct Exploration {
  /// text of the plan file that did best
  std::string plan;
  /// JSON: every option of each layer with its time, what was learned, the optimum, and the whole programs' times
  std::string report;
  /// the same as a page
  std::string page;
};

/// @param done and `all` of what the stage has to do; done -1 only asks @returns whether to go on
using ExploreProgress = std::function<bool(const std::string& stage, double done, double all)>;

/// Measures how the layers of a network can be computed on this machine, and finds the plan that is best. What was measured is kept in
/// `$SEDGE_HOME/lne`, so that an exploration that was cancelled or killed goes on where it was. A plan that was found without restrictions is kept
/// as the model's own (`explored_plan`).
/// @returns an empty exploration with `problems` filled: LNE_CANCELLED, LNE_COMPILER, LNE_BUILD, LNE_AGENT, and those of `Network::load`
Exploration explore_network(std::string_view model, const std::string& file, const ExploreOptions& options, const ExploreProgress& progress, std::vector<Problem>& problems);

/// Builds the program that measures on a target what `explore_network` asks for. @param path where it shall be
/// @returns nothing with `problems` filled: LNE_TARGET, LNE_COMPILER, LNE_BUILD
void build_agent(const std::string& target, const std::string& path, std::vector<Problem>& problems);

/// The plan that was explored for a model on this machine, and the report on it; empty texts where there is none.
std::string explored_plan(std::string_view model, const std::string& target = "native");
std::string exploration_report(std::string_view model);

/// A Caffe network's two files as the one model that the functions here take.
std::string caffe_bundle(std::string_view prototxt, std::string_view caffemodel);

/// The target that `native` stands for on this machine.
std::string native_target();

/// All operators that are supported, as JSON: `onnx`, a list of name, ONNX names and summary, `caffe`, a list of layer type and summary, and
/// `libraries`, the plugins over libraries: plugin, library, package, and whether the library was there when this engine was built.
std::string operators();

}  // namespace lne
