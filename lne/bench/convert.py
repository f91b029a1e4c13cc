"""Converts a net into the formats of engines that do not read ONNX, with the converters that these engines ship."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np


def run(words: list[object], folder: Path | None = None, path: str | None = None) -> None:
    environment = {**os.environ, "PATH": path} if path else None
    subprocess.run(list(map(str, words)), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900, check=False)


def to_mnn(folder: Path, net: str) -> None:
    target = folder / "mnn" / f"{net}.mnn"
    command = Path(sys.executable).parent / "mnnconvert"
    if target.exists() or not command.exists():
        return
    target.parent.mkdir(exist_ok=True)
    run([sys.executable, command, "-f", "ONNX", "--modelFile", folder / f"{net}.onnx", "--MNNModel", target, "--bizCode", "bench"])


def to_ncnn(folder: Path, net: str) -> None:
    target = folder / "ncnn" / f"{net}.param"
    # The binary itself: the package's wrapper imports PyTorch.
    package = importlib.util.find_spec("pnnx")
    if target.exists() or package is None:
        return
    target.parent.mkdir(exist_ok=True)
    extents = ",".join(map(str, np.load(folder / f"{net}.input.npy").shape))
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(folder / f"{net}.onnx", Path(place) / "net.onnx")
        run([Path(package.submodule_search_locations[0]) / "pnnx", "net.onnx", f"inputshape=[{extents}]", "fp16=0"], Path(place))
        for ending in ("param", "bin"):
            made = Path(place) / f"net.ncnn.{ending}"
            if made.exists():
                shutil.copy(made, folder / "ncnn" / f"{net}.{ending}")


def to_tflite(folder: Path, net: str, onnx2tf: Path | None) -> None:
    target = folder / "tflite" / f"{net}.tflite"
    if target.exists() or onnx2tf is None:
        return
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        # The converter checks layouts with a sample batch that it would fetch; random pictures serve as well.
        sample = np.random.default_rng(0).random((20, 128, 128, 3), dtype=np.float32)
        np.save(Path(place) / "calibration_image_sample_data_20x128x128x3_float32.npy", sample)
        # It calls programs of its own environment by name.
        path = os.pathsep.join([str(onnx2tf.parent), os.environ.get("PATH", "")])
        run([onnx2tf, "-i", (folder / f"{net}.onnx").resolve(), "-o", "made", "-n"], Path(place), path)
        for made in Path(place).glob("made/*_float32.tflite"):
            shutil.copy(made, target)


CONVERTERS = {"mnn": to_mnn, "ncnn": to_ncnn}


def convert(folder: Path, net: str, engines: list[str], onnx2tf: Path | None) -> None:
    """Whatever does not convert shows as an engine that can't read the net. @param onnx2tf command of an environment of its own, or None"""
    if "tflite" in engines:
        to_tflite(folder, net, onnx2tf)
    for engine in engines:
        if engine in CONVERTERS:
            CONVERTERS[engine](folder, net)
