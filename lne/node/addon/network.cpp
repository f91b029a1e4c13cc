// Networks for JavaScript, behind handles that only this file makes and recognizes.
#include "network.hpp"

#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <numeric>

#include "guard.hpp"
#include "transfer.hpp"

namespace lne::node {
namespace {

constexpr napi_type_tag kNetworkTag = {0x6c6e652d6e6f6465, 0x6e6574776f726b31};

/// A network serves one thread at a time; whoever uses it holds the mutex.
struct Handle {
  std::unique_ptr<Network> network;
  std::mutex mutex;
};
using HandlePointer = std::shared_ptr<Handle>;

HandlePointer handle_argument(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<HandlePointer>>().CheckTypeTag(&kNetworkTag)) throw Failure{"LNE_ARGUMENT", "the first argument is no network"};
  return *info[0].As<Napi::External<HandlePointer>>().Data();
}

std::size_t elements(const Port& port) {
  return std::accumulate(port.shape.begin(), port.shape.end(), std::size_t{1}, [](std::size_t product, std::int64_t extent) { return product * static_cast<std::size_t>(extent); });
}

Napi::Value import_network(const Napi::CallbackInfo& info) {
  auto bytes = std::make_shared<std::string>(bytes_argument(info, 0, "bytes"));
  const std::string file = text_argument(info, 1, "file");
  const std::string plan = plan_with(text_argument(info, 2, "plan"), {text_argument(info, 3, "target"), number_argument(info, 4, "maxError", 0, 1), texts_of(info[5], "plugins"), {}});
  auto handle = std::make_shared<Handle>();
  const auto load = [=] {
    std::vector<Problem> problems;
    handle->network = Network::load(*bytes, file, plan, problems);
    if (!handle->network) throw failure_of(problems);
  };
  return run_async(info.Env(), load, [=](Napi::Env env) {
    auto external = Napi::External<HandlePointer>::New(env, new HandlePointer(handle), [](Napi::Env, HandlePointer* held) { delete held; });
    external.TypeTag(&kNetworkTag);
    return external;
  });
}

Napi::Array ports_to_js(Napi::Env env, const std::vector<Port>& ports) {
  Napi::Array list = Napi::Array::New(env, ports.size());
  for (std::size_t i = 0; i < ports.size(); ++i) {
    Napi::Array shape = Napi::Array::New(env, ports[i].shape.size());
    for (std::size_t axis = 0; axis < ports[i].shape.size(); ++axis) shape.Set(static_cast<std::uint32_t>(axis), static_cast<double>(ports[i].shape[axis]));
    Napi::Object port = Napi::Object::New(env);
    port.Set("name", ports[i].name);
    port.Set("shape", shape);
    list.Set(static_cast<std::uint32_t>(i), port);
  }
  return list;
}

Napi::Value describe(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("inputs", ports_to_js(info.Env(), handle->network->inputs()));
  result.Set("outputs", ports_to_js(info.Env(), handle->network->outputs()));
  result.Set("metadata", handle->network->metadata());
  result.Set("plan", handle->network->plan());
  result.Set("footprint", handle->network->footprint());
  return result;
}

/// One array per network input, of that input's size.
std::vector<Napi::Float32Array> inputs_argument(const Napi::CallbackInfo& info, std::size_t at, const Network& network) {
  std::vector<Napi::Float32Array> arrays = float_arrays_of(info[at], "inputs");
  const std::vector<Port>& ports = network.inputs();
  if (arrays.size() != ports.size()) throw Failure{"LNE_INPUT", "the network has " + std::to_string(ports.size()) + " inputs, and " + std::to_string(arrays.size()) + " were given"};
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (arrays[i].ElementLength() == elements(ports[i])) continue;
    throw Failure{"LNE_INPUT", "input " + ports[i].name + " has " + std::to_string(elements(ports[i])) + " values, and " + std::to_string(arrays[i].ElementLength()) + " were given"};
  }
  return arrays;
}

std::vector<std::vector<float>> result_buffers(const Network& network) {
  std::vector<std::vector<float>> results;
  for (const Port& port : network.outputs()) results.emplace_back(elements(port));
  return results;
}

template <typename Vectors>
auto pointers_to(Vectors& vectors) {
  std::vector<decltype(vectors[0].data())> pointers;
  for (auto& vector : vectors) pointers.push_back(vector.data());
  return pointers;
}

/// Runs on the calling thread, without copies: the shortest way for one sample.
Napi::Value run(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const std::vector<Napi::Float32Array> inputs = inputs_argument(info, 1, *handle->network);
  std::unique_lock<std::mutex> lock(handle->mutex, std::try_to_lock);
  if (!lock) throw Failure{"LNE_BUSY", "the network is at work on another thread"};
  std::vector<const float*> sources;
  for (const Napi::Float32Array& input : inputs) sources.push_back(input.Data());
  Napi::Array outputs = Napi::Array::New(info.Env(), handle->network->outputs().size());
  std::vector<float*> targets;
  for (std::uint32_t i = 0; i < outputs.Length(); ++i) {
    Napi::Float32Array output = Napi::Float32Array::New(info.Env(), elements(handle->network->outputs()[i]));
    outputs.Set(i, output);
    targets.push_back(output.Data());
  }
  handle->network->run(sources.data(), targets.data());
  return outputs;
}

Napi::Value run_batch(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const Network& network = *handle->network;
  if (network.inputs().size() != 1 || network.outputs().size() != 1) throw Failure{"LNE_INPUT", "runBatch needs a network of one input and one output"};
  const Napi::Float32Array array = floats_of(info[1], "samples");
  const std::size_t input_size = elements(network.inputs()[0]);
  const std::size_t output_size = elements(network.outputs()[0]);
  if (input_size == 0 || array.ElementLength() % input_size != 0) {
    throw Failure{"LNE_INPUT", std::to_string(array.ElementLength()) + " values are no whole number of samples of " + std::to_string(input_size)};
  }
  auto samples = std::make_shared<std::vector<float>>(array.Data(), array.Data() + array.ElementLength());
  auto results = std::make_shared<std::vector<float>>();
  const auto work = [=] {
    const std::lock_guard<std::mutex> lock(handle->mutex);
    const std::size_t count = samples->size() / input_size;
    results->resize(count * output_size);
    for (std::size_t i = 0; i < count; ++i) {
      const float* source = samples->data() + i * input_size;
      float* target = results->data() + i * output_size;
      handle->network->run(&source, &target);
    }
  };
  return run_async(info.Env(), work, [=](Napi::Env env) { return to_js(env, results->data(), results->size()); });
}

Napi::Value time_runs(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  auto inputs = std::make_shared<std::vector<std::vector<float>>>();
  for (const Napi::Float32Array& array : inputs_argument(info, 1, *handle->network)) inputs->emplace_back(array.Data(), array.Data() + array.ElementLength());
  const std::int64_t runs = whole_argument(info, 2, "runs", 1, 1e6);
  const std::int64_t warmup = whole_argument(info, 3, "warmup", 0, 1e6);
  auto times = std::make_shared<std::vector<double>>();
  const auto work = [=] {
    const std::lock_guard<std::mutex> lock(handle->mutex);
    std::vector<std::vector<float>> results = result_buffers(*handle->network);
    std::vector<const float*> sources;
    for (const std::vector<float>& input : *inputs) sources.push_back(input.data());
    const std::vector<float*> targets = pointers_to(results);
    for (std::int64_t i = -warmup; i < runs; ++i) {
      const auto before = std::chrono::steady_clock::now();
      handle->network->run(sources.data(), targets.data());
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - before;
      if (i >= 0) times->push_back(took.count());
    }
  };
  return run_async(info.Env(), work, [=](Napi::Env env) {
    Napi::Float64Array array = Napi::Float64Array::New(env, times->size());
    std::memcpy(array.Data(), times->data(), times->size() * sizeof(double));
    return array;
  });
}

Napi::Value report(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const int runs = static_cast<int>(whole_argument(info, 1, "runs", 0, 1e5));
  auto text = std::make_shared<std::string>();
  const auto work = [=] {
    const std::lock_guard<std::mutex> lock(handle->mutex);
    *text = handle->network->report(runs);
  };
  return run_async(info.Env(), work, [=](Napi::Env env) { return Napi::String::New(env, *text); });
}

Napi::Value generate(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  GenerateOptions options;
  options.name = text_argument(info, 1, "name");
  options.metadata = text_argument(info, 2, "metadata");
  for (const Napi::Float32Array& golden : float_arrays_of(info[3], "goldenInputs")) options.golden_inputs.emplace_back(golden.Data(), golden.Data() + golden.ElementLength());
  auto files = std::make_shared<std::map<std::string, std::string>>();
  const auto work = [=] {
    const std::lock_guard<std::mutex> lock(handle->mutex);
    std::vector<Problem> problems;
    *files = handle->network->generate(options, problems);
    if (!problems.empty() || files->empty()) throw failure_of(problems);
  };
  return run_async(info.Env(), work, [=](Napi::Env env) { return files_to_js(env, *files); });
}

/// What an exploration and the main thread share: the wish to stop, and the way for news of progress.
struct Exploring {
  Napi::Reference<Napi::Uint8Array> stop;
  const std::uint8_t* flag = nullptr;
  Napi::ThreadSafeFunction tell;
  Exploration result;
};

ExploreOptions explore_options_of(const Napi::Object& given) {
  ExploreOptions options;
  const auto number = [&](const char* name, double low, double high) {
    const Napi::Value value = given.Get(name);
    const double found = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (!(found >= low && found <= high)) throw Failure{"LNE_ARGUMENT", std::string(name) + " must be a number from " + std::to_string(low) + " to " + std::to_string(high)};
    return found;
  };
  options.plan = plan_with(given.Get("plan").IsString() ? given.Get("plan").As<Napi::String>().Utf8Value() : std::string(), {"native", number("maxError", 0, 1), {}, {}});
  options.plugins = texts_of(given.Get("plugins"), "plugins");
  options.memory_weight = number("memoryWeight", 0, 1);
  options.weight_budget = number("weightBudget", 0, 1e6);
  options.seed = static_cast<std::uint64_t>(number("seed", 0, 9007199254740991.0));
  options.episodes = static_cast<int>(number("episodes", 1, 1e6));
  options.exploring = static_cast<int>(number("exploring", 0, 1e6));
  options.learning_rate = number("learningRate", 0, 1);
  options.discount = number("discount", 0, 1);
  options.rounds = static_cast<int>(number("rounds", 0, 1000));
  options.budget_s = number("budgetS", 0, 1e6);
  options.jobs = static_cast<int>(number("jobs", 0, 1024));
  return options;
}

/// (bytes, file, options, stop: Uint8Array whose first element asks to stop, progress: (stage, done, all) => void) -> {plan, report, page}
Napi::Value explore(const Napi::CallbackInfo& info) {
  auto bytes = std::make_shared<std::string>(bytes_argument(info, 0, "bytes"));
  const std::string file = text_argument(info, 1, "file");
  const ExploreOptions options = explore_options_of(object_argument(info, 2, "options"));
  if (bytes_argument(info, 3, "stop").empty()) throw Failure{"LNE_ARGUMENT", "stop must have an element"};
  if (!info[4].IsFunction()) throw Failure{"LNE_ARGUMENT", "progress must be a function"};
  auto shared = std::make_shared<Exploring>();
  shared->stop = Napi::Persistent(info[3].As<Napi::Uint8Array>());
  shared->flag = info[3].As<Napi::Uint8Array>().Data();
  shared->tell = Napi::ThreadSafeFunction::New(info.Env(), info[4].As<Napi::Function>(), "lne progress", 64, 1);
  const auto work = [=] {
    auto last = std::chrono::steady_clock::time_point();
    std::string last_stage;
    const auto progress = [&](const std::string& stage, double done, double all) {
      const auto now = std::chrono::steady_clock::now();
      if (done >= 0 && (stage != last_stage || now - last > std::chrono::milliseconds(250))) {
        last = now;
        last_stage = stage;
        // News that finds no room is dropped: the next is as good.
        shared->tell.NonBlockingCall([=](Napi::Env env, Napi::Function callback) { callback.Call({Napi::String::New(env, stage), Napi::Number::New(env, done), Napi::Number::New(env, all)}); });
      }
      return *const_cast<const volatile std::uint8_t*>(shared->flag) == 0;
    };
    std::vector<Problem> problems;
    Failure failure;
    const bool has_failed = caught([&] { shared->result = explore_network(*bytes, file, options, progress, problems); }, failure);
    shared->tell.Release();
    if (has_failed) throw failure;
    if (!problems.empty()) throw failure_of(problems);
  };
  return run_async(info.Env(), work, [=](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("plan", shared->result.plan);
    result.Set("report", shared->result.report);
    result.Set("page", shared->result.page);
    return result;
  });
}

Napi::Value native_target_of(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), native_target()); }
Napi::Value operators_of(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), operators()); }

}  // namespace

void export_network(Napi::Env env, Napi::Object exports) {
  exports.Set("importNetwork", Napi::Function::New<guarded<import_network>>(env));
  exports.Set("describe", Napi::Function::New<guarded<describe>>(env));
  exports.Set("run", Napi::Function::New<guarded<run>>(env));
  exports.Set("runBatch", Napi::Function::New<guarded<run_batch>>(env));
  exports.Set("timeRuns", Napi::Function::New<guarded<time_runs>>(env));
  exports.Set("report", Napi::Function::New<guarded<report>>(env));
  exports.Set("generate", Napi::Function::New<guarded<generate>>(env));
  exports.Set("explore", Napi::Function::New<guarded<explore>>(env));
  exports.Set("nativeTarget", Napi::Function::New<guarded<native_target_of>>(env));
  exports.Set("operators", Napi::Function::New<guarded<operators_of>>(env));
}

}  // namespace lne::node
