#include "transfer.hpp"

#include <cstring>

#include "src/base/json.hpp"

namespace lne::node {

Failure failure_of(const std::vector<Problem>& problems) {
  if (problems.empty()) return {"LNE_INTERNAL", "it failed without a reason"};
  Json::Array list;
  for (const Problem& problem : problems) list.push_back(Json(Json::Object{{"code", Json(problem.code)}, {"message", Json(problem.message)}}));
  return {problems[0].code, problems[0].message, Json(std::move(list)).text()};
}

Napi::Value files_to_js(Napi::Env env, const std::map<std::string, std::string>& files) {
  Napi::Array list = Napi::Array::New(env, files.size());
  std::uint32_t at = 0;
  for (const auto& [path, bytes] : files) {
    Napi::Array entry = Napi::Array::New(env, 2);
    Napi::Uint8Array content = Napi::Uint8Array::New(env, bytes.size());
    if (!bytes.empty()) std::memcpy(content.Data(), bytes.data(), bytes.size());
    entry.Set(0u, path);
    entry.Set(1u, content);
    list.Set(at++, entry);
  }
  return list;
}

}  // namespace lne::node
