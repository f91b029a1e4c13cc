"""The architecture of a network as a layer list: reading, checking and writing `architecture.json`.

    {"name": "mine", "layers": [
      {"type": "conv", "kernel": [3, 3], "channels": 40, "stride": [1, 2], "separable": false},
      {"type": "spectrum"},
      {"type": "residual", "layers": [{"type": "conv", "kernel": [1, 9], "channels": 64, "stride": [1, 2]}, ...]}
    ]}

Each convolution is followed by batch norm and ReLU; a separable one is a depthwise convolution (batch norm, ReLU) and a
1x1 convolution (batch norm, ReLU). A residual block adds its input (through a 1x1 convolution where the shape changes) to
its last convolution's batch norm and applies ReLU to the sum. Average pooling over the map and the output layer follow
the list and are not part of it. A kernel height of "full" covers the whole height of the map, without padding.

A spectrum layer, which can only be the first, turns cepstral coefficients back into the spectrum that they describe, so that
small kernels find neighbours in frequency; it has fixed weights, neither batch norm nor ReLU.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import TrainError

MAX_LAYERS = 1000
MAX_CHANNELS = 16384
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")  # it goes into file formats that have their own quoting rules


@dataclass(frozen=True)
class ConvLayer:
    """A convolution with batch norm and ReLU; `kernel`, `stride` and `pad` are height x width."""

    kernel: tuple[int | str, int]
    channels: int
    stride: tuple[int, int] = (1, 1)
    separable: bool = False
    pad: tuple[int, int] | None = None  # None: (k - 1) // 2, which keeps the size for odd kernels


@dataclass(frozen=True)
class ResidualBlock:
    """Convolutions whose result is added to their input."""

    layers: tuple[ConvLayer, ...]


@dataclass(frozen=True)
class SpectrumLayer:
    """The inverse cosine transform of each frame: [1, band, frame] of coefficients -> [1, band, frame] of log energies."""


Layer = ConvLayer | ResidualBlock | SpectrumLayer


@dataclass(frozen=True)
class Architecture:
    """A named layer list."""

    name: str
    layers: tuple[Layer, ...]

    def to_json(self) -> dict[str, Any]:
        """The value that `architecture.json` holds; parsing it gives an equal architecture."""
        return {"name": self.name, "layers": [_layer_to_json(layer) for layer in self.layers]}


def read_architecture(directory: Path) -> Architecture:
    """Reads `architecture.json` from an architecture artifact. @throws TRAIN_ARCHITECTURE"""
    path = directory / "architecture.json"
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TrainError("TRAIN_ARCHITECTURE", f"architecture.json: not readable as JSON ({error})") from None
    return parse_architecture(value)


def parse_architecture(value: Any) -> Architecture:
    """Reads an architecture from JSON. @throws TRAIN_ARCHITECTURE, naming the layer"""
    if not isinstance(value, dict) or not isinstance(value.get("layers"), list) or not value["layers"]:
        raise _error("layers", "is not a list with at least one layer")
    name = value.get("name", "network")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise _error("name", f"{name!r} must consist of 1 to 64 letters, digits, dots, - and _")
    if len(value["layers"]) > MAX_LAYERS:
        raise _error("layers", f"has {len(value['layers'])} layers; at most {MAX_LAYERS} are allowed")
    return Architecture(name, tuple(_parse_layer(item, f"layers[{i}]") for i, item in enumerate(value["layers"])))


def _parse_layer(value: Any, place: str) -> Layer:
    if not isinstance(value, dict):
        raise _error(place, "is not an object")
    kind = value.get("type", "conv")
    if kind == "conv":
        return _parse_conv(value, place)
    if kind == "residual":
        layers = value.get("layers")
        if not isinstance(layers, list) or not layers:
            raise _error(place, "residual needs a list of layers")
        return ResidualBlock(tuple(_parse_conv(item, f"{place}.layers[{i}]") for i, item in enumerate(layers)))
    if kind == "spectrum":
        if len(value) > 1:
            raise _error(place, "spectrum takes no further fields")
        return SpectrumLayer()
    raise _error(place, f"type {kind!r} is unknown; use conv, residual or spectrum")


def _parse_conv(value: Any, place: str) -> ConvLayer:
    allowed = {"type", "kernel", "channels", "stride", "separable", "pad"}
    if not isinstance(value, dict) or value.get("type", "conv") != "conv":
        raise _error(place, "is not a conv layer")
    for name in value:
        if name not in allowed:
            raise _error(place, f"has the unknown field {name!r}; known are {', '.join(sorted(allowed))}")
    kernel = value.get("kernel")
    if not isinstance(kernel, list) or len(kernel) != 2:
        raise _error(place, "kernel must be [height, width]")
    height = "full" if kernel[0] == "full" else _whole(kernel[0], f"{place}.kernel", 1)
    pad = value.get("pad")
    separable = value.get("separable", False)
    if not isinstance(separable, bool):
        raise _error(f"{place}.separable", "must be true or false")
    return ConvLayer(
        kernel=(height, _whole(kernel[1], f"{place}.kernel", 1)),
        channels=_whole(value.get("channels"), f"{place}.channels", 1, MAX_CHANNELS),
        stride=_pair(value.get("stride", [1, 1]), f"{place}.stride", 1),
        separable=separable,
        pad=None if pad is None else _pair(pad, f"{place}.pad", 0),
    )


def _pair(value: Any, place: str, least: int) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise _error(place, "must be [height, width]")
    return _whole(value[0], place, least), _whole(value[1], place, least)


def _whole(value: Any, place: str, least: int, most: int = 1024) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _error(place, f"{value!r} must be a whole number from {least} to {most}")
    return value


def _layer_to_json(layer: Layer) -> dict[str, Any]:
    if isinstance(layer, SpectrumLayer):
        return {"type": "spectrum"}
    if isinstance(layer, ResidualBlock):
        return {"type": "residual", "layers": [_layer_to_json(item) for item in layer.layers]}
    value: dict[str, Any] = {
        "type": "conv",
        "kernel": list(layer.kernel),
        "channels": layer.channels,
        "stride": list(layer.stride),
        "separable": layer.separable,
    }
    if layer.pad is not None:
        value["pad"] = list(layer.pad)
    return value


def _error(place: str, message: str) -> TrainError:
    return TrainError("TRAIN_ARCHITECTURE", f"architecture.{place}: {message}")
