"""The audio front end in C++ for Python, built from the headers as they are."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent


def build_library(folder: Path, *flags: str) -> ctypes.CDLL:
    """Compiles the front end with the flags of a generated program, and those that are named."""
    target = folder / "mfcc_front.so"
    compiler = os.environ.get("CXX", "c++")
    rules = ["-std=c++17", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *rules, *flags, str(HERE / "mfcc_library.cpp"), "-o", str(target)], check=True)
    library = ctypes.CDLL(str(target))
    library.front_new.restype = ctypes.c_void_p
    library.front_new.argtypes = [ctypes.c_void_p, ctypes.c_double]
    library.front_delete.argtypes = [ctypes.c_void_p]
    library.front_frames.argtypes = [ctypes.c_void_p]
    library.front_frames.restype = ctypes.c_int32
    library.front_compute.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p]
    return library


class Front:
    """MFCC of clips by parameters under librosa's names."""

    def __init__(
        self,
        library: ctypes.CDLL,
        *,
        sr: int = 16000,
        clip: int = 16000,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mfcc: int = 40,
        n_mels: int = 40,
        pad_mode: str = "constant",
        htk: bool = False,
        top_db: float | None = 80.0,
    ) -> None:
        numbers = np.array([sr, clip, n_fft, hop_length, n_mfcc, n_mels, pad_mode == "reflect", htk], dtype=np.int32)
        self._library = library
        self._front = library.front_new(numbers.ctypes.data, -1.0 if top_db is None else top_db)
        if not self._front:
            raise ValueError("the front end refuses these parameters")
        self.features = np.empty((n_mfcc, library.front_frames(self._front)), dtype=np.float32)
        self._features_at = self.features.ctypes.data

    def __del__(self) -> None:
        if getattr(self, "_front", None):
            self._library.front_delete(self._front)

    def __call__(self, clip: np.ndarray) -> np.ndarray:
        """[band, frame], overwritten by the next call"""
        assert clip.dtype == np.float32 and clip.flags.c_contiguous
        # `.ctypes.data` would cost a microsecond or two.
        self._library.front_compute(self._front, clip.__array_interface__["data"][0], clip.size, self._features_at)
        return self.features


def librosa_mfcc(clip: np.ndarray, *, top_db: float | None = 80.0, **parameters) -> np.ndarray:
    """librosa's own, with its step to decibels spelt out, since `mfcc` has no parameter for it."""
    import librosa

    defaults = {"sr": 16000, "n_mfcc": 40, "n_mels": 40, "n_fft": 2048, "hop_length": 512, "pad_mode": "constant", "htk": False}
    wanted = {**defaults, **parameters}
    if top_db == 80.0:
        return librosa.feature.mfcc(y=clip, center=True, norm="ortho", **wanted)
    n_mfcc = wanted.pop("n_mfcc")
    power = librosa.feature.melspectrogram(y=clip, center=True, **wanted)
    return librosa.feature.mfcc(S=librosa.power_to_db(power, top_db=top_db), n_mfcc=n_mfcc, norm="ortho")
