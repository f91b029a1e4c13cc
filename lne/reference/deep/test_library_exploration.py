"""An exploration with plugins over libraries times them beside the engine's own kernels, and keeps what it found to itself."""

import json
import os

import pytest
from models import ModelBuilder


def test_an_exploration_weighs_libraries_against_own_kernels(bench, libraries):
    bench.environment = {**os.environ, "SEDGE_HOME": str(bench.folder / "home")}
    builder = ModelBuilder((1, 8, 6, 5), 3)
    model, _ = builder.model([builder.conv("input", 8, 8, (1, 1), bias=True)]), builder.sample()
    names = [library["plugin"] for library in libraries]
    if not names:
        pytest.skip("no library was there when the engine was built; get them: apt-get install libopenblas-dev libdnnl-dev libxnnpack-dev libpthreadpool-dev")
    done = bench.call("explore", bench.save(model), "--plugins", ",".join("+" + name for name in names), "--rounds", 1, "--variants", 1, "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    tried = {option["primitive"].split(".")[0] for layer in report["layers"] for option in layer["options"]}
    assert {*names, "vector"} <= tried
    timed = {plan for program in report["programs"] for plan in program["plans"]}
    assert {f"only {name}" for name in names} <= timed
    # What was explored with a library is not what others get who ask for none.
    assert not list((bench.folder / "home" / "lne" / "plans").glob("*"))
