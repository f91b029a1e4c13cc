"""Compares a generated program with ONNX Runtime and librosa on every test recording.

Reads a request as JSON from standard input (folders of dataset, features, model and program; the model's metadata) and prints a list of
{name, value, holds} as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import h5py
import librosa
import numpy as np
import onnx
import onnxruntime
import soundfile

FROM_FEATURES = 1e-4
FROM_WAV = 1e-3


class Reference:
    """The model in ONNX Runtime: features [1, band, frame] -> values before the softmax."""

    def __init__(self, path: Path, metadata: dict[str, Any]) -> None:
        model = onnx.load(path)
        if metadata["output"]["kind"] == "softmax":
            softmax = model.graph.node[-1]
            model.graph.output[0].name = softmax.input[0]
            model.graph.node.remove(softmax)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name
        normalization = metadata["preprocessing"].get("normalization") or {"mean": 0.0, "std": 1.0}
        self.mean = np.asarray(normalization["mean"], np.float32).reshape(-1, 1)
        self.deviation = np.asarray(normalization["std"], np.float32).reshape(-1, 1)

    def normalized(self, features: np.ndarray) -> np.ndarray:
        return ((features - self.mean) / self.deviation).astype(np.float32)

    def __call__(self, features: np.ndarray) -> np.ndarray:
        return self.session.run(None, {self.input: self.normalized(features)[None]})[0][0].astype(np.float64)


class Comparison:
    """Collects how far results are from the wanted ones, each as a share of the largest wanted value."""

    def __init__(self, name: str, bound: float) -> None:
        self.name, self.bound = name, bound
        self.worst, self.clips, self.other_class = 0.0, 0, 0

    def add(self, got: np.ndarray, wanted: np.ndarray) -> None:
        largest = np.abs(wanted).max()
        difference = np.abs(got - wanted).max() / largest
        self.worst = max(self.worst, float(difference if np.isfinite(difference) else np.inf))
        first, second = np.sort(wanted)[::-1][:2]
        if (first - second) / largest > self.bound and got.argmax() != wanted.argmax():
            self.other_class += 1
        self.clips += 1

    def verdict(self) -> dict[str, Any]:
        value = f"{self.clips} recordings, largest difference {self.worst:.2e} (at most {self.bound:g}), {self.other_class} another class"
        return {"name": self.name, "value": value, "holds": self.clips > 0 and self.worst <= self.bound and self.other_class == 0}


def before_softmax(output: np.ndarray, kind: str, wanted: np.ndarray) -> np.ndarray:
    """Scores after softmax as values before it: their logarithms, up to a constant that softmax does not see."""
    if kind == "logits":
        return output
    logarithms = np.log(np.maximum(output, 1e-300))
    return logarithms + (wanted - logarithms).mean()


def compare_from_features(request: dict[str, Any], reference: Reference, folder: Path) -> Comparison:
    comparison = Comparison("equal features, against ONNX Runtime", FROM_FEATURES)
    kind = request["metadata"]["output"]["kind"]
    with h5py.File(Path(request["features"]) / "features.h5") as file:
        for features in file["test/data"]:
            wanted = reference(features)
            np.save(folder / "input.npy", reference.normalized(features)[None])
            subprocess.run([Path(request["program"]) / "app", "run", folder / "input.npy", folder / "output.npy"], check=True, stdout=subprocess.DEVNULL)
            comparison.add(before_softmax(np.load(folder / "output.npy")[0].astype(np.float64), kind, wanted), wanted)
    return comparison


def mfcc(samples: np.ndarray, p: dict[str, Any]) -> np.ndarray:
    """librosa's MFCC by the parameters of `extract-mfcc`. @returns [1, band, frame]"""
    rate = p["sampleRateHz"]
    sizes = {"n_fft": round(p["frameMs"] * rate / 1000), "hop_length": round(p["strideMs"] * rate / 1000), "n_mels": p["mels"]}
    mel = librosa.feature.melspectrogram(y=samples, sr=rate, center=True, pad_mode=p["padMode"], htk=p["htk"], **sizes)
    decibels = librosa.power_to_db(mel, top_db=p["topDb"])
    return librosa.feature.mfcc(S=decibels, n_mfcc=p["bands"], norm=p["norm"])[None].astype(np.float32)


def compare_from_wav(request: dict[str, Any], reference: Reference, folder: Path) -> Comparison:
    comparison = Comparison("from the WAV, against librosa and ONNX Runtime", FROM_WAV)
    parameters = request["metadata"]["preprocessing"]["parameters"]
    classes = request["metadata"]["classes"]
    with h5py.File(Path(request["dataset"]) / "dataset.h5") as file:
        clips = file["test/data"][:]
    paths = [folder / f"{number}.wav" for number in range(len(clips))]
    for path, clip in zip(paths, clips, strict=True):
        soundfile.write(path, clip, parameters["sampleRateHz"], subtype="PCM_16")
    program = [Path(request["program"]) / "app", "--json", *paths]
    lines = subprocess.run(program, check=True, capture_output=True, text=True).stdout.splitlines()
    for clip, line in zip(clips, lines, strict=True):
        wanted = reference(mfcc(clip.astype(np.float32) / 32768, parameters))
        scores = json.loads(line)["scores"]
        comparison.add(before_softmax(np.array([scores[name] for name in classes]), "softmax", wanted), wanted)
    return comparison


def main() -> None:
    request = json.load(sys.stdin)
    reference = Reference(Path(request["model"]) / "model.onnx", request["metadata"])
    with tempfile.TemporaryDirectory() as folder:
        comparisons = [compare(request, reference, Path(folder)) for compare in (compare_from_features, compare_from_wav)]
    print(json.dumps([comparison.verdict() for comparison in comparisons]))


if __name__ == "__main__":
    main()
