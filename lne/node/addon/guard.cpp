#include "guard.hpp"

#include <cmath>
#include <cstring>

namespace lne::node {
namespace {

class Task : public Napi::AsyncWorker {
 public:
  Task(Napi::Env env, std::function<void()> work, std::function<Napi::Value(Napi::Env)> result)
      : Napi::AsyncWorker(env, "lne"), deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)), result_(std::move(result)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override { has_failed_ = caught(work_, failure_); }

  void OnOK() override {
    const Napi::HandleScope scope(Env());
    Napi::Value value;
    if (!has_failed_) {
      try {
        value = result_(Env());
      } catch (const Napi::Error& error) {
        deferred_.Reject(error.Value());
        return;
      } catch (const std::exception& exception) {
        has_failed_ = true;
        failure_ = {"LNE_INTERNAL", exception.what()};
      }
    }
    if (has_failed_) deferred_.Reject(error_of(Env(), failure_).Value());
    else deferred_.Resolve(value);
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::function<void()> work_;
  std::function<Napi::Value(Napi::Env)> result_;
  bool has_failed_ = false;
  Failure failure_;
};

Failure wrong_type(const std::string& name, const char* wanted) { return {"LNE_ARGUMENT", name + " must be " + wanted}; }

std::string text_of(double number) {
  std::string text = std::to_string(number);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

}  // namespace

Napi::Error error_of(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.message);
  error.Set("code", Napi::String::New(env, failure.code));
  if (!failure.problems.empty()) error.Set("problems", Napi::String::New(env, failure.problems));
  return error;
}

Napi::Value run_async(Napi::Env env, std::function<void()> work, std::function<Napi::Value(Napi::Env)> result) {
  // Napi deletes a task when it is done.
  Task* task = new Task(env, std::move(work), std::move(result));
  const Napi::Promise promise = task->promise();
  task->Queue();
  return promise;
}

std::string_view bytes_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name) {
  const Napi::Value value = info[at];
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) throw wrong_type(name, "a Uint8Array or a Buffer");
  const Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(array.Data()), array.ElementLength()};
}

std::string text_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name) {
  if (!info[at].IsString()) throw wrong_type(name, "a string");
  return info[at].As<Napi::String>().Utf8Value();
}

double number_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name, double low, double high) {
  const double value = info[at].IsNumber() ? info[at].As<Napi::Number>().DoubleValue() : std::nan("");
  if (!(value >= low && value <= high)) throw Failure{"LNE_ARGUMENT", std::string(name) + " must be a number from " + text_of(low) + " to " + text_of(high)};
  return value;
}

std::int64_t whole_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name, double low, double high) {
  const double value = number_argument(info, at, name, low, high);
  if (std::floor(value) != value) throw wrong_type(name, "a whole number");
  return static_cast<std::int64_t>(value);
}

Napi::Object object_argument(const Napi::CallbackInfo& info, std::size_t at, const char* name) {
  if (!info[at].IsObject()) throw wrong_type(name, "an object");
  return info[at].As<Napi::Object>();
}

std::vector<std::string> texts_of(const Napi::Value& value, const std::string& name) {
  std::vector<std::string> texts;
  if (value.IsNull()) return texts;
  if (!value.IsArray()) throw wrong_type(name, "an array of strings, or null");
  const Napi::Array list = value.As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value text = list.Get(i);
    if (!text.IsString()) throw wrong_type(name + "[" + std::to_string(i) + "]", "a string");
    texts.push_back(text.As<Napi::String>().Utf8Value());
  }
  return texts;
}

Napi::Float32Array floats_of(const Napi::Value& value, const std::string& name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float32_array) throw wrong_type(name, "a Float32Array");
  const Napi::Float32Array array = value.As<Napi::Float32Array>();
  const float* values = array.Data();
  for (std::size_t i = 0; i < array.ElementLength(); ++i) {
    if (!std::isfinite(values[i])) throw Failure{"LNE_NOT_FINITE", name + ": value " + std::to_string(i) + " is not a finite number"};
  }
  return array;
}

std::vector<Napi::Float32Array> float_arrays_of(const Napi::Value& value, const std::string& name) {
  if (!value.IsArray()) throw wrong_type(name, "an array of Float32Array");
  const Napi::Array list = value.As<Napi::Array>();
  std::vector<Napi::Float32Array> arrays;
  for (std::uint32_t i = 0; i < list.Length(); ++i) arrays.push_back(floats_of(list.Get(i), name + "[" + std::to_string(i) + "]"));
  return arrays;
}

Napi::Float32Array to_js(Napi::Env env, const float* values, std::size_t count) {
  Napi::Float32Array array = Napi::Float32Array::New(env, count);
  if (count > 0) std::memcpy(array.Data(), values, count * sizeof(float));
  return array;
}

}  // namespace lne::node
