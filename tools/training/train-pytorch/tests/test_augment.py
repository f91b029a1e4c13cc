"""Augmentation does what its parameters say."""

from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import PREPROCESSING, default_parameters

from train_pytorch.audio import Audio, Clips, read_audio
from train_pytorch.augment import AudioAugmentation, Dice, FeatureAugmentation, generator_for, mask_stretches
from train_pytorch.data import read_features
from train_pytorch.mfcc import Mfcc, mel_basis, parse_mfcc_settings
from train_pytorch.parameters import Parameters, parse_parameters

CPU = torch.device("cpu")
OFF = {
    "timeShiftMs": 0,
    "speedPercent": 0,
    "pitchPercent": 0,
    "gainDb": 0,
    "noiseProbability": 0,
    "timeMasks": 0,
    "bandMasks": 0,
}


def parameters(**changes: object) -> Parameters:
    return parse_parameters({**default_parameters(), **OFF, **changes})


def dice(index: int = 0) -> Dice:
    return Dice(generator_for(1, "test", index), CPU)


def augmentation(directory: Path, **changes: object) -> tuple[AudioAugmentation, torch.Tensor]:
    features = read_features(directory / "features", None)
    audio = read_audio(directory / "dataset", features)
    mfcc = Mfcc(parse_mfcc_settings(PREPROCESSING), CPU)
    zero, one = torch.zeros(1, 1, 20, 1), torch.ones(1, 1, 20, 1)
    return AudioAugmentation(parameters(**changes), audio, mfcc, zero, one), torch.from_numpy(features.train.data)


def test_with_everything_off_audio_gives_the_stored_features(artifacts: Path) -> None:
    source, stored = augmentation(artifacts)
    rows = torch.tensor([3, 1, 47])
    assert torch.allclose(source.batch(rows, dice()), stored[rows], rtol=1e-5, atol=1e-3)


def test_a_pitch_range_around_one_keeps_the_middle_filters() -> None:
    settings = parse_mfcc_settings(PREPROCESSING)
    assert torch.equal(mel_basis(settings, 1.0), mel_basis(settings))
    higher = mel_basis(settings, 1.1)
    assert higher.argmax(0)[5] > mel_basis(settings).argmax(0)[5]
    assert higher[-1].sum() == mel_basis(settings)[-1].sum()


def test_a_shift_moves_samples_and_fills_with_silence(artifacts: Path) -> None:
    source, _ = augmentation(artifacts, timeShiftMs=50)
    clip = torch.arange(1.0, 2049.0).repeat(30, 1)
    moved = source._shift_and_stretch(clip, dice())
    offsets = {int(row[row > 0][0] - 1 if row[0] else -(row == 0).sum()) for row in moved}
    assert len(offsets) > 10 and max(map(abs, offsets)) <= 400
    for row in moved:
        kept = row[row > 0]
        assert torch.equal(kept, torch.arange(float(kept[0]), float(kept[-1]) + 1))


def test_the_equalizer_shifts_the_low_coefficients_by_a_constant_over_the_clip(artifacts: Path) -> None:
    source, stored = augmentation(artifacts, equalizerDb=6)
    rows = torch.arange(12)
    shift = (source.batch(rows, dice()) - stored[rows])[:, 0]
    assert torch.allclose(shift, shift[:, :, :1].expand_as(shift), atol=2e-3)
    # A curve of 6 dB at its ends is a cosine of 20 bands: 6 * sqrt(20 / 2) in the orthonormal transform.
    largest = shift[:, :, 0].abs().amax(0)
    assert (largest[1:4] > 5).all() and (largest[1:4] <= 6.1 * 10**0.5).all()
    assert largest[0] < 2e-3 and (largest[4:] < 2e-3).all()


def test_only_noise_of_the_training_split_is_read(artifacts: Path) -> None:
    audio = read_audio(artifacts / "dataset", read_features(artifacts / "features", None))
    assert [len(recording) for recording in audio.noise] == [8000]


def test_noise_has_the_wanted_ratio_to_the_signal(artifacts: Path) -> None:
    source, _ = augmentation(artifacts, noiseProbability=1, noiseSnrDb=[10, 10])
    clip = torch.sin(torch.arange(2048.0)).repeat(5, 1)
    noise = source._add_noise(clip, dice()) - clip
    ratio_db = 10 * torch.log10(clip.square().mean(1) / noise.square().mean(1))
    assert torch.allclose(ratio_db, torch.full((5,), 10.0), atol=0.01)


def test_clips_longer_than_the_noise_go_without_it() -> None:
    audio = Audio(8000, Clips(np.ones((2, 2048), np.int16), np.arange(2)), [np.ones(100, np.int16)])
    mfcc = Mfcc(parse_mfcc_settings(PREPROCESSING), CPU)
    source = AudioAugmentation(
        parameters(noiseProbability=1), audio, mfcc, torch.zeros(1, 1, 20, 1), torch.ones(1, 1, 20, 1)
    )
    assert source.batch(torch.tensor([0, 1]), dice()).isfinite().all()


def test_clips_that_stay_in_the_file_are_those_that_memory_would_hold(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    features = read_features(artifacts / "features", None)
    wanted = np.array([40, 2, 2, 17])
    held = read_audio(artifacts / "dataset", features).clips.read(wanted)
    monkeypatch.setattr("train_pytorch.audio.HELD_AUDIO_BYTES", 0)
    assert np.array_equal(read_audio(artifacts / "dataset", features).clips.read(wanted), held)


def test_masks_cover_stretches_of_at_most_the_given_length() -> None:
    features = torch.randn(200, 1, 20, 16, generator=torch.Generator().manual_seed(0))
    masked = mask_stretches(features, parameters(timeMasks=1, timeMaskFrames=3, bandMasks=1, bandMaskBands=4), dice())
    changed = (masked != features)[:, 0]
    frames, bands = changed.all(1).sum(1), changed.all(2).sum(1)
    assert frames.max() == 3 and frames.min() == 0
    assert bands.max() == 4 and bands.min() == 0


def test_features_alone_are_shifted_by_whole_frames() -> None:
    features = torch.arange(16.0).expand(50, 1, 20, 16)
    moved = FeatureAugmentation(parameters(timeShiftMs=32), features.numpy(), 16.0, torch.zeros(1), torch.ones(1)).batch(torch.arange(50), dice())
    steps = (moved[:, 0, 0, 8] - 8).unique()
    assert steps.tolist() == [-2, -1, 0, 1, 2]
