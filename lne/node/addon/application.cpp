// Applications for JavaScript: chains of modules, behind handles that only this file makes and recognizes.
#include "application.hpp"

#include <memory>
#include <mutex>

#include "src/base/json.hpp"
#include "transfer.hpp"

namespace lne::node {
namespace {

constexpr napi_type_tag kApplicationTag = {0x6c6e652d6e6f6465, 0x6170706c69636174};

/// An application serves one thread at a time; whoever uses it holds the mutex.
struct Handle {
  std::unique_ptr<Application> application;
  /// `Application::description`, read once
  Json description;
  std::mutex mutex;
};
using HandlePointer = std::shared_ptr<Handle>;

HandlePointer handle_argument(const Napi::CallbackInfo& info) {
  if (!info[0].IsExternal() || !info[0].As<Napi::External<HandlePointer>>().CheckTypeTag(&kApplicationTag)) throw Failure{"LNE_ARGUMENT", "the first argument is no application"};
  return *info[0].As<Napi::External<HandlePointer>>().Data();
}

std::unique_lock<std::mutex> lock_of(Handle& handle) {
  std::unique_lock<std::mutex> lock(handle.mutex, std::try_to_lock);
  if (!lock) throw Failure{"LNE_BUSY", "the application is at work on another thread"};
  return lock;
}

std::size_t elements(const std::vector<std::int64_t>& shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
  return count;
}

Napi::Value application_files_of(const Napi::CallbackInfo& info) {
  std::vector<Problem> problems;
  const std::vector<std::string> paths = application_files(text_argument(info, 0, "text"), text_argument(info, 1, "file"), problems);
  if (!problems.empty()) throw failure_of(problems);
  Napi::Array list = Napi::Array::New(info.Env(), paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) list.Set(static_cast<std::uint32_t>(i), paths[i]);
  return list;
}

/// [path, bytes] for each file that the application names.
std::map<std::string, std::string> files_argument(const Napi::CallbackInfo& info, std::size_t at) {
  if (!info[at].IsArray()) throw Failure{"LNE_ARGUMENT", "files must be a list of [path, bytes]"};
  const Napi::Array list = info[at].As<Napi::Array>();
  std::map<std::string, std::string> files;
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value entry = list.Get(i);
    const bool is_pair = entry.IsArray() && entry.As<Napi::Array>().Get(0u).IsString() && entry.As<Napi::Array>().Get(1u).IsTypedArray();
    if (!is_pair || entry.As<Napi::Array>().Get(1u).As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) throw Failure{"LNE_ARGUMENT", "files must be a list of [path, Uint8Array]"};
    const Napi::Uint8Array bytes = entry.As<Napi::Array>().Get(1u).As<Napi::Uint8Array>();
    files[entry.As<Napi::Array>().Get(0u).As<Napi::String>().Utf8Value()] = std::string(reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength());
  }
  return files;
}

Napi::Value compile_application(const Napi::CallbackInfo& info) {
  const std::string text = text_argument(info, 0, "text"), file = text_argument(info, 1, "file"), target = text_argument(info, 3, "target");
  auto files = std::make_shared<std::map<std::string, std::string>>(files_argument(info, 2));
  const double max_error = number_argument(info, 4, "maxError", 0, 1);
  auto handle = std::make_shared<Handle>();
  const auto load = [=] {
    const FileReader read = [&](const std::string& path, std::string& bytes, std::string& problem) {
      const auto found = files->find(path);
      if (found == files->end()) return problem = "the file " + path + " was not given", false;
      bytes = found->second;
      return true;
    };
    std::vector<Problem> problems;
    handle->application = Application::load(text, file, read, target, max_error, problems);
    if (!handle->application) throw failure_of(problems);
    handle->description = *Json::parse(handle->application->description());
  };
  return run_async(info.Env(), load, [=](Napi::Env env) {
    auto external = Napi::External<HandlePointer>::New(env, new HandlePointer(handle), [](Napi::Env, HandlePointer* held) { delete held; });
    external.TypeTag(&kApplicationTag);
    return external;
  });
}

Napi::Value describe_application(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("description", handle->application->description());
  result.Set("footprint", handle->application->footprint());
  return result;
}

void check_count(const std::string& what, std::size_t wanted, std::size_t given) {
  if (wanted != given) throw Failure{"LNE_INPUT", what + " takes " + std::to_string(wanted) + " values, and " + std::to_string(given) + " were given"};
}

Napi::Value run_application(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const std::vector<Napi::Float32Array> inputs = float_arrays_of(info[1], "inputs");
  const std::vector<ApplicationPort>& ports = handle->application->inputs();
  if (inputs.size() != ports.size()) throw Failure{"LNE_INPUT", "the application has " + std::to_string(ports.size()) + " inputs, and " + std::to_string(inputs.size()) + " were given"};
  const std::unique_lock<std::mutex> lock = lock_of(*handle);
  std::vector<const float*> sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_count("input " + ports[i].name, elements(ports[i].shape), inputs[i].ElementLength());
    sources.push_back(inputs[i].Data());
  }
  Napi::Array outputs = Napi::Array::New(info.Env(), handle->application->outputs().size());
  std::vector<float*> targets;
  for (std::uint32_t i = 0; i < outputs.Length(); ++i) {
    Napi::Float32Array output = Napi::Float32Array::New(info.Env(), elements(handle->application->outputs()[i].shape));
    outputs.Set(i, output);
    targets.push_back(output.Data());
  }
  handle->application->run(sources.data(), targets.data());
  return outputs;
}

std::size_t value_elements(const Json& description, const Json& value) {
  std::vector<std::int64_t> shape;
  for (const Json& extent : *(*description["values"].array())[static_cast<std::size_t>(*value.number())]["shape"].array()) shape.push_back(static_cast<std::int64_t>(*extent.number()));
  return elements(shape);
}

Napi::Value run_module(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const Json::Array& modules = *handle->description["modules"].array();
  const std::size_t index = static_cast<std::size_t>(whole_argument(info, 1, "module", 0, static_cast<double>(modules.size()) - 1));
  const Json& module = modules[index];
  const Json::Array &ins = *module["in"].array(), &outs = *module["out"].array();
  if (ins.empty() || !module["model"].string()->empty()) throw Failure{"LNE_ARGUMENT", "module '" + *module["id"].string() + "' is a source or a network, which is not run alone"};
  const std::vector<Napi::Float32Array> inputs = float_arrays_of(info[2], "sources");
  if (inputs.size() != ins.size()) throw Failure{"LNE_INPUT", "module '" + *module["id"].string() + "' takes " + std::to_string(ins.size()) + " sources, and " + std::to_string(inputs.size()) + " were given"};
  const std::unique_lock<std::mutex> lock = lock_of(*handle);
  std::vector<const float*> sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    check_count("module '" + *module["id"].string() + "'", value_elements(handle->description, ins[i]), inputs[i].ElementLength());
    sources.push_back(inputs[i].Data());
  }
  Napi::Float32Array result = Napi::Float32Array::New(info.Env(), value_elements(handle->description, outs[0]));
  handle->application->run_module(index, sources.data(), result.Data());
  return result;
}

Napi::Value reset_application(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  const std::unique_lock<std::mutex> lock = lock_of(*handle);
  handle->application->reset();
  return info.Env().Undefined();
}

Napi::Value generate_application(const Napi::CallbackInfo& info) {
  const HandlePointer handle = handle_argument(info);
  GenerateOptions options;
  options.name = text_argument(info, 1, "name");
  for (const Napi::Float32Array& golden : float_arrays_of(info[2], "goldenInputs")) options.golden_inputs.emplace_back(golden.Data(), golden.Data() + golden.ElementLength());
  auto files = std::make_shared<std::map<std::string, std::string>>();
  const auto work = [=] {
    const std::lock_guard<std::mutex> lock(handle->mutex);
    std::vector<Problem> problems;
    *files = handle->application->generate(options, problems);
    if (!problems.empty() || files->empty()) throw failure_of(problems);
  };
  return run_async(info.Env(), work, [=](Napi::Env env) { return files_to_js(env, *files); });
}

}  // namespace

void export_application(Napi::Env env, Napi::Object exports) {
  exports.Set("applicationFiles", Napi::Function::New<guarded<application_files_of>>(env));
  exports.Set("compileApplication", Napi::Function::New<guarded<compile_application>>(env));
  exports.Set("describeApplication", Napi::Function::New<guarded<describe_application>>(env));
  exports.Set("runApplication", Napi::Function::New<guarded<run_application>>(env));
  exports.Set("runModule", Napi::Function::New<guarded<run_module>>(env));
  exports.Set("resetApplication", Napi::Function::New<guarded<reset_application>>(env));
  exports.Set("generateApplication", Napi::Function::New<guarded<generate_application>>(env));
}

}  // namespace lne::node
