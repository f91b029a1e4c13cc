"""Reads `dataset.h5` for augmentation on audio: the training clips, and the background noise of the training split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from .data import Features
from .errors import TrainError
from .splits import checked_split, open_hdf5, read_labels, scalar_attribute, text

HELD_AUDIO_BYTES = 256 << 20  # audio up to this size is held in memory; of more, each batch reads its own clips


class Clips:
    """The training clips' audio int16 [clip, sample], row for row as in the features."""

    def __init__(self, source: h5py.Dataset | np.ndarray, rows: np.ndarray) -> None:
        self._source = source[:] if source.nbytes <= HELD_AUDIO_BYTES else source
        self._rows = rows  # of the source, by clip
        self.samples = int(source.shape[1])

    def read(self, clips: np.ndarray) -> np.ndarray:
        """Audio int16 [clip, sample] of the given clips. @throws TRAIN_DATASET when the file is damaged"""
        rows = self._rows[clips]
        if isinstance(self._source, np.ndarray):
            return self._source[rows]
        audio = np.empty((len(rows), self.samples), np.int16)
        try:
            for index, row in enumerate(rows.tolist()):  # one by one: HDF5 is slow at lists of rows
                self._source.read_direct(audio, np.s_[row], np.s_[index])
        except OSError as error:
            raise _damaged(error) from None
        return audio


@dataclass(frozen=True)
class Audio:
    """Audio of the training clips, and noise recordings int16 [sample] for their background."""

    sample_rate_hz: int
    clips: Clips
    noise: list[np.ndarray]


def read_audio(directory: Path, features: Features) -> Audio:
    """Reads the audio of the training clips and the training split's noise. @throws TRAIN_DATASET when it isn't the features' dataset"""
    # Not closed: clips are read from it for as long as training lasts.
    file = open_hdf5(directory / "dataset.h5", "TRAIN_DATASET")
    train = checked_split(file, "train", 2, "i", "TRAIN_DATASET")
    rate = scalar_attribute(file, "sampleRateHz", "TRAIN_DATASET")
    try:
        label, ids = read_labels(train)
        noise = _read_noise(file) if "background" in file else []
    except OSError as error:
        raise _damaged(error) from None
    row = {clip: index for index, clip in enumerate(ids)}
    missing = [clip for clip in features.train.ids if clip not in row]
    if missing:
        raise TrainError(
            "TRAIN_DATASET",
            f"dataset.h5: /train lacks {len(missing)} of the features' clips, among them {missing[0]}; give the dataset that the features were extracted from",
        )
    rows = np.array([row[clip] for clip in features.train.ids])
    try:
        clips = Clips(train["data"], rows)
    except OSError as error:
        raise _damaged(error) from None
    wrong = np.flatnonzero(label[rows] != features.train.label)
    if len(wrong):
        raise TrainError(
            "TRAIN_DATASET",
            f"dataset.h5: the label of {features.train.ids[wrong[0]]} differs from the features'; give the dataset that the features were extracted from",
        )
    return Audio(rate, clips, noise)


def _read_noise(file: h5py.File) -> list[np.ndarray]:
    """Noise recordings of the training split: a flat `data` with `offset`, `length` and `split` for each recording."""
    group = file["background"]
    try:
        data, offsets, lengths = group["data"], group["offset"][:], group["length"][:]
        splits = [text(value) for value in (group["split"][:] if "split" in group else group.attrs["split"])]
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


def _damaged(error: OSError) -> TrainError:
    return TrainError("TRAIN_DATASET", f"dataset.h5: /train or /background is damaged ({error}); make it anew")
