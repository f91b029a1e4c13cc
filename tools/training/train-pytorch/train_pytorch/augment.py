"""Augmentation: on audio (speed, pitch, shift, gain, background noise, equalizer), then SpecAugment, so that few speakers generalize.

All random numbers of an iteration come from one generator that is seeded by (seed, iteration): a resumed training draws the
same ones as an undisturbed one, and nothing of a generator has to be kept in a checkpoint.
"""

from __future__ import annotations

import hashlib

import numpy as np
import torch
from torch import Tensor

from .audio import Audio
from .mfcc import CLIPS_IN_CACHE, Mfcc, dct_basis, mel_basis
from .parameters import Parameters

_PITCH_STEPS = 21  # filter banks prepared between -pitchPercent and +pitchPercent
_EQUALIZER_CURVES = 3
_SILENCE_POWER = 1e-8  # mean power below which a clip counts as digital silence and noise keeps its own level


def generator_for(seed: int, purpose: str, index: int) -> torch.Generator:
    """A generator on the CPU for one purpose in one iteration or epoch, equal on every device."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{index}".encode()).digest()
    generator = torch.Generator()
    generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
    return generator


class Dice:
    """Draws random numbers on the CPU and hands them to the device."""

    def __init__(self, generator: torch.Generator, device: torch.device) -> None:
        self._generator = generator
        self._device = device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Floats in [low, high)."""
        return (torch.rand(shape, generator=self._generator) * (high - low) + low).to(self._device)

    def whole(self, below: int, *shape: int) -> Tensor:
        """Integers from 0 and below `below`."""
        return torch.randint(below, shape, generator=self._generator).to(self._device)


class FeatureAugmentation:
    """Without audio: shifts features by whole frames and masks stretches of frames and of coefficients."""

    def __init__(
        self, parameters: Parameters, features: np.ndarray, stride_ms: float | None, mean: Tensor, deviation: Tensor
    ) -> None:
        self._p = parameters
        self._features = torch.from_numpy(features)  # [clip, 1, band, frame]
        self._mean, self._deviation = mean, deviation  # [1, 1, band, 1]
        self._shift_frames = 0 if not stride_ms else round(parameters.timeShiftMs / stride_ms)

    def batch(self, rows: Tensor, dice: Dice) -> Tensor:
        """Augmented, normalized features [batch, 1, band, frame] of the clips `rows`."""
        features = (self._features[rows.cpu()].to(self._mean.device) - self._mean) / self._deviation
        frames = features.shape[3]
        if self._shift_frames:
            shift = dice.whole(2 * self._shift_frames + 1, len(rows)) - self._shift_frames
            source = (torch.arange(frames, device=features.device) - shift[:, None]).clamp(0, frames - 1)
            features = features.gather(3, source[:, None, None].expand_as(features))
        return mask_stretches(features, self._p, dice)


class AudioAugmentation:
    """With audio: makes each batch's features anew from augmented samples."""

    def __init__(self, parameters: Parameters, audio: Audio, mfcc: Mfcc, mean: Tensor, deviation: Tensor) -> None:
        self._p = parameters
        self._mfcc = mfcc
        self._mean, self._deviation = mean, deviation  # [1, 1, band, 1]
        self._device = mean.device
        self._clips = audio.clips
        self._rate_hz = audio.sample_rate_hz
        usable = [recording for recording in audio.noise if len(recording) > audio.clips.samples]
        self._noise = torch.from_numpy(np.concatenate(usable)).to(self._device) if usable else None
        self._noise_starts = _stretch_starts(usable, audio.clips.samples).to(self._device)
        self._time = torch.arange(audio.clips.samples, device=self._device, dtype=torch.float32)
        self._bases = self._pitch_bases()
        # [curve, mel]: half, one and one and a half waves of a cosine over the bands; tilt, bulge and ripple.
        self._curves = dct_basis(1 + _EQUALIZER_CURVES, mfcc.settings.mels).T[1:].to(self._device)
        self._curves = self._curves / self._curves.amax(dim=1, keepdim=True)

    def batch(self, rows: Tensor, dice: Dice) -> Tensor:
        """Augmented, normalized features [batch, 1, band, frame] of the clips `rows`."""
        clips = torch.from_numpy(self._clips.read(rows.cpu().numpy())).to(self._device)
        # A few clips at a time stay in a processor's cache: several times faster there than all at once.
        together = CLIPS_IN_CACHE if self._device.type == "cpu" else len(clips)
        parts = [self._mel_decibels(part, dice) for part in clips.split(together)]
        decibels = mask_stretches(torch.cat(parts).transpose(1, 2)[:, None], self._p, dice)[:, 0].transpose(1, 2)
        return (self._mfcc.coefficients(decibels) - self._mean) / self._deviation

    def _mel_decibels(self, clips: Tensor, dice: Dice) -> Tensor:
        """Samples int16 [batch, sample] -> augmented mel bands in dB [batch, frame, mel]."""
        audio = self._shift_and_stretch(clips.float() / 32768.0, dice)
        if self._p.gainDb:
            audio *= 10.0 ** (dice.uniform(-self._p.gainDb, self._p.gainDb, len(audio), 1) / 20.0)
        if self._noise is not None and self._p.noiseProbability:
            audio = self._add_noise(audio, dice)
        bases = None if self._bases is None else self._bases[dice.whole(len(self._bases), len(audio))]
        decibels = self._mfcc.mel_decibels(self._mfcc.power(audio), bases)
        return self._equalize(decibels, dice) if self._p.equalizerDb else decibels

    def _equalize(self, decibels: Tensor, dice: Dice) -> Tensor:
        """Raises and lowers the mel bands of each clip along a smooth random curve, as other microphones and rooms do."""
        strength = dice.uniform(-self._p.equalizerDb, self._p.equalizerDb, len(decibels), len(self._curves), 1)
        return decibels + (strength * self._curves).sum(1, keepdim=True)

    def _shift_and_stretch(self, audio: Tensor, dice: Dice) -> Tensor:
        """Plays each clip faster or slower about its middle and shifts it in time, silence following; linear interpolation."""
        batch, samples = audio.shape
        most = self._p.timeShiftMs * self._rate_hz / 1000
        shift = dice.uniform(-most, most, batch, 1)
        speed = 1.0 + dice.uniform(-self._p.speedPercent, self._p.speedPercent, batch, 1) / 100
        middle = (samples - 1) / 2
        if not self._p.speedPercent:
            shift = shift.round()
        # One zero before the clip and two behind it: positions outside fall on them.
        padded = torch.nn.functional.pad(audio, (1, 2))
        position = torch.addcmul(middle + 1 - shift, self._time - middle, speed).clamp_(0, samples + 1)
        left = position.long()
        fraction = position.sub_(left)
        before = padded.gather(1, left)
        return before.lerp_(padded.gather(1, left.add_(1)), fraction)

    def _add_noise(self, audio: Tensor, dice: Dice) -> Tensor:
        """Adds a random stretch of noise at a random signal-to-noise ratio to a random part of the clips."""
        batch, samples = audio.shape
        assert self._noise is not None
        start = self._noise_starts[dice.whole(len(self._noise_starts), batch)]
        start = start + dice.whole(self._noise_step(), batch)
        start = start.clamp(max=len(self._noise) - samples)
        noise = self._noise.unfold(0, samples, 1)[start].float() / 32768.0
        signal_power = audio.square().mean(1, keepdim=True)
        noise_power = noise.square().mean(1, keepdim=True).clamp(min=1e-12)
        ratio = 10.0 ** (dice.uniform(min(self._p.noiseSnrDb), max(self._p.noiseSnrDb), batch, 1) / 10.0)
        level = torch.sqrt(signal_power / (noise_power * ratio))
        level = torch.where(signal_power < _SILENCE_POWER, dice.uniform(0.0, 1.0, batch, 1), level)
        chosen = dice.uniform(0.0, 1.0, batch, 1) < self._p.noiseProbability
        return torch.addcmul(audio, noise, level * chosen)

    def _noise_step(self) -> int:
        return max(1, self._clips.samples // 4)

    def _pitch_bases(self) -> Tensor | None:
        """Mel filters for clips of higher or lower voice [step, bin, mel]: vocal tract length perturbation (Jaitly and Hinton, 2013)."""
        if not self._p.pitchPercent:
            return None
        warps = torch.linspace(1 - self._p.pitchPercent / 100, 1 + self._p.pitchPercent / 100, _PITCH_STEPS).tolist()
        return torch.stack([mel_basis(self._mfcc.settings, warp) for warp in warps]).to(self._device)


def mask_stretches(features: Tensor, parameters: Parameters, dice: Dice) -> Tensor:
    """SpecAugment (Park et al., 2019): replaces random stretches of frames and of bands by the clip's mean. [batch, 1, band, frame]"""
    mean = features.mean(dim=(2, 3), keepdim=True)
    for count, longest, axis in (
        (parameters.bandMasks, parameters.bandMaskBands, 2),
        (parameters.timeMasks, parameters.timeMaskFrames, 3),
    ):
        size = features.shape[axis]
        position = torch.arange(size, device=features.device)
        for _ in range(count):
            length = dice.uniform(0.0, min(longest, size) + 1.0, len(features), 1).floor()
            start = (dice.uniform(0.0, 1.0, len(features), 1) * (size - length + 1)).floor()
            masked = (position >= start) & (position < start + length)
            shape = (len(features), 1, size, 1) if axis == 2 else (len(features), 1, 1, size)
            features = torch.where(masked.view(shape), mean, features)
    return features


def _stretch_starts(recordings: list[np.ndarray], samples: int) -> Tensor:
    """Starts of noise stretches that lie within one recording, a quarter of a clip apart."""
    starts: list[int] = []
    offset = 0
    for recording in recordings:
        last = len(recording) - samples - samples // 4
        starts.extend(range(offset, offset + max(last, 1), max(1, samples // 4)))
        offset += len(recording)
    return torch.tensor(starts, dtype=torch.int64)
