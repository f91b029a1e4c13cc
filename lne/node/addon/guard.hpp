// The border between JavaScript and C++: whatever is thrown on this side arrives there as an Error with a code, on either thread.
#pragma once

#include <napi.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lne::node {

/// What goes wrong with an input; becomes an Error with `code`.
struct Failure {
  std::string code;
  std::string message;
  /// further problems of the same input, as JSON, or empty
  std::string problems = {};
};

Napi::Error error_of(Napi::Env env, const Failure& failure);

/// Runs `action` and turns every C++ exception into a Failure.
template <typename Action>
bool caught(const Action& action, Failure& failure) {
  try {
    action();
    return false;
  } catch (const Failure& thrown) {
    failure = thrown;
  } catch (const std::bad_alloc&) {
    failure = {"LNE_MEMORY", "there is not enough memory for this call"};
  } catch (const std::exception& thrown) {
    failure = {"LNE_INTERNAL", thrown.what()};
  }
  return true;
}

/// A JavaScript function whose C++ exceptions are caught: one that left the addon would end the process.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Napi::Error&) {
    throw;
  } catch (const Failure& failure) {
    throw error_of(info.Env(), failure);
  } catch (const std::bad_alloc&) {
    throw error_of(info.Env(), {"LNE_MEMORY", "there is not enough memory for this call"});
  } catch (const std::exception& exception) {
    throw error_of(info.Env(), {"LNE_INTERNAL", exception.what()});
  }
}

/// Runs `work` on a thread of Node's pool, then `result` on the main thread. `work` must not touch JavaScript values: it gets copies.
/// @returns a promise of what `result` gives
Napi::Value run_async(Napi::Env env, std::function<void()> work, std::function<Napi::Value(Napi::Env)> result);

/// Arguments by position, checked; `name` is what messages call them.
std::string_view bytes_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name);
std::string text_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name);
double number_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name, double low, double high);
/// Whole numbers only.
std::int64_t whole_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name, double low, double high);
Napi::Object object_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name);

/// The strings of an array; none for null.
std::vector<std::string> texts_of(const Napi::Value& value, const std::string& name);
/// A Float32Array whose values are all finite.
Napi::Float32Array floats_of(const Napi::Value& value, const std::string& name);
/// Float32Arrays in an array.
std::vector<Napi::Float32Array> float_arrays_of(const Napi::Value& value, const std::string& name);

Napi::Float32Array to_js(Napi::Env env, const float* values, std::size_t count);

}  // namespace lne::node
