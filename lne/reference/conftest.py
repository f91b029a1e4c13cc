"""Builds the lne command once, and gives the tests short ways to run it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

LNE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def lne() -> Path:
    """The command, built from the sources as they are; or another build of it, which LNE_COMMAND names (with sanitizers, say)."""
    if command := os.environ.get("LNE_COMMAND"):
        return Path(command)
    subprocess.run(["node", LNE / "node" / "build.mjs"], check=True, stdout=subprocess.DEVNULL)
    return LNE / "build" / "lne"


@pytest.fixture(scope="session")
def libraries(lne) -> list[dict]:
    """The plugins over libraries that this build has: plugin, library, package."""
    listed = json.loads(subprocess.run([lne, "operators"], capture_output=True, text=True, check=True).stdout)
    return [library for library in listed["libraries"] if library["isBuilt"]]


class Workbench:
    """A folder in which models are run by LNE and by ONNX Runtime."""

    def __init__(self, command: Path, folder: Path) -> None:
        self.command = command
        self.folder = folder
        self.environment: dict[str, str] | None = None

    def call(self, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(self.command), *map(str, words)], capture_output=True, text=True, timeout=300, env=self.environment)

    def save(self, model: onnx.ModelProto, name: str = "model.onnx") -> Path:
        path = self.folder / name
        path.write_bytes(model.SerializeToString())
        return path

    def run(self, model: onnx.ModelProto, sample: np.ndarray, *options: object) -> np.ndarray:
        path = self.save(model)
        np.save(self.folder / "input.npy", sample)
        done = self.call("run", path, self.folder / "input.npy", self.folder / "output.npy", "--backend", "interpreter", *options)
        assert done.returncode == 0, done.stderr
        return np.load(self.folder / "output.npy")

    def plan(self, text: str) -> Path:
        path = self.folder / "plan.json"
        path.write_text(text)
        return path


@pytest.fixture
def bench(lne: Path, tmp_path: Path) -> Workbench:
    return Workbench(lne, tmp_path)


@pytest.fixture
def chain(bench):
    from chains import Chain  # librosa takes seconds to load, which other tests need not wait for

    return Chain(bench)


def reference(model: onnx.ModelProto, sample: np.ndarray) -> np.ndarray:
    """What ONNX Runtime computes on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"input": sample})[0]


def relative_error(got: np.ndarray, wanted: np.ndarray) -> float:
    """max|a-b| / max|b|"""
    assert got.shape == wanted.shape
    return float(np.abs(got.astype(np.float64) - wanted).max() / max(np.abs(wanted).max(), 1e-30))
