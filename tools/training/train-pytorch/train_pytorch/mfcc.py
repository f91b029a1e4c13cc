"""MFCC in torch, batched, equal to librosa's: for augmentation on audio, whose features are made anew in each iteration.

Frames (Hann window) -> power spectrum -> mel bands (Slaney's scale and area norm, or HTK's scale) -> decibels, at most topDb
below the clip's loudest band -> orthonormal DCT-II, of which the first `bands` coefficients are kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .errors import TrainError

_POWER_FLOOR = 1e-10
CLIPS_IN_CACHE = 5  # so many one-second clips, their frames and spectra, stay in a core's cache


@dataclass(frozen=True)
class MfccSettings:
    """The parameters of extract-mfcc, as the features' metadata record them."""

    sample_rate_hz: int
    frame_samples: int
    stride_samples: int
    bands: int
    mels: int
    pad_mode: str
    top_db: float | None
    htk: bool


def parse_mfcc_settings(preprocessing: Any) -> MfccSettings:
    """Reads the settings from a features artifact's `preprocessing`. @throws TRAIN_FEATURES when they aren't MFCC"""
    values = preprocessing.get("parameters") if isinstance(preprocessing, dict) else None
    if not isinstance(values, dict) or "mfcc" not in str(preprocessing.get("tool")):
        raise TrainError(
            "TRAIN_FEATURES",
            "features: metadata.preprocessing names no MFCC tool, so audio cannot be augmented; leave the input dataset away",
        )
    try:
        rate = int(values["sampleRateHz"])
        settings = MfccSettings(
            sample_rate_hz=rate,
            frame_samples=round(rate * float(values["frameMs"]) / 1000),
            stride_samples=round(rate * float(values["strideMs"]) / 1000),
            bands=int(values["bands"]),
            mels=int(values["mels"]),
            pad_mode=str(values["padMode"]),
            top_db=None if values["topDb"] is None else float(values["topDb"]),
            htk=bool(values["htk"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise TrainError(
            "TRAIN_FEATURES", f"features: metadata.preprocessing.parameters lacks a usable {error}"
        ) from None
    if values.get("norm", "ortho") != "ortho":
        raise TrainError(
            "TRAIN_FEATURES", f"features: DCT norm {values['norm']!r} cannot be augmented on audio; use norm ortho"
        )
    if settings.pad_mode not in ("constant", "reflect"):
        raise TrainError(
            "TRAIN_FEATURES", f"features: padMode {settings.pad_mode!r} is unknown; use constant or reflect"
        )
    return settings


class Mfcc:
    """Computes MFCC of a batch of clips, in two steps so that augmentation can act on the mel bands between them."""

    def __init__(self, settings: MfccSettings, device: torch.device) -> None:
        self.settings = settings
        self._device = device
        self._window = torch.hann_window(settings.frame_samples, periodic=True, device=device)
        self._basis = mel_basis(settings).to(device)
        self._dct = dct_basis(settings.bands, settings.mels).to(device)

    def power(self, audio: Tensor) -> Tensor:
        """Samples in -1..1 [batch, sample] -> power spectra [batch, frame, bin]."""
        half = self.settings.frame_samples // 2
        padded = torch.nn.functional.pad(audio[:, None], (half, half), mode=self.settings.pad_mode)[:, 0]
        frames = padded.unfold(1, self.settings.frame_samples, self.settings.stride_samples) * self._window
        spectrum = torch.fft.rfft(frames)
        return spectrum.real.square().addcmul_(spectrum.imag, spectrum.imag)

    def mel_decibels(self, power: Tensor, basis: Tensor | None = None) -> Tensor:
        """Power spectra [batch, frame, bin] -> mel bands in dB [batch, frame, mel]; `basis` replaces the own one, per clip too."""
        bands = power @ (self._basis if basis is None else basis)
        decibels = 10.0 * torch.log10(bands.clamp_(min=_POWER_FLOOR))
        if self.settings.top_db is None:
            return decibels
        return torch.maximum(decibels, decibels.amax(dim=(1, 2), keepdim=True) - self.settings.top_db)

    def coefficients(self, decibels: Tensor) -> Tensor:
        """Mel bands in dB [batch, frame, mel] -> features [batch, 1, band, frame]."""
        return (decibels @ self._dct).transpose(1, 2)[:, None].contiguous()

    def __call__(self, audio: Tensor) -> Tensor:
        """Samples in -1..1 [batch, sample] -> features [batch, 1, band, frame]."""
        return self.coefficients(self.mel_decibels(self.power(audio)))


def mel_basis(settings: MfccSettings, warp: float = 1.0) -> Tensor:
    """Triangular mel filters [bin, mel], each of unit area (Slaney's Auditory Toolbox, 1998).

    `warp` stretches the frequency axis up to 0.6 of the highest frequency, and what lies above so that the highest stays
    where it is: another length of the vocal tract (Jaitly and Hinton, 2013).
    """
    top_mel = float(_hz_to_mel(torch.tensor(settings.sample_rate_hz / 2, dtype=torch.float64), settings.htk))
    edges_hz = _mel_to_hz(torch.linspace(0.0, top_mel, settings.mels + 2, dtype=torch.float64), settings.htk)
    edges_hz = _warp(edges_hz, warp, settings.sample_rate_hz / 2)
    bins = settings.frame_samples // 2 + 1
    bins_hz = torch.arange(bins, dtype=torch.float64) * settings.sample_rate_hz / settings.frame_samples
    width = edges_hz.diff()
    rising = (bins_hz[:, None] - edges_hz[None, :-2]) / width[:-1]
    falling = (edges_hz[None, 2:] - bins_hz[:, None]) / width[1:]
    weights = torch.minimum(rising, falling).clamp(min=0)
    return (weights * (2.0 / (edges_hz[2:] - edges_hz[:-2]))).float()


def _warp(hz: Tensor, warp: float, highest_hz: float) -> Tensor:
    bend_hz = 0.6 * highest_hz
    slope = (highest_hz - bend_hz * warp) / (highest_hz - bend_hz)
    return torch.where(hz <= bend_hz, hz * warp, highest_hz + (hz - highest_hz) * slope)


def dct_basis(bands: int, mels: int) -> Tensor:
    """Orthonormal DCT-II [mel, band]."""
    position = torch.arange(mels, dtype=torch.float64)[:, None] + 0.5
    basis = torch.cos(math.pi / mels * position * torch.arange(bands, dtype=torch.float64)) * math.sqrt(2.0 / mels)
    basis[:, 0] /= math.sqrt(2.0)
    return basis.float()


# Slaney's scale: linear with 200/3 Hz a mel up to 1 kHz, logarithmic with 27 mels a factor of 6.4 above.
_LINEAR_HZ = 200.0 / 3
_LOG_START_HZ = 1000.0
_LOG_STEP = math.log(6.4) / 27


def _hz_to_mel(hz: Tensor, htk: bool) -> Tensor:
    if htk:
        return 2595.0 * torch.log10(1.0 + hz / 700.0)
    logarithmic = _LOG_START_HZ / _LINEAR_HZ + torch.log(hz.clamp(min=1e-9) / _LOG_START_HZ) / _LOG_STEP
    return torch.where(hz < _LOG_START_HZ, hz / _LINEAR_HZ, logarithmic)


def _mel_to_hz(mel: Tensor, htk: bool) -> Tensor:
    if htk:
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    start_mel = _LOG_START_HZ / _LINEAR_HZ
    return torch.where(mel < start_mel, mel * _LINEAR_HZ, _LOG_START_HZ * torch.exp(_LOG_STEP * (mel - start_mel)))
