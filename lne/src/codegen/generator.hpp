// Writes a program as a tree of C++17 sources that needs nothing but a compiler, CMake and the standard library.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "../../include/lne/lne.hpp"
#include "../application/chain.hpp"

namespace lne {

/// @param model_fnv64 64-bit FNV-1a of the model file, by which the program knows its model
/// @returns path -> bytes; equal arguments give equal bytes
Result<std::map<std::string, std::string>> generate_program(std::shared_ptr<const Program> program, const GenerateOptions& options, std::uint64_t model_fnv64);

/// The same of an application. @param declaration the text of its file, which goes along
Result<std::map<std::string, std::string>> generate_application(std::shared_ptr<const ModuleChain> chain, const GenerateOptions& options, const std::string& declaration);

/// Sizes in bytes: arena, its lower bound, weights; and what networks and modules would take if nothing shared memory.
Json footprint_of(const ModuleChain& chain);

}  // namespace lne
