"""Plugins over libraries: off unless they are turned on, alone in what they link, and right when they are."""

import json
import subprocess

import numpy as np
import pytest
from conftest import LNE, reference, relative_error
from models import ModelBuilder, keyword_net
from programs import build, generate, run

ADDON = LNE / "node" / "build" / "lne.node"

# Runs an instance per thread at the same time, three times over, and compares every result with that of the main thread.
THREADS = """
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#include "app.h"

static std::vector<float> answer(const std::vector<float>& input) {
  std::vector<float> output(app_output_elements(0));
  app_instance* instance = app_create();
  const float* in = input.data();
  float* out = output.data();
  for (int i = 0; i < 20; ++i) app_run(instance, &in, &out);
  app_destroy(instance);
  return output;
}

int main(int, char** words) {
  std::vector<float> input(std::strtoul(words[2], nullptr, 10));
  std::FILE* file = std::fopen(words[1], "rb");
  if (std::fread(input.data(), sizeof(float), input.size(), file) != input.size()) return 2;
  const std::vector<float> wanted = answer(input);
  int wrong = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::vector<float>> results(3);
    std::vector<std::thread> threads;
    for (auto& result : results) threads.emplace_back([&] { result = answer(input); });
    for (auto& thread : threads) thread.join();
    for (const auto& result : results) wrong += result == wanted ? 0 : 1;
  }
  return std::printf("%d wrong\\n", wrong), wrong > 0;
}
"""
PLUGINS = sorted(path.parent.name for path in (LNE / "plugins").glob("*/plugin.cmake"))
# What any C++ program links, and what the sanitizers add to a build with them.
USUAL = ("libc.", "libm.", "libstdc++.", "libgcc_s.", "ld-linux", "libasan.", "libubsan.")


def linked(path) -> list[str]:
    """The shared objects that a file asks for."""
    listed = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return [line.split("[")[1].rstrip("]") for line in listed.splitlines() if "(NEEDED)" in line]


def foreign(path) -> list[str]:
    return sorted(name for name in linked(path) if not name.startswith(USUAL))


@pytest.fixture(params=PLUGINS)
def library(request, libraries) -> dict:
    for each in libraries:
        if each["plugin"] == request.param:
            return each
    pytest.skip(f"the library of {request.param} was missing when the engine was built; docs/install.md names the packages")


def test_every_plugin_over_a_library_is_known(lne):
    listed = json.loads(subprocess.run([lne, "operators"], capture_output=True, text=True, check=True).stdout)
    assert [library["plugin"] for library in listed["libraries"]] == PLUGINS


def test_nothing_links_a_library_by_itself(bench, lne):
    assert foreign(lne) == []
    assert foreign(ADDON) == []
    folder = generate(bench, keyword_net("kws9")[0], "app")
    assert not (folder / "libraries").exists() and "lne::" not in (folder / "CMakeLists.txt").read_text()
    program = build(folder)
    assert foreign(program) == []
    assert json.loads(run(program, "--info").stdout)["links"] == []


def small_net():
    """A layer of each kind that libraries compute: a first convolution, one filter per channel, 1 x 1 with an addend, one that widens, one in groups of
    channels that fill vectors, fully connected."""
    builder = ModelBuilder((1, 3, 14, 12), 3)
    x = builder.add("Relu", [builder.conv("input", 3, 13, (3, 3), bias=True)])
    y = builder.add("Clip", [builder.conv(x, 13, 13, (3, 3), group=13, bias=True), builder.constant(np.float32(0)), builder.constant(np.float32(6))])
    x = builder.add("Relu", [builder.add("Add", [builder.conv(y, 13, 13, (1, 1), bias=True), x])])
    x = builder.conv(builder.add("Relu", [builder.conv(x, 13, 16, (3, 3), bias=True)]), 16, 32, (3, 3), group=2, bias=True)
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    return builder.model([builder.add("Gemm", [x, builder.normal(10, 32), builder.normal(10)], transB=1)]), builder.sample()


def choices(bench, model, plugin: str) -> list[dict]:
    """For each layer that the plugin computes, its primitives in turn, so that all of them are in the program."""
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, "--plugins", "+" + plugin).stdout)
    layers = []
    for layer in report["layers"]:
        names = [candidate["primitive"] for candidate in layer["candidates"] if candidate["primitive"].startswith(plugin + ".") and not candidate["refusal"]]
        if names:
            layers.append({"layer": layer["layer"], "primitive": names[len(layers) % len(names)]})
    assert len(layers) == 6
    return layers


def test_a_program_links_what_it_lists(bench, lne, library):
    name, plugin = library["library"], library["plugin"]
    model, sample = small_net()
    plan = bench.plan(json.dumps({"layers": choices(bench, model, plugin)}))
    told = bench.call("generate", bench.save(model), "-o", bench.folder / "app", "--plan", plan)
    assert told.returncode == 0 and f"links {name}" in told.stderr, told.stderr
    assert [path.name for path in (bench.folder / "app" / "libraries").iterdir()] == [plugin + ".cmake"]
    (bench.folder / "app" / "threads.cpp").write_text(THREADS)
    with (bench.folder / "app" / "CMakeLists.txt").open("a") as lists:
        lists.write("\nfind_package(Threads REQUIRED)\nadd_executable(threads threads.cpp)\ntarget_link_libraries(threads PRIVATE libapp Threads::Threads)\n")
    program = build(bench.folder / "app")
    assert foreign(program) == foreign(lne.resolve().parent / "plugins" / f"{plugin}.so") != []
    info = json.loads(run(program, "--info").stdout)
    assert info["links"] == [name] and plugin in info["plugins"]
    report = json.loads(bench.call("report", bench.folder / "model.onnx", "--runs", 0, "--plan", plan).stdout)
    assert report["links"] == [name]

    interpreted = bench.run(model, sample, "--plan", plan)
    assert run(program, "run", bench.folder / "input.npy", bench.folder / "built.npy", "--runs", 3).returncode == 0
    built = np.load(bench.folder / "built.npy")
    assert relative_error(built, reference(model, sample)) <= 2e-5
    assert relative_error(built, interpreted) <= 1e-6
    assert run(program, "--self-test").returncode == 0
    # Instances on several threads, whose operators are their own.
    sample.astype(np.float32).tofile(bench.folder / "input.raw")
    done = subprocess.run([program.with_name("threads"), bench.folder / "input.raw", str(sample.size)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program_says_which_library_is_missing(bench, library):
    plugin = library["plugin"]
    folder = generate(bench, small_net()[0], "app", "--plugins", "+" + plugin, "--plan", bench.plan(json.dumps({"layers": choices(bench, small_net()[0], plugin)})))
    # As on a machine that does not have it.
    done = subprocess.run(["cmake", "-S", folder, "-B", folder / "build", f"-DLNE_{plugin.upper()}_LIBRARY="], capture_output=True, text=True)
    assert done.returncode != 0 and f"calls {library['library']}, which is not here" in " ".join(done.stderr.split()), done.stderr
