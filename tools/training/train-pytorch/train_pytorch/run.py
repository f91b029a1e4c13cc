"""One job from its inputs to its outputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from .architecture import Architecture, read_architecture
from .audio import read_audio
from .augment import AudioAugmentation, FeatureAugmentation
from .batches import BatchSource
from .checkpoint import job_key
from .data import Features, read_features
from .errors import TrainError
from .graph import lower
from .job import Job
from .mfcc import Mfcc, parse_mfcc_settings
from .network import Network
from .parameters import Parameters
from .presets import preset_architecture
from .protocol import Protocol
from .results import Training, write_results
from .training import Trainer, TrainingData

_SMALLEST_DEVIATION = 1e-4  # a band that never changes is left as it is


def run_job(job: Job, protocol: Protocol, is_cancelled: Callable[[], bool]) -> None:
    """Trains and writes the artifacts. @throws TrainError, Cancelled"""
    device = prepare_torch(job.parameters, job.threads)
    features = read_features(job.features.path, job.features.metadata)
    architecture = choose_architecture(job)
    graph = lower(architecture, features.shape, len(features.classes))
    mean, deviation = band_statistics(features)
    data = _training_data(job, features, mean, deviation, device)
    trainer = Trainer(job.parameters, data, Network(graph, job.parameters.dropout), device, job.threads)
    key = job_key(job.parameters, features, architecture.to_json(), job.dataset is not None, job.threads, device.type)
    protocol.log(_introduction(architecture, features, device, job))
    trainer.run(job.scratch, key, protocol, is_cancelled)
    training = Training(
        architecture=architecture,
        graph=graph,
        weights=trainer.weights(),
        rows=trainer.curve.rows,
        parameters=job.parameters,
        features=features,
        mean=mean.tolist(),
        deviation=deviation.tolist(),
        audio=job.dataset is not None,
    )
    write_results(training, job.model_directory, job.curves_directory)


def prepare_torch(parameters: Parameters, threads: int) -> torch.device:
    """Fixes what results could depend on: threads, deterministic algorithms, full precision. @throws TRAIN_PARAMETERS without the GPU asked for"""
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = (
        False  # costs time, and nothing here reads what it didn't write
    )
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    if parameters.device == "cuda" and not torch.cuda.is_available():
        raise TrainError("TRAIN_PARAMETERS", "parameters.device: cuda is not available here; use auto or cpu")
    use_gpu = parameters.device != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if use_gpu else "cpu")


def choose_architecture(job: Job) -> Architecture:
    """The input artifact's architecture where one is given, else the preset that the parameter names."""
    if job.architecture:
        return read_architecture(job.architecture.path)
    height, width = job.parameters.conv2Stride
    return preset_architecture(job.parameters.architecture, (height, width))


def band_statistics(features: Features) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each band over the training split, [band] each, summed in double precision."""
    clips, _, bands, frames = features.train.data.shape
    mean, variance = (torch.zeros(bands, dtype=torch.float64) for _ in range(2))
    for slab in features.train_slabs():
        mean += torch.from_numpy(slab).double().sum(dim=(0, 1, 3)) / (clips * frames)
    for slab in features.train_slabs():
        distance = torch.from_numpy(slab).double() - mean[:, None]
        variance += distance.square_().sum(dim=(0, 1, 3)) / (clips * frames)
    deviation = variance.sqrt()
    return mean.float(), torch.where(deviation < _SMALLEST_DEVIATION, 1.0, deviation).float()


def _training_data(job: Job, features: Features, mean: Tensor, deviation: Tensor, device: torch.device) -> TrainingData:
    center, scale = mean.view(1, 1, -1, 1).to(device), deviation.view(1, 1, -1, 1).to(device)
    normalized = lambda data: (torch.from_numpy(data).to(device) - center) / scale  # noqa: E731
    if job.dataset:
        source: BatchSource = _audio_augmentation(job, features, center, scale)
    else:
        stride_ms = features.preprocessing.get("parameters", {}).get("strideMs")
        source = FeatureAugmentation(job.parameters, features.train.data, stride_ms, center, scale)
    return TrainingData(
        source=source,
        train_label=torch.from_numpy(features.train.label).to(device),
        validation=normalized(features.validation.data),
        validation_label=torch.from_numpy(features.validation.label).to(device),
        classes=len(features.classes),
        deviation=deviation,
    )


def _audio_augmentation(job: Job, features: Features, center: Tensor, scale: Tensor) -> AudioAugmentation:
    """Audio augmentation, after a check that the MFCC made here are those that the features hold."""
    assert job.dataset
    mfcc = Mfcc(parse_mfcc_settings(features.preprocessing), center.device)
    audio = read_audio(job.dataset.path, features)
    if audio.sample_rate_hz != mfcc.settings.sample_rate_hz:
        raise TrainError(
            "TRAIN_DATASET",
            f"dataset.h5: sampleRateHz is {audio.sample_rate_hz}, the features are of {mfcc.settings.sample_rate_hz} Hz; extract the features with the dataset's rate",
        )
    stored = torch.from_numpy(features.train.data[:8]).to(center.device)
    first = torch.from_numpy(audio.clips.read(np.arange(len(stored)))).to(center.device)
    made = mfcc(first.float() / 32768.0)
    if made.shape != stored.shape or float((made - stored).abs().max()) > 1e-3 * float(stored.abs().max()):
        raise TrainError(
            "TRAIN_DATASET",
            "dataset.h5: MFCC of its clips differ from the features; give the dataset and the preprocessing that the features were extracted with",
        )
    return AudioAugmentation(job.parameters, audio, mfcc, center, scale)


def _introduction(architecture: Architecture, features: Features, device: torch.device, job: Job) -> str:
    augmented = "audio" if job.dataset else "features only"
    return (
        f"{architecture.name}: {len(features.train.label)} training and {len(features.validation.label)} validation clips of "
        f"{len(features.classes)} classes, augmentation on {augmented}, on {device.type} with {job.threads} threads"
    )
