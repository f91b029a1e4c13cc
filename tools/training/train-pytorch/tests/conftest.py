"""Small features and datasets, made in the layout of their kinds, and a way to run the tool as Sedge does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import yaml

TOOL = Path(__file__).parent.parent
sys.path.insert(0, str(TOOL))

from train_pytorch.mfcc import Mfcc, parse_mfcc_settings  # noqa: E402

torch.set_num_threads(1)

SPLITS = ("train", "validation", "test")
PREPROCESSING = {
    "tool": "extract-mfcc",
    "version": "1",
    "parameters": {
        "sampleRateHz": 8000,
        "clipMs": 256,
        "frameMs": 64,
        "strideMs": 16,
        "bands": 20,
        "mels": 20,
        "padMode": "constant",
        "topDb": 80,
        "htk": False,
        "norm": "ortho",
    },
}
CLASSES = ["low", "high", "noise"]


def default_parameters() -> dict[str, Any]:
    """All parameters with the defaults of tool.yaml."""
    schema = yaml.safe_load((TOOL / "tool.yaml").read_text("utf-8"))["parameters"]["properties"]
    return {name: entry["default"] for name, entry in schema.items()}


def tones(clips: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Clips of 2048 samples at 8 kHz: low tones, high tones and noise. int16 [clip, sample], int64 [clip]"""
    rng = np.random.default_rng(seed)
    label = np.arange(clips, dtype=np.int64) % len(CLASSES)
    frequency = np.where(label == 0, rng.uniform(200, 500, clips), rng.uniform(1500, 3000, clips))
    wave = np.sin(2 * np.pi * frequency[:, None] / 8000 * np.arange(2048)) * rng.uniform(0.2, 0.6, (clips, 1))
    wave[label == 2] = 0
    return ((wave + rng.normal(0, 0.02, wave.shape)) * 32767).clip(-32768, 32767).astype(np.int16), label


def write_split(file: h5py.File, name: str, data: np.ndarray, label: np.ndarray) -> None:
    """One split as its kind has it."""
    group = file.create_group(name)
    group["data"], group["label"] = data, label
    group.create_dataset("id", data=[f"{name}/{index}" for index in range(len(label))], dtype=h5py.string_dtype())


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """A directory with `features` and `dataset`, which belong together."""
    mfcc = Mfcc(parse_mfcc_settings(PREPROCESSING), torch.device("cpu"))
    for kind in ("features", "dataset"):
        (tmp_path / kind).mkdir()
    with (
        h5py.File(tmp_path / "features/features.h5", "w") as features,
        h5py.File(tmp_path / "dataset/dataset.h5", "w") as dataset,
    ):
        for file in (features, dataset):
            file.attrs["classes"] = CLASSES
            file.attrs["sampleRateHz"] = 8000
        for seed, name in enumerate(SPLITS):
            clips, label = tones(48 if name == "train" else 18, seed)
            write_split(dataset, name, clips, label)
            write_split(features, name, mfcc(torch.from_numpy(clips).float() / 32768).numpy(), label)
        background = dataset.create_group("background")
        background["data"] = np.random.default_rng(9).integers(-3000, 3000, 12000).astype(np.int16)
        background["offset"], background["length"] = np.array([0, 8000]), np.array([8000, 4000])
        background.create_dataset("split", data=["train", "test"], dtype=h5py.string_dtype())
    (tmp_path / "features/metadata.json").write_text(json.dumps({"preprocessing": PREPROCESSING}))
    return tmp_path


JobWriter = Callable[..., Path]


@pytest.fixture
def write_job(artifacts: Path) -> JobWriter:
    """Writes a job file for the artifacts and gives its path; keywords are parameters."""

    def write(name: str = "job", dataset: bool = True, network: Any = None, **parameters: Any) -> Path:
        directory = artifacts / name
        directory.mkdir(exist_ok=True)
        inputs = {"features": {"path": str(artifacts / "features")}}
        if dataset:
            inputs["dataset"] = {"path": str(artifacts / "dataset")}
        if network is not None:
            (directory / "architecture").mkdir(exist_ok=True)
            (directory / "architecture/architecture.json").write_text(json.dumps(network))
            inputs["architecture"] = {"path": str(directory / "architecture")}
        small = {
            "architecture": "kws9",
            "iterations": 12,
            "batchSize": 8,
            "validationEvery": 4,
            "checkpointEvery": 1,
            "device": "cpu",
        }
        job = {
            "inputs": inputs,
            "outputs": {kind: {"path": str(directory / kind)} for kind in ("model", "curves")},
            "parameters": {**default_parameters(), **small, **parameters},
            "scratch": str(directory / "scratch"),
            "threads": 1,
        }
        (directory / "job.json").write_text(json.dumps(job))
        return directory / "job.json"

    return write


def start(job: Path) -> subprocess.Popen[str]:
    """Starts the tool on a job file."""
    environment = {**os.environ, "SEDGE_JOB": str(job), "PYTHONPATH": str(TOOL), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "train_pytorch"], stdout=subprocess.PIPE, env=environment, cwd=job.parent, text=True
    )


def lines_of(output: str) -> list[dict[str, Any]]:
    """The JSON lines of an output."""
    return [json.loads(line) for line in output.splitlines()]
