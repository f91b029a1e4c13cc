"""The plugin in the manual is dropped in as a folder: it appears among the candidates, computes the right thing, and goes into programs."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import LNE, Workbench, reference, relative_error
from models import ModelBuilder

MANUAL = LNE.parent / "docs" / "how-to" / "add-an-lne-plugin.md"


@pytest.fixture(scope="module")
def command(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("dropped") / "lne"
    shutil.copytree(LNE, root, ignore=shutil.ignore_patterns("build*", "node", "reference"))
    blocks = re.findall(r"^```cpp lne/(\S+)\n(.*?)^```", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for path, text in blocks:
        (root / path).parent.mkdir(parents=True)
        (root / path).write_text(text)
    subprocess.run(["cmake", "-S", root, "-B", root / "build"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cmake", "--build", root / "build", "-j", "2", "--target", "lne"], check=True, stdout=subprocess.DEVNULL)
    return root / "build" / "lne"


def test_a_dropped_plugin_is_used(command, tmp_path):
    bench = Workbench(command, tmp_path)
    builder = ModelBuilder((1, 7, 9, 5))
    model, sample = builder.model([builder.conv("input", 7, 11, (1, 1), bias=True)]), builder.sample()
    layer = json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)["layers"]
    names = [candidate["primitive"] for entry in layer for candidate in entry["candidates"]]
    assert "tiny.conv_pointwise" in names
    plan = bench.plan('{"layers": [{"layer": "*", "primitive": "tiny.conv_pointwise"}]}')
    assert relative_error(bench.run(model, sample, "--plan", plan), reference(model, sample)) <= 1e-5
    done = bench.call("generate", bench.save(model), "-o", tmp_path / "app", "--plan", plan)
    assert done.returncode == 0, done.stderr
    assert "pointwise" in (tmp_path / "app" / "src" / "kernels_0.cpp").read_text()
