"""Reads the inputs: `features.h5`, and `dataset.h5` for augmentation on audio. Everything that training relies on is checked here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .errors import TrainError

MAX_ELEMENTS = 1 << 31  # of one split; a lying header must not make the tool ask for terabytes


@dataclass(frozen=True)
class Split:
    """One group of a file: data [clip, ...], labels int64 [clip], and ids."""

    data: np.ndarray
    label: np.ndarray
    ids: list[str]


@dataclass(frozen=True)
class Features:
    """A features artifact: float32 [clip, 1, band, frame] in the splits train and validation."""

    classes: list[str]
    preprocessing: dict[str, Any]
    train: Split
    validation: Split

    @property
    def shape(self) -> tuple[int, int, int]:
        """[1, band, frame]"""
        _, channels, bands, frames = self.train.data.shape
        return channels, bands, frames


@dataclass(frozen=True)
class Audio:
    """The training clips' audio int16 [clip, sample], row for row as in the features, and noise for the background."""

    sample_rate_hz: int
    clips: np.ndarray
    noise: list[np.ndarray]


def read_features(directory: Path, metadata: dict[str, Any] | None) -> Features:
    """Reads and checks a features artifact. The test split is never opened.

    @throws TRAIN_FEATURES, TRAIN_EMPTY_SPLIT, TRAIN_LABELS, TRAIN_ONE_CLASS, TRAIN_NOT_FINITE
    """
    metadata = metadata or _read_metadata(directory)
    with _open(directory / "features.h5", "TRAIN_FEATURES") as file:
        classes = _classes(file)
        train = _read_split(file, "train", 4, "f", "TRAIN_FEATURES")
        validation = _read_split(file, "validation", 4, "f", "TRAIN_FEATURES")
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


def read_audio(directory: Path, features: Features) -> Audio:
    """Reads the audio of the training clips and the training split's noise. @throws TRAIN_DATASET when it isn't the features' dataset"""
    with _open(directory / "dataset.h5", "TRAIN_DATASET") as file:
        train = _read_split(file, "train", 2, "i", "TRAIN_DATASET")
        rate = _scalar(file, "sampleRateHz", "TRAIN_DATASET")
        noise = _read_noise(file) if "background" in file else []
    row = {clip: index for index, clip in enumerate(train.ids)}
    missing = [clip for clip in features.train.ids if clip not in row]
    if missing:
        raise TrainError(
            "TRAIN_DATASET",
            f"dataset.h5: /train lacks {len(missing)} of the features' clips, among them {missing[0]}; give the dataset that the features were extracted from",
        )
    rows = np.array([row[clip] for clip in features.train.ids])
    wrong = np.flatnonzero(train.label[rows] != features.train.label)
    if len(wrong):
        raise TrainError(
            "TRAIN_DATASET",
            f"dataset.h5: the label of {features.train.ids[wrong[0]]} differs from the features'; give the dataset that the features were extracted from",
        )
    in_order = len(rows) == len(train.ids) and bool((rows[:-1] < rows[1:]).all())  # as usual; then nothing is copied
    return Audio(rate, train.data if in_order else train.data[rows], noise)


def _read_noise(file: h5py.File) -> list[np.ndarray]:
    """Noise recordings of the training split: a flat `data` with `offset`, `length` and `split` for each recording."""
    group = file["background"]
    try:
        data, offsets, lengths = group["data"], group["offset"][:], group["length"][:]
        splits = [_text(value) for value in (group["split"][:] if "split" in group else group.attrs["split"])]
    except (KeyError, TypeError) as error:
        raise TrainError(
            "TRAIN_DATASET", f"dataset.h5: /background lacks data, offset, length or split ({error})"
        ) from None
    if not len(offsets) == len(lengths) == len(splits) or data.ndim != 1 or data.dtype.kind != "i":
        raise TrainError(
            "TRAIN_DATASET",
            "dataset.h5: /background must hold int16 data [sample] and as many offsets and lengths as splits",
        )
    recordings = []
    for offset, length, split in zip(offsets.tolist(), lengths.tolist(), splits):
        if not 0 <= offset <= offset + length <= data.shape[0]:
            raise TrainError(
                "TRAIN_DATASET",
                f"dataset.h5: /background names samples {offset} to {offset + length} of {data.shape[0]}",
            )
        if split == "train" and length > 0:
            recordings.append(data[offset : offset + length])
    return recordings


def _read_split(file: h5py.File, name: str, dimensions: int, kind: str, code: str) -> Split:
    place = f"{Path(file.filename).name}: /{name}"
    group = file.get(name)
    if not isinstance(group, h5py.Group) or not all(
        isinstance(group.get(part), h5py.Dataset) for part in ("data", "label", "id")
    ):
        raise TrainError(code, f"{place} lacks data, label or id")
    data, label, ids = group["data"], group["label"], group["id"]
    if data.ndim != dimensions or data.dtype.kind != kind or label.ndim != 1 or label.dtype.kind != "i":
        raise TrainError(
            code,
            f"{place} holds data {list(data.shape)} of {data.dtype} and labels of {label.dtype}; wanted are {dimensions} dimensions of {'float32' if kind == 'f' else 'int16'} and int64",
        )
    if not data.shape[0] == label.shape[0] == ids.shape[0]:
        raise TrainError(
            code,
            f"{place} holds {data.shape[0]} clips, {label.shape[0]} labels and {ids.shape[0]} ids; they must be as many",
        )
    if data.size > MAX_ELEMENTS:
        raise TrainError(code, f"{place} claims {data.size} values; at most {MAX_ELEMENTS} can be trained on")
    try:
        values = data[:].astype(np.float32 if kind == "f" else np.int16, copy=False)
        return Split(values, label[:].astype(np.int64), [_text(value) for value in ids[:]])
    except OSError as error:
        raise TrainError(code, f"{place} is damaged ({error})") from None


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
    broken = np.flatnonzero(~np.isfinite(split.data).all(axis=(1, 2, 3)))
    if len(broken):
        raise TrainError(
            "TRAIN_NOT_FINITE",
            f"features.h5: /{name} {split.ids[int(broken[0])]} holds NaN or infinite values ({len(broken)} clips do); extract the features again",
        )


def _classes(file: h5py.File) -> list[str]:
    holder = file if "classes" in file.attrs else file.get("train")
    values = holder.attrs.get("classes") if holder is not None else None
    if values is None or np.ndim(values) != 1 or len(values) < 2:
        raise TrainError(
            "TRAIN_FEATURES", "features.h5: the attribute classes is missing or names fewer than two classes"
        )
    return [_text(value) for value in values]


def _scalar(file: h5py.File, name: str, code: str) -> int:
    holder = file if name in file.attrs else file["train"]
    if name not in holder.attrs:
        raise TrainError(code, f"{Path(file.filename).name}: the attribute {name} is missing")
    return int(holder.attrs[name])


def _open(path: Path, code: str) -> h5py.File:
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise TrainError(code, f"{path.name}: not readable as HDF5 ({error})") from None


def _read_metadata(directory: Path) -> dict[str, Any]:
    try:
        value = json.loads((directory / "metadata.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError("TRAIN_FEATURES", f"features: metadata.json is not readable as JSON ({error})") from None
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
