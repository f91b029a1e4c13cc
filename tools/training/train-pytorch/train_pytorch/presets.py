"""Architectures by name: the paper's keyword-spotting nets, and residual nets for small data on a CPU.

The tables of kws-cnn and kws1, kws3, kws9 are table 1 of the Bonseyes AI Pipeline paper (de Prado et al., 2020); conv1 has
stride 1x2 and conv2 the parameter conv2Stride (2x2 in the paper). The ds- nets have separable convolutions from conv2 on.
"""

from __future__ import annotations

import difflib

from .architecture import Architecture, ConvLayer, Layer, ResidualBlock, SpectrumLayer
from .errors import TrainError

# kernel height, kernel width, channels
_PAPER_TABLES: dict[str, list[tuple[int, int, int]]] = {
    "cnn": [(4, 10, 100)] + [(3, 3, 100)] * 5,
    "1": [(3, 3, 40), (3, 3, 30), (1, 1, 30), (5, 5, 50), (5, 5, 50), (5, 5, 50)],
    "3": [(5, 5, 50), (1, 1, 30), (5, 5, 40), (3, 3, 20), (5, 5, 30), (3, 3, 50)],
    "9": [(5, 5, 50), (1, 1, 20), (1, 1, 50), (3, 3, 20), (5, 5, 20), (3, 3, 40)],
}
_PAPER_NETS: dict[str, tuple[str, bool]] = {
    "kws-cnn": ("cnn", False),
    "kws-ds-cnn": ("cnn", True),
    "kws1": ("1", False),
    "kws3": ("3", False),
    "kws9": ("9", False),
    "ds-kws1": ("1", True),
    "ds-kws3": ("3", True),
    "ds-kws9": ("9", True),
}

_RESIDUAL_WIDTHS = {"kws-res": 1.0, "kws-res-wide": 1.5}

PRESETS = (*_PAPER_NETS, *_RESIDUAL_WIDTHS)


def preset_architecture(name: str, conv2_stride: tuple[int, int]) -> Architecture:
    """The preset of that name; `_` may stand for `-`. @throws TRAIN_ARCHITECTURE with the nearest known name"""
    key = name.replace("_", "-").lower()
    if key in _RESIDUAL_WIDTHS:
        return Architecture(key, _residual_net(_RESIDUAL_WIDTHS[key]))
    if key in _PAPER_NETS:
        table, separable = _PAPER_NETS[key]
        return Architecture(key, _paper_net(_PAPER_TABLES[table], separable, conv2_stride))
    nearest = difflib.get_close_matches(key, PRESETS, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"known are {', '.join(PRESETS)}"
    raise TrainError("TRAIN_ARCHITECTURE", f"parameters.architecture: {name} is no preset; {hint}")


def _paper_net(table: list[tuple[int, int, int]], separable: bool, conv2_stride: tuple[int, int]) -> tuple[Layer, ...]:
    strides = [(1, 2), conv2_stride] + [(1, 1)] * (len(table) - 2)
    return tuple(
        ConvLayer((height, width), channels, stride, separable and index > 0)
        for index, ((height, width, channels), stride) in enumerate(zip(table, strides))
    )


def _residual_net(width: float) -> tuple[Layer, ...]:
    """Kernels over frequency and time on the spectrum, then a net over time with all rows gathered as channels, after
    TC-ResNet (Choi et al., 2019). A voice of another pitch shifts what the first part finds, in place of changing it.

    @param width factor on all numbers of channels
    """
    channels = lambda count: round(count * width)  # noqa: E731
    return (
        SpectrumLayer(),
        ConvLayer((5, 5), channels(16), (2, 1)),
        _residual((3, 3), channels(32), (2, 1)),
        _residual((3, 3), channels(48), (2, 2)),
        ConvLayer(("full", 1), channels(96)),
        _residual((1, 5), channels(96)),
        _residual((1, 5), channels(96)),
        _residual((1, 5), channels(128), (1, 2)),
        _residual((1, 5), channels(128)),
    )


def _residual(kernel: tuple[int, int], channels: int, stride: tuple[int, int] = (1, 1)) -> ResidualBlock:
    return ResidualBlock((ConvLayer(kernel, channels, stride), ConvLayer(kernel, channels)))
