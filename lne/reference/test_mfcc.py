"""The audio front end against librosa on real recordings, and against itself on other targets."""

from __future__ import annotations

import itertools
import platform

import numpy as np
import pytest
from conftest import relative_error
from mfcc_front import Front, build_library, librosa_mfcc
from speech import clips

VARIANTS = [
    {"pad_mode": pad_mode, "n_mels": n_mels, "top_db": top_db}
    for pad_mode, n_mels, top_db in itertools.product(["constant", "reflect"], [40, 128], [80.0, None])
]
BOUND = 1e-3
# Targets that this processor runs, the plainest first.
TARGETS = {"x86_64": ["x86-64", "x86-64-v3", "native"], "aarch64": ["armv8-a", "native"]}.get(platform.machine(), ["native"])


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return build_library(tmp_path_factory.mktemp("front"), "-march=native")


def test_every_clip(library):
    front = Front(library)
    worst = max((relative_error(front(clip), librosa_mfcc(clip)), name) for name, clip in clips())
    assert worst[0] <= BOUND, worst


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: " ".join(map(str, variant.values())))
def test_variants(library, variant):
    front = Front(library, **variant)
    worst = max((relative_error(front(clip), librosa_mfcc(clip, **variant)), name) for name, clip in clips(step=25))
    assert worst[0] <= BOUND, worst


@pytest.mark.parametrize(
    "variant",
    [
        {"n_fft": 512, "hop_length": 160, "n_mfcc": 13},
        {"n_fft": 1024, "hop_length": 333, "n_mfcc": 40, "n_mels": 64, "htk": True},
        {"n_fft": 256, "hop_length": 401, "n_mfcc": 10, "n_mels": 20},
        {"n_fft": 4096, "hop_length": 1024},
        {"n_fft": 128, "hop_length": 1, "n_mfcc": 5, "n_mels": 10},
    ],
    ids=str,
)
def test_other_frames(library, variant):
    front = Front(library, **variant)
    worst = max((relative_error(front(clip), librosa_mfcc(clip, **variant)), name) for name, clip in clips(step=500))
    assert worst[0] <= BOUND, worst


def test_silence_and_extremes(library):
    front = Front(library)
    time = np.arange(16000, dtype=np.float32)
    square = np.sign(np.sin(time / 7)).astype(np.float32)
    for clip in [np.zeros(16000, np.float32), square, (time == 8000).astype(np.float32), np.full(16000, 2**-15, np.float32)]:
        assert relative_error(front(clip), librosa_mfcc(clip)) <= BOUND


def test_short_and_long_clips(library):
    """A short clip counts as filled with zeros, and a long one as cut."""
    front = Front(library)
    _, clip = next(clips())
    filled = np.concatenate([clip[:5000], np.zeros(11000, np.float32)])
    assert np.array_equal(front(clip[:5000].copy()).copy(), front(filled))
    assert np.array_equal(front(np.concatenate([clip, clip])).copy(), front(clip))
    reflecting = Front(library, pad_mode="reflect")
    assert relative_error(reflecting(clip[:5000].copy()), librosa_mfcc(filled, pad_mode="reflect")) <= BOUND


@pytest.mark.parametrize("target", TARGETS[:-1])
def test_equal_bits_on_every_target(library, target, tmp_path):
    """Data sets are made on one machine and recognized on another."""
    other = build_library(tmp_path, f"-march={target}")
    for variant in VARIANTS:
        here, there = Front(library, **variant), Front(other, **variant)
        for name, clip in clips(step=250):
            assert here(clip).tobytes() == there(clip).tobytes(), (name, variant)
