"""MFCC in torch against librosa."""

import librosa
import numpy as np
import pytest
import torch
from conftest import PREPROCESSING

from train_pytorch.errors import TrainError
from train_pytorch.mfcc import Mfcc, parse_mfcc_settings

SPEECH = {
    "sampleRateHz": 16000,
    "frameMs": 128,
    "strideMs": 32,
    "bands": 40,
    "mels": 40,
    "padMode": "constant",
    "topDb": 80,
    "htk": False,
    "norm": "ortho",
}


def voice(samples: int) -> np.ndarray:
    """A tone that glides and stops, with harmonics and noise: all bands move, and the last part lies below topDb."""
    rng = np.random.default_rng(3)
    time_s = np.arange(samples) / 16000
    phase = 2 * np.pi * np.cumsum(150 + 80 * np.sin(5 * time_s)) / 16000
    wave = sum(np.sin(k * phase) / k for k in range(1, 20)) * np.exp(-4 * time_s) * (time_s < 0.7)
    return (0.3 * wave + rng.normal(0, 1e-5, samples)).astype(np.float32)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"padMode": "reflect"},
        {"mels": 128},
        {"topDb": None},
        {"htk": True},
        {"frameMs": 40, "strideMs": 20, "bands": 13},
    ],
)
def test_mfcc_equal_librosas(change: dict) -> None:
    values = {**SPEECH, **change}
    settings = parse_mfcc_settings({"tool": "extract-mfcc", "parameters": values})
    audio = np.stack([voice(16000), voice(16000)[::-1], np.zeros(16000, np.float32)])
    made = Mfcc(settings, torch.device("cpu"))(torch.from_numpy(audio)).numpy()[:, 0]
    for clip, features in zip(audio, made):
        mel = librosa.feature.melspectrogram(
            y=clip,
            sr=16000,
            n_fft=settings.frame_samples,
            hop_length=settings.stride_samples,
            n_mels=settings.mels,
            center=True,
            pad_mode=settings.pad_mode,
            htk=settings.htk,
        )
        expected = librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=settings.top_db), n_mfcc=settings.bands)
        assert features.shape == expected.shape
        assert np.abs(features - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("preprocessing", "message"),
    [
        ({"tool": "spectrogram", "parameters": {}}, "no MFCC tool"),
        ({**PREPROCESSING, "parameters": {"bands": 20}}, "sampleRateHz"),
        ({**PREPROCESSING, "parameters": {**SPEECH, "padMode": "wrap"}}, "wrap"),
        ({**PREPROCESSING, "parameters": {**SPEECH, "norm": None}}, "norm"),
    ],
)
def test_preprocessing_that_cannot_be_repeated_is_refused(preprocessing: dict, message: str) -> None:
    with pytest.raises(TrainError, match=message):
        parse_mfcc_settings(preprocessing)
