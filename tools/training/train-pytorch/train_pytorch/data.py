"""Reads `features.h5`. Everything that training relies on is checked here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import TrainError
from .splits import Split, open_hdf5, read_split, text

_SLAB_CLIPS = 4096  # features are gone through in portions of so many clips, so that no second copy of them is made


@dataclass(frozen=True)
class Features:
    """A features artifact: float32 [clip, 1, band, frame] in the splits train and validation."""

    classes: list[str]
    preprocessing: dict[str, Any]
    train: Split
    validation: Split

    def train_slabs(self) -> Iterator[np.ndarray]:
        """The training features in portions."""
        for start in range(0, len(self.train.data), _SLAB_CLIPS):
            yield self.train.data[start : start + _SLAB_CLIPS]

    @property
    def shape(self) -> tuple[int, int, int]:
        """[1, band, frame]"""
        _, channels, bands, frames = self.train.data.shape
        return channels, bands, frames


def read_features(directory: Path, metadata: dict[str, Any] | None) -> Features:
    """Reads and checks a features artifact. The test split is never opened.

    @throws TRAIN_FEATURES, TRAIN_EMPTY_SPLIT, TRAIN_LABELS, TRAIN_ONE_CLASS, TRAIN_NOT_FINITE
    """
    metadata = metadata or _read_metadata(directory)
    with open_hdf5(directory / "features.h5", "TRAIN_FEATURES") as file:
        classes = _classes(file)
        train = read_split(file, "train", 4, "TRAIN_FEATURES")
        validation = read_split(file, "validation", 4, "TRAIN_FEATURES")
    for name, split in (("train", train), ("validation", validation)):
        _check_split(name, split, classes)
    if train.data.shape[1:] != validation.data.shape[1:]:
        raise TrainError(
            "TRAIN_FEATURES",
            f"features.h5: /train holds clips of shape {list(train.data.shape[1:])}, /validation of {list(validation.data.shape[1:])}; extract both with the same parameters",
        )
    if len(np.unique(train.label)) < 2:
        raise TrainError(
            "TRAIN_ONE_CLASS",
            f"features.h5: all {len(train.label)} clips of /train are of the class {classes[int(train.label[0])]}; give recordings of at least two classes",
        )
    preprocessing = metadata.get("preprocessing")
    if not isinstance(preprocessing, dict):
        raise TrainError(
            "TRAIN_FEATURES",
            "features: the metadata hold no preprocessing, so a model of them could not be used; extract them again",
        )
    return Features(classes, preprocessing, train, validation)


def _check_split(name: str, split: Split, classes: list[str]) -> None:
    if len(split.label) == 0 or 0 in split.data.shape:
        raise TrainError(
            "TRAIN_EMPTY_SPLIT", f"features.h5: /{name} holds no clips; give more recordings, or another split"
        )
    outside = np.flatnonzero((split.label < 0) | (split.label >= len(classes)))
    if len(outside):
        clip = int(outside[0])
        raise TrainError(
            "TRAIN_LABELS",
            f"features.h5: /{name} {split.ids[clip]} has label {split.label[clip]}, but there are {len(classes)} classes",
        )
    broken = [clip for clip, values in enumerate(split.data) if not np.isfinite(values).all()]
    if len(broken):
        raise TrainError(
            "TRAIN_NOT_FINITE",
            f"features.h5: /{name} {split.ids[broken[0]]} holds NaN or infinite values ({len(broken)} clips do); extract the features again",
        )


def _classes(file: h5py.File) -> list[str]:
    holder = file if "classes" in file.attrs else file.get("train")
    values = holder.attrs.get("classes") if holder is not None else None
    if values is None or np.ndim(values) != 1 or len(values) < 2:
        raise TrainError(
            "TRAIN_FEATURES", "features.h5: the attribute classes is missing or names fewer than two classes"
        )
    return [text(value) for value in values]


def _read_metadata(directory: Path) -> dict[str, Any]:
    try:
        value = json.loads((directory / "metadata.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError("TRAIN_FEATURES", f"features: metadata.json is not readable as JSON ({error})") from None
    return value if isinstance(value, dict) else {}
