"""Explorations: what is measured is kept, the learned plan is near the optimum, the plan that is used is the fastest of those that were timed."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest
from conftest import Workbench, reference, relative_error
from models import ModelBuilder, keyword_net


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def bench(lne, tmp_path, home, monkeypatch):
    monkeypatch.setenv("SEDGE_HOME", str(home))
    return Workbench(lne, tmp_path)


def explore(bench, path, *options):
    done = bench.call("explore", path, "-o", bench.folder / "plan.json", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def names(program):
    return program["plans"]


def test_killed_it_goes_on_where_it_was_and_the_fastest_plan_is_used(bench, home, monkeypatch):
    model, sample = keyword_net("kws9", seed=11)
    path = bench.save(model)
    child = subprocess.Popen([bench.command, "explore", path, "-o", bench.folder / "plan.json", "--rounds", "0"], stderr=subprocess.PIPE, text=True, start_new_session=True)
    for line in child.stderr:
        if "measuring" in line:
            break
    time.sleep(0.05)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    child.stderr.close()

    # Room for no program but the one that is used.
    monkeypatch.setenv("SEDGE_LNE_PROGRAMS_MB", "0")
    found = explore(bench, path, "--rounds", "3")
    kept = lambda: [program.stat().st_ino for program in (home / "lne" / "programs").glob("*/app")]
    left = kept()
    assert len(left) == 1
    assert found["measured"]["known"] > 0
    assert found["optimum"]["isExact"]
    assert 0 <= found["learned"]["aboveOptimum"] <= 0.02
    timed = found["programs"]
    used = [program for program in timed if program["isUsed"]]
    assert len(used) == 1
    # All programs ran in every round, so the used one is not slower than any plan of a single plugin.
    singles = [program for program in timed if any(name.startswith("only ") for name in names(program))]
    assert {name for program in singles for name in names(program) if name.startswith("only ")} >= {"only core", "only vector", "only winograd"}
    assert used[0]["measuredUs"] <= min(program["measuredUs"] for program in singles)

    np.save(bench.folder / "input.npy", sample)
    done = bench.call("run", path, bench.folder / "input.npy", bench.folder / "output.npy", "--runs", "3")
    assert done.returncode == 0 and "explored" in done.stderr
    assert kept() == left
    assert len(json.loads(done.stdout)["cpu_ms"]) == 3
    assert relative_error(np.load(bench.folder / "output.npy"), reference(model, sample)) <= 1e-4

    again = explore(bench, path, "--rounds", "0")
    assert again["measured"]["measured"] == 0
    assert again["measured"]["passes"] == 0


def test_learning_gets_better_with_every_seed(bench):
    path = bench.save(keyword_net("kws9", seed=11)[0])
    for seed in range(1, 6):
        learned = explore(bench, path, "--rounds", "0", "--seed", str(seed))["learned"]
        assert learned["meanOfLast50"] < learned["meanOfFirst"]
        assert learned["aboveOptimum"] <= 0.02


def test_memory_is_an_objective(bench):
    path = bench.save(keyword_net("kws9", seed=11)[0])
    explore(bench, path, "--rounds", "0", "--objective", "memory")
    small = json.loads(bench.call("import", path, "--plan", bench.folder / "plan.json").stdout)
    explore(bench, path, "--rounds", "0")
    fast = json.loads(bench.call("import", path, "--plan", bench.folder / "plan.json").stdout)
    assert small["weightsBytes"] + small["instanceBytes"] <= fast["weightsBytes"] + fast["instanceBytes"]


def test_what_is_forbidden_is_not_used(bench):
    path = bench.save(keyword_net("kws9", seed=11)[0])
    plan = bench.folder / "wish.json"
    plan.write_text('{"layers": [{"layer": "*", "forbidden": ["winograd"]}]}')
    explore(bench, path, "--rounds", "0", "--plan", plan)
    chosen = json.loads((bench.folder / "plan.json").read_text())["layers"]
    assert chosen and not any(layer["primitive"].startswith("winograd.") for layer in chosen)


def chain_net():
    """A depthwise layer with a 1 x 1 convolution behind it, which one primitive computes with it; twice, in other sizes."""
    builder = ModelBuilder((1, 16, 24, 20), 3)
    x = builder.conv("input", 16, 16, (3, 3), group=16, bias=True)
    x = builder.add("Relu", [builder.conv(x, 16, 24, (1, 1), bias=True)])
    x = builder.conv(x, 24, 24, (3, 3), (2, 2), group=24, bias=True)
    x = builder.conv(x, 24, 12, (1, 1), bias=True)
    return builder.model([builder.add("GlobalAveragePool", [x])]), builder.sample()


def test_a_plan_with_layers_in_one_goes_in_again(bench):
    model, sample = chain_net()
    path, wish = bench.save(model), bench.folder / "wish.json"
    wish.write_text('{"layers": [{"layer": "conv_0", "primitive": "vector.conv_separable"}]}')
    explore(bench, path, "--rounds", "0", "--plan", wish)
    first = (bench.folder / "plan.json").read_text()
    assert json.loads(first)["layers"][0]["primitive"] == "vector.conv_separable"
    wish.write_text(first)
    explore(bench, path, "--rounds", "0", "--plan", wish)
    assert json.loads((bench.folder / "plan.json").read_text())["layers"] == json.loads(first)["layers"]
    assert relative_error(bench.run(model, sample, "--plan", wish), reference(model, sample)) <= 2e-5


def test_what_all_layers_are_to_use_is_taken_where_it_can_be(bench):
    path, wish = bench.save(chain_net()[0]), bench.folder / "wish.json"
    wish.write_text('{"layers": [{"layer": "*", "primitive": "core.conv"}]}')
    explore(bench, path, "--rounds", "0", "--plan", wish)
    chosen = {layer["primitive"] for layer in json.loads((bench.folder / "plan.json").read_text())["layers"]}
    assert "core.conv" in chosen and not any("conv" in name for name in chosen - {"core.conv"})


def test_values_of_one_name_are_measured_apart(bench):
    """Exporters may give several nodes one name, and so their values, in whatever sizes."""
    builder = ModelBuilder((1, 8, 900), 3)
    x = builder.add("Conv", ["input", builder.normal(16, 8, 3, scale=0.2)], pads=[1, 1])
    x = builder.add("Conv", [builder.add("MaxPool", [x], kernel_shape=[8], strides=[8]), builder.normal(24, 16, 3, scale=0.2)], pads=[1, 1])
    model, sample = builder.model([x]), builder.sample()
    wanted = reference(model, sample)
    for node in model.graph.node:
        if node.op_type == "Conv":
            node.name = "conv"
    explore(bench, bench.save(model), "--rounds", "0")
    assert relative_error(bench.run(model, sample, "--plan", bench.folder / "plan.json"), wanted) <= 1e-4


def test_explorations_at_the_same_time_share_what_they_compile(bench, tmp_path, monkeypatch):
    """Two of the same network, with nothing known, so that they compile and link the same at once."""
    monkeypatch.setenv("SEDGE_HOME", str(tmp_path / "fresh"))
    path = bench.save(chain_net()[0])
    children = [subprocess.Popen([bench.command, "explore", path, "-o", tmp_path / f"{i}.json", "--rounds", "1"], stderr=subprocess.PIPE, text=True) for i in range(3)]
    for child in children:
        _, told = child.communicate()
        assert child.returncode == 0, told
    left = [file for folder in ("objects", "libraries", "runs") for file in (tmp_path / "fresh" / "lne" / folder).iterdir()]
    assert left and all(file.suffix in (".o", ".so") for file in left)


def test_compile_keeps_to_bounds_although_a_plan_without_them_is_known(bench):
    model, _ = keyword_net("kws9", seed=11)
    path = bench.save(model)
    explore(bench, path, "--rounds", "1")
    done = bench.call("compile", path, "-o", bench.folder / "free")
    assert done.returncode == 0 and "plan that was explored" in done.stderr
    done = bench.call("compile", path, "-o", bench.folder / "bound", "--max-error", "1e-9", "--rounds", "1")
    assert done.returncode == 0 and "plan that was explored" not in done.stderr
    assert "winograd." not in (bench.folder / "bound" / "plan.json").read_text()


def test_a_weight_budget_is_of_the_weights_that_are_left(bench):
    """Normalizations go into convolutions, whose weights as they were count no more."""
    builder = ModelBuilder((1, 16, 24, 24), 3)
    x = "input"
    for _ in range(4):
        x = builder.add("Relu", [builder.batch_norm(builder.conv(x, 16, 16, (3, 3)), 16)])
    path = bench.save(builder.model([builder.add("GlobalAveragePool", [x])]))
    explore(bench, path, "--rounds", "1", "--weight-budget", "1.3")
    planned = json.loads(bench.call("import", path, "--plan", bench.folder / "plan.json").stdout)
    assert planned["weightsBytes"] <= 1.3 * 4 * 4 * (16 * 16 * 9 + 16)


def test_wrong_words_are_refused(bench):
    path = bench.save(keyword_net("kws9", seed=11)[0])
    refused = bench.call("explore", path, "--objective", "beauty")
    assert refused.returncode == 2 and "beauty" in refused.stderr
    assert bench.call("explore", bench.folder / "none.onnx").returncode == 1
    assert bench.call("explore", "--help").returncode == 0


def test_a_wrong_setting_is_named(bench, monkeypatch):
    monkeypatch.setenv("SEDGE_LNE_PROGRAMS_MB", "plenty")
    model, sample = keyword_net("kws9", seed=11)
    np.save(bench.folder / "input.npy", sample)
    done = bench.call("run", bench.save(model), bench.folder / "input.npy", bench.folder / "output.npy")
    assert done.returncode == 1 and "SEDGE_LNE_PROGRAMS_MB is 'plenty'" in done.stderr
