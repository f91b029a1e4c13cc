"""Lowers an architecture to a flat list of operators with shapes: the one form that training, cost counts and exporters read."""

from __future__ import annotations

from dataclasses import dataclass

from .architecture import Architecture, ConvLayer, ResidualBlock, SpectrumLayer
from .errors import TrainError

INPUT = "input"
OUTPUT = "output"


@dataclass(frozen=True)
class Node:
    """One operator: conv, batchnorm, relu, add, pool (global average), dense, spectrum (a convolution with fixed weights whose
    output channels become rows) or reshape. A node's name is also its result's name."""

    op: str
    name: str
    inputs: tuple[str, ...]
    shape: tuple[int, int, int]  # of the result: [channels, height, width]
    in_channels: int
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    pad: tuple[int, int] = (0, 0)
    groups: int = 1


@dataclass(frozen=True)
class Graph:
    """Operators in an order in which they can run, from `input` [channels, height, width] to `output` [classes]."""

    name: str
    input_shape: tuple[int, int, int]
    classes: int
    nodes: tuple[Node, ...]


def lower(architecture: Architecture, input_shape: tuple[int, int, int], classes: int) -> Graph:
    """The operators of an architecture for an input [channels, height, width]. @throws TRAIN_ARCHITECTURE when a layer doesn't fit"""
    builder = _Builder(input_shape)
    source = INPUT
    for index, layer in enumerate(architecture.layers, start=1):
        if isinstance(layer, ResidualBlock):
            source = builder.residual(source, layer, f"block{index}")
        elif isinstance(layer, SpectrumLayer):
            source = builder.spectrum(source)
        else:
            source = builder.convolution(source, layer, f"conv{index}")
    channels = builder.shapes[source][0]
    pool = builder.add("pool", "pool", (source,), (channels, 1, 1), channels)
    builder.add("dense", OUTPUT, (pool,), (classes, 1, 1), channels)
    return Graph(architecture.name, input_shape, classes, tuple(builder.nodes))


class _Builder:
    def __init__(self, input_shape: tuple[int, int, int]) -> None:
        self.nodes: list[Node] = []
        self.shapes: dict[str, tuple[int, int, int]] = {INPUT: input_shape}

    def add(
        self, op: str, name: str, inputs: tuple[str, ...], shape: tuple[int, int, int], in_channels: int, **attributes
    ) -> str:  # type: ignore[no-untyped-def]
        self.nodes.append(Node(op, name, inputs, shape, in_channels, **attributes))
        self.shapes[name] = shape
        return name

    def residual(self, source: str, block: ResidualBlock, name: str) -> str:
        result = source
        for index, layer in enumerate(block.layers, start=1):
            last = index == len(block.layers)
            result = self.convolution(result, layer, f"{name}_conv{index}", relu=not last)
        shortcut = source
        if self.shapes[source] != self.shapes[result]:
            shortcut = self._shortcut(source, result, name)
        shape = self.shapes[result]
        total = self.add("add", f"{name}_add", (result, shortcut), shape, shape[0])
        return self.add("relu", f"{name}_relu", (total,), shape, shape[0])

    def spectrum(self, source: str) -> str:
        channels, bands, frames = self.shapes[source]
        if source != INPUT or channels != 1:
            raise TrainError(
                "TRAIN_ARCHITECTURE",
                "architecture.layers: spectrum must be the first layer, on features of one channel; put it first or leave it out",
            )
        lines = self.add("spectrum", "spectrum", (source,), (bands, 1, frames), 1, kernel=(bands, 1))
        return self.add("reshape", "spectrum_map", (lines,), (1, bands, frames), bands)

    def convolution(self, source: str, layer: ConvLayer, name: str, relu: bool = True) -> str:
        channels, height, _ = self.shapes[source]
        full = layer.kernel[0] == "full"
        kernel = (height if full else int(layer.kernel[0]), layer.kernel[1])
        pad = layer.pad or (0 if full else (kernel[0] - 1) // 2, (kernel[1] - 1) // 2)
        if layer.separable:
            result = self._conv(source, f"{name}_dw", channels, kernel, layer.stride, pad, channels)
            result = self._norm(result, f"{name}_dw", True)
            result = self._conv(result, f"{name}_pw", layer.channels, (1, 1), (1, 1), (0, 0), 1)
            return self._norm(result, f"{name}_pw", relu)
        return self._norm(self._conv(source, name, layer.channels, kernel, layer.stride, pad, 1), name, relu)

    def _shortcut(self, source: str, result: str, name: str) -> str:
        source_shape, result_shape = self.shapes[source], self.shapes[result]
        stride = (-(-source_shape[1] // result_shape[1]), -(-source_shape[2] // result_shape[2]))
        conv = self._conv(source, f"{name}_shortcut", result_shape[0], (1, 1), stride, (0, 0), 1)
        if self.shapes[conv] != result_shape:
            raise TrainError(
                "TRAIN_ARCHITECTURE",
                f"architecture.{name}: the block maps {list(source_shape)} to {list(result_shape)}, which no 1x1 shortcut matches; "
                "use odd kernels with the default padding inside residual blocks",
            )
        return self._norm(conv, f"{name}_shortcut", False)

    def _conv(
        self,
        source: str,
        name: str,
        channels: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        pad: tuple[int, int],
        groups: int,
    ) -> str:
        in_channels, height, width = self.shapes[source]
        size = tuple((length + 2 * p - k) // s + 1 for length, k, s, p in zip((height, width), kernel, stride, pad))
        if height + 2 * pad[0] < kernel[0] or width + 2 * pad[1] < kernel[1]:
            raise TrainError(
                "TRAIN_ARCHITECTURE",
                f"architecture.{name}: kernel {kernel[0]}x{kernel[1]} does not fit its input of {height}x{width} "
                f"(padding {pad[0]}x{pad[1]}); use a smaller kernel or fewer strides before it",
            )
        return self.add(
            "conv",
            name,
            (source,),
            (channels, size[0], size[1]),
            in_channels,
            kernel=kernel,
            stride=stride,
            pad=pad,
            groups=groups,
        )

    def _norm(self, source: str, name: str, relu: bool) -> str:
        shape = self.shapes[source]
        result = self.add("batchnorm", f"{name}_bn", (source,), shape, shape[0])
        return self.add("relu", f"{name}_relu", (result,), shape, shape[0]) if relu else result
