"""Plugins over libraries: off unless they are turned on, alone in what they link, and right when they are."""

import json
import subprocess

import numpy as np
import pytest
from conftest import LNE, reference, relative_error
from models import keyword_net, residual_net
from programs import build, generate, run

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
LINKS = {"onednn": ("oneDNN", "libdnnl."), "openblas": ("OpenBLAS", "libopenblas."), "xnnpack": ("XNNPACK", "libXNNPACK.")}


def linked(path) -> list[str]:
    """The shared objects that a file asks for."""
    listed = subprocess.run(["readelf", "-d", path], capture_output=True, text=True, check=True).stdout
    return [line.split("[")[1].rstrip("]") for line in listed.splitlines() if "(NEEDED)" in line]


def foreign(path) -> list[str]:
    return [name for name in linked(path) if any(name.startswith(start) for _, start in LINKS.values())]


@pytest.fixture(params=sorted(LINKS))
def plugin(request, libraries) -> str:
    if request.param not in [library["plugin"] for library in libraries]:
        pytest.skip(f"{LINKS[request.param][0]} was missing when the engine was built")
    return request.param


def test_every_plugin_over_a_library_is_tested(lne):
    listed = json.loads(subprocess.run([lne, "operators"], capture_output=True, text=True, check=True).stdout)
    assert [library["plugin"] for library in listed["libraries"]] == sorted(LINKS)


def test_nothing_links_a_library_by_itself(bench, lne):
    assert foreign(lne) == []
    assert foreign(LNE / "node" / "build" / "lne.node") == []
    folder = generate(bench, keyword_net("kws9")[0], "app")
    assert not (folder / "libraries").exists() and "lne::" not in (folder / "CMakeLists.txt").read_text()
    program = build(folder)
    assert foreign(program) == []
    assert json.loads(run(program, "--info").stdout)["links"] == []


def test_a_program_links_what_it_lists(bench, plugin):
    name, start = LINKS[plugin]
    model, sample = residual_net()
    told = bench.call("generate", bench.save(model), "-o", bench.folder / "app", "--plugins", "+" + plugin, "--plan", bench.plan(json.dumps({"layers": forced(bench, model, plugin)})))
    assert told.returncode == 0 and f"links {name}" in told.stderr, told.stderr
    program = build(bench.folder / "app")
    assert [each.startswith(start) for each in foreign(program)] == [True]
    info = json.loads(run(program, "--info").stdout)
    assert info["links"] == [name] and plugin in info["plugins"]
    assert [path.name for path in (bench.folder / "app" / "libraries").iterdir()] == [plugin + ".cmake"]
    np.save(bench.folder / "input.npy", sample)
    done = run(program, "run", bench.folder / "input.npy", bench.folder / "built.npy", "--runs", 3)
    assert done.returncode == 0, done.stderr
    built = np.load(bench.folder / "built.npy")
    assert relative_error(built, reference(model, sample)) <= 2e-5
    assert relative_error(built, bench.run(model, sample, "--plan", bench.folder / "plan.json")) <= 1e-6
    assert run(program, "--self-test").returncode == 0
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, "--plan", bench.folder / "plan.json").stdout)
    assert report["links"] == [name]


def forced(bench, model, plugin: str) -> list[dict]:
    """For each layer that the plugin computes, its primitives in turn, so that all of them are in the program."""
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, "--plugins", "+" + plugin).stdout)
    layers = []
    for layer in report["layers"]:
        names = [candidate["primitive"] for candidate in layer["candidates"] if candidate["primitive"].startswith(plugin + ".") and not candidate["refusal"]]
        if names:
            layers.append({"layer": layer["layer"], "primitive": names[len(layers) % len(names)]})
    assert len(layers) > 5
    return layers


def test_threads_have_operators_of_their_own(bench, plugin):
    """Instances on several threads of one program give the same results."""
    model, sample = keyword_net("kws9")
    folder = generate(bench, model, "threads", "--plugins", plugin)
    (folder / "threads.cpp").write_text(THREADS)
    with (folder / "CMakeLists.txt").open("a") as lists:
        lists.write("\nfind_package(Threads REQUIRED)\nadd_executable(threads threads.cpp)\ntarget_link_libraries(threads PRIVATE libapp Threads::Threads)\n")
    program = build(folder)
    sample.astype(np.float32).tofile(bench.folder / "input.raw")
    done = subprocess.run([program.with_name("threads"), bench.folder / "input.raw", str(sample.size)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_exploration_weighs_a_library_against_the_own_kernels(bench, plugin):
    bench.environment = {"PATH": "/usr/bin:/bin", "SEDGE_HOME": str(bench.folder / "home")}
    model, _ = keyword_net("ds-kws9")
    done = bench.call("explore", bench.save(model), "--plugins", "+" + plugin, "--rounds", 1, "--budget", 5, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    tried = {option["primitive"].split(".")[0] for layer in report["layers"] for option in layer["options"]}
    assert {plugin, "vector"} <= tried
    assert any(f"only {plugin}" in program["plans"] for program in report["programs"])
    # What was explored with a library is not what others get who ask for none.
    assert not list((bench.folder / "home" / "lne" / "plans").glob("*"))
