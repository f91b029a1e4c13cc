"""Explorations: what is measured is kept, the learned plan is near the optimum, the plan that is used is the fastest of those that were timed."""

import json
import os
import signal
import subprocess
import time

import numpy as np
import pytest
from conftest import Workbench, reference, relative_error
from models import keyword_net


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
