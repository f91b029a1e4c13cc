"""Checkpoints in the job's scratch directory: written whole or not at all, and used only by the job that wrote them."""

from __future__ import annotations

import hashlib
import io
import json
import os
from pathlib import Path
from typing import Any

import torch

from .data import Features
from .errors import EXIT_TRANSIENT, TrainError
from .parameters import Parameters

_NAME = "checkpoint.pt"
_DIGEST_BYTES = 32


def job_key(
    parameters: Parameters, features: Features, architecture: dict[str, Any], audio: bool, threads: int, device: str
) -> str:
    """Names everything that the weights depend on, so that a checkpoint of another job is never continued."""
    digest = hashlib.sha256()
    described = {
        "parameters": {name: value for name, value in parameters.as_json().items() if name != "checkpointEvery"},
        "architecture": architecture,
        "classes": features.classes,
        "audio": audio,
        "threads": threads,
        "device": device,
        "torch": torch.__version__,
    }
    digest.update(json.dumps(described, sort_keys=True).encode())
    for split in (features.train, features.validation):
        digest.update(split.data)
        digest.update(split.label)
    return digest.hexdigest()


def save_checkpoint(scratch: Path, key: str, state: dict[str, Any]) -> None:
    """Writes the state beside the old checkpoint, syncs it to disk and puts it in the old one's place. @throws TRAIN_DISK"""
    buffer = io.BytesIO()
    torch.save({"key": key, **state}, buffer)
    content = buffer.getvalue()
    temporary = scratch / f"{_NAME}.new"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, scratch / _NAME)
    except OSError as error:
        raise TrainError(
            "TRAIN_DISK",
            f"scratch/{_NAME}: cannot be written ({error.strerror}); free some disk and try again",
            EXIT_TRANSIENT,
        ) from None


def load_checkpoint(scratch: Path, key: str) -> dict[str, Any] | None:
    """The state that the same job saved; None without one, or when it is damaged or another job's (training then starts anew)."""
    try:
        content = (scratch / _NAME).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content[_DIGEST_BYTES:]).digest() != content[:_DIGEST_BYTES]:
        return None
    state = torch.load(io.BytesIO(content[_DIGEST_BYTES:]), map_location="cpu", weights_only=True)
    return state if state.get("key") == key else None
