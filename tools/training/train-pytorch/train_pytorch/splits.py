"""Reads the groups that features and datasets have in common: `/train` and the like with data, label and id."""

from __future__ import annotations

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


def open_hdf5(path: Path, code: str) -> h5py.File:
    """Opens a file for reading. @throws the given code"""
    try:
        return h5py.File(path, "r", rdcc_nbytes=0)  # clips are read in random order, so kept chunks would not be met again
    except OSError as error:
        raise TrainError(code, f"{path.name}: not readable as HDF5 ({error})") from None


def checked_split(file: h5py.File, name: str, dimensions: int, kind: str, code: str) -> h5py.Group:
    """A split's group, whose data, label and id have the wanted form. @throws the given code. @param kind numpy's letter: f or i"""
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
    return group


def read_split(file: h5py.File, name: str, dimensions: int, code: str) -> Split:
    """Reads a split of float32 data whole. @throws the given code"""
    group = checked_split(file, name, dimensions, "f", code)
    try:
        return Split(group["data"][:].astype(np.float32, copy=False), *read_labels(group))
    except OSError as error:
        raise TrainError(code, f"{Path(file.filename).name}: /{name} is damaged ({error})") from None


def read_labels(group: h5py.Group) -> tuple[np.ndarray, list[str]]:
    """Labels int64 [clip] and ids of a split."""
    return group["label"][:].astype(np.int64), [text(value) for value in group["id"][:]]


def scalar_attribute(file: h5py.File, name: str, code: str) -> int:
    """A whole number that stands on the file, or on its training split. @throws the given code"""
    holder = file if name in file.attrs else file["train"]
    if name not in holder.attrs:
        raise TrainError(code, f"{Path(file.filename).name}: the attribute {name} is missing")
    return int(holder.attrs[name])


def text(value: Any) -> str:
    """A string as h5py gives it, bytes or not."""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
