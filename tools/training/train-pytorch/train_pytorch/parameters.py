"""The tool's parameters. Their defaults and ranges are declared in tool.yaml; here they are only read and checked across fields."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

from .errors import TrainError


@dataclass(frozen=True)
class Parameters:
    """All parameters of a training, named as in tool.yaml."""

    architecture: str
    conv2Stride: list[int]
    iterations: int
    batchSize: int
    learningRate: float
    schedule: str
    stepFactor: float
    steps: int
    warmupIterations: int
    weightDecay: float
    labelSmoothing: float
    mixup: float
    dropout: float
    averaging: float
    seed: int
    validationEvery: int
    checkpointEvery: int
    timeShiftMs: float
    speedPercent: float
    pitchPercent: float
    gainDb: float
    equalizerDb: float
    noiseProbability: float
    noiseSnrDb: list[float]
    timeMasks: int
    timeMaskFrames: int
    bandMasks: int
    bandMaskBands: int
    device: str

    def as_json(self) -> dict[str, Any]:
        """The parameters as plain JSON values, in the order of tool.yaml."""
        return asdict(self)


def parse_parameters(values: dict[str, Any]) -> Parameters:
    """Reads complete parameters from the job file.

    @throws TRAIN_PARAMETERS when one is missing, unknown, of a wrong type, or contradicts another.
    """
    known = {field.name: field.type for field in fields(Parameters)}
    for name in values:
        if name not in known:
            raise TrainError("TRAIN_PARAMETERS", f"parameters: {name} is unknown; known are {', '.join(known)}")
    missing = [name for name in known if name not in values]
    if missing:
        raise TrainError(
            "TRAIN_PARAMETERS", f"parameters: {missing[0]} is missing; the job file must hold all parameters"
        )
    parameters = Parameters(**{name: _convert(name, str(known[name]), values[name]) for name in known})
    _check(parameters)
    return parameters


def _convert(name: str, kind: str, value: Any) -> Any:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "int" and number and float(value).is_integer():
        return int(value)
    if kind == "float" and number:
        return float(value)
    if kind.startswith("list") and isinstance(value, list):
        return [_convert(name, kind[5:-1], item) for item in value]
    raise TrainError("TRAIN_PARAMETERS", f"parameters.{name}: {value!r} is not of type {kind}; see tool.yaml")


def _check(p: Parameters) -> None:
    rules = {
        "conv2Stride": (len(p.conv2Stride) == 2 and min(p.conv2Stride) >= 1, "two whole numbers from 1"),
        "iterations": (p.iterations >= 1, "at least 1"),
        "batchSize": (p.batchSize >= 2, "at least 2, since batch normalization needs more than one clip"),
        "learningRate": (p.learningRate > 0, "above 0"),
        "schedule": (p.schedule in ("step", "cosine"), "step or cosine"),
        "steps": (p.steps >= 1, "at least 1"),
        "warmupIterations": (p.warmupIterations >= 0, "0 or more"),
        "labelSmoothing": (0 <= p.labelSmoothing < 1, "from 0 and below 1"),
        "mixup": (p.mixup >= 0, "0 or more"),
        "dropout": (0 <= p.dropout < 1, "from 0 and below 1"),
        "averaging": (0 <= p.averaging < 1, "from 0 and below 1"),
        "validationEvery": (p.validationEvery >= 1, "at least 1"),
        "checkpointEvery": (p.checkpointEvery >= 1, "at least 1"),
        "speedPercent": (0 <= p.speedPercent < 100, "from 0 and below 100"),
        "pitchPercent": (0 <= p.pitchPercent <= 50, "from 0 to 50"),
        "noiseProbability": (0 <= p.noiseProbability <= 1, "from 0 to 1"),
        "noiseSnrDb": (len(p.noiseSnrDb) == 2, "two numbers"),
        "device": (p.device in ("auto", "cpu", "cuda"), "auto, cpu or cuda"),
    }
    for name, (holds, wanted) in rules.items():
        if not holds:
            raise TrainError(
                "TRAIN_PARAMETERS", f"parameters.{name}: {getattr(p, name)} is not allowed; it must be {wanted}"
            )
