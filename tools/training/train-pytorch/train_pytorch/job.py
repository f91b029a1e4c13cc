"""Reads `job.json`, whose path the environment variable SEDGE_JOB gives: the tool contract's side of this tool."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import TrainError
from .parameters import Parameters, parse_parameters


@dataclass(frozen=True)
class JobInput:
    """An input artifact: its files' directory and its typed metadata."""

    path: Path
    metadata: dict[str, Any] | None


@dataclass(frozen=True)
class Job:
    """What is to be computed, and where the results go."""

    features: JobInput
    dataset: JobInput | None
    architecture: JobInput | None
    model_directory: Path
    curves_directory: Path
    parameters: Parameters
    scratch: Path
    threads: int


def read_job(environment: Mapping[str, str] = os.environ) -> Job:
    """Reads the job file. @throws TRAIN_JOB, TRAIN_PARAMETERS"""
    if "SEDGE_JOB" not in environment:
        raise TrainError("TRAIN_JOB", "SEDGE_JOB is not set; it must name the job file (see --help)")
    path = Path(environment["SEDGE_JOB"])
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError("TRAIN_JOB", f"{path.name}: not readable as JSON ({error})") from None
    try:
        return _parse(value)
    except (KeyError, TypeError, AttributeError) as error:
        raise TrainError("TRAIN_JOB", f"{path.name}: lacks or misplaces {error}; see the tool contract") from None


def _parse(value: dict[str, Any]) -> Job:
    inputs, outputs = value["inputs"], value["outputs"]
    features = _input(inputs, "features")
    if features is None:
        raise KeyError("inputs.features")
    threads = value["threads"]
    if not isinstance(threads, int) or threads < 1:
        raise TrainError("TRAIN_JOB", f"job file: threads is {threads!r}; it must be a whole number from 1")
    return Job(
        features=features,
        dataset=_input(inputs, "dataset"),
        architecture=_input(inputs, "architecture"),
        model_directory=Path(outputs["model"]["path"]),
        curves_directory=Path(outputs["curves"]["path"]),
        parameters=parse_parameters(value["parameters"]),
        scratch=Path(value["scratch"]),
        threads=threads,
    )


def _input(inputs: dict[str, Any], name: str) -> JobInput | None:
    value = inputs.get(name)
    return None if value is None else JobInput(Path(value["path"]), value.get("metadata"))
