"""Writes the output artifacts: the model in all its forms, and the report on its training."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from .architecture import Architecture
from .caffe_export import write_caffe
from .canonical import canonical_json
from .costs import mfpops, mfpops_separable_first, multiply_adds, parameter_count
from .curves import write_report
from .data import Features
from .errors import EXIT_TRANSIENT, TrainError
from .graph import INPUT, OUTPUT, Graph
from .onnx_export import write_onnx
from .parameters import Parameters

_NORMAL_QUANTILE = 1.959964  # of 97.5 %


@dataclass(frozen=True)
class Training:
    """A finished training."""

    architecture: Architecture
    graph: Graph
    weights: dict[str, Tensor]  # by the names of the network's state, on the CPU
    rows: list[dict[str, float]]
    parameters: Parameters
    features: Features
    mean: list[float]  # per band, over the training split
    deviation: list[float]
    audio: bool


def write_results(training: Training, model_directory: Path, curves_directory: Path) -> None:
    """Writes both artifacts; the directories exist and are empty. @throws TRAIN_DISK"""
    try:
        model_directory.mkdir(parents=True, exist_ok=True)
        curves_directory.mkdir(parents=True, exist_ok=True)
        _write_model(training, model_directory)
        _write_curves(training, curves_directory)
    except OSError as error:
        raise TrainError(
            "TRAIN_DISK",
            f"outputs: {error.filename} cannot be written ({error.strerror}); free some disk and try again",
            EXIT_TRANSIENT,
        ) from None


def _write_model(training: Training, directory: Path) -> None:
    use = _use(training)
    write_onnx(directory / "model.onnx", training.graph, training.weights, use)
    write_caffe(
        directory, training.graph, training.weights, training.parameters, len(training.features.validation.label)
    )
    (directory / "architecture.json").write_text(canonical_json(training.architecture.to_json()) + "\n", "utf-8")
    metadata = {
        **use,
        "name": training.architecture.name,
        **_costs(training),
        "sizeBytes": (directory / "model.onnx").stat().st_size,
        "training": {
            "clips": len(training.features.train.label),
            "audioAugmentation": training.audio,
            "validationClips": len(training.features.validation.label),
            "validationAccuracy": training.rows[-1]["validationAccuracy"],
            "validationLoss": training.rows[-1]["validationLoss"],
            "parameters": training.parameters.as_json(),
        },
    }
    _write_metadata(directory, metadata)


def _use(training: Training) -> dict[str, Any]:
    """What a user of the model must know; also kept inside the ONNX file."""
    normalization = {"mean": training.mean, "std": training.deviation}
    return {
        "classes": training.features.classes,
        "input": {"name": INPUT, "shape": [1, *training.graph.input_shape], "layout": "NCHW", "dtype": "float32"},
        "preprocessing": {**training.features.preprocessing, "normalization": normalization},
        "output": {"name": OUTPUT, "kind": "logits"},
    }


def _costs(training: Training) -> dict[str, float]:
    return {
        "parameters": parameter_count(training.graph),
        "multiplyAdds": multiply_adds(training.graph),
        "mfpops": mfpops(training.graph),
        "mfpopsSeparableFirst": mfpops_separable_first(training.architecture, training.graph),
    }


def _write_curves(training: Training, directory: Path) -> None:
    last = training.rows[-1]
    best = max(row["validationAccuracy"] for row in training.rows)
    clips = len(training.features.validation.label)
    low, high = wilson_interval(last["validationAccuracy"], clips)
    metrics = {
        "iterations": last["iteration"],
        "trainLoss": last["trainLoss"],
        "validationLoss": last["validationLoss"],
        "validationAccuracy": last["validationAccuracy"],
        "validationAccuracyLow": low,
        "validationAccuracyHigh": high,
        "bestValidationAccuracy": best,
        "validationClips": clips,
        **_costs(training),
    }
    title = f"Training of {training.architecture.name}"
    write_report(directory, title, training.rows, metrics)
    _write_metadata(directory, {"title": title, "metrics": metrics})


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """95 % interval of a share that was seen in `count` trials (Wilson, 1927)."""
    z2 = _NORMAL_QUANTILE**2
    middle = (share + z2 / (2 * count)) / (1 + z2 / count)
    half = _NORMAL_QUANTILE * math.sqrt(share * (1 - share) / count + z2 / (4 * count**2)) / (1 + z2 / count)
    return max(0.0, middle - half), min(1.0, middle + half)


def _write_metadata(directory: Path, metadata: dict[str, Any]) -> None:
    (directory / "metadata.json").write_text(canonical_json(metadata) + "\n", "utf-8")
