"""The recordings that the keyword-spotting example ships, as clips of one second."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

ARCHIVE = Path(__file__).resolve().parents[2] / "examples" / "keyword-spotting" / "speech-commands.tar"
RATE_HZ = 16000


def clips(step: int = 1) -> Iterator[tuple[str, np.ndarray]]:
    """Name and samples of every step-th recording: float32 in [-1, 1), filled with zeros or cut to one second."""
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.name.endswith((".wav", ".flac")) and "_background_noise_" not in member.name]
        for member in members[::step]:
            samples, rate_hz = soundfile.read(io.BytesIO(archive.extractfile(member).read()), dtype="float32")
            assert rate_hz == RATE_HZ and samples.ndim == 1, member.name
            clip = np.zeros(RATE_HZ, dtype=np.float32)
            clip[: min(RATE_HZ, samples.size)] = samples[:RATE_HZ]
            yield member.name, clip
