"""The trainable network of a graph."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .graph import INPUT, OUTPUT, Graph, Node
from .mfcc import dct_basis

BATCHNORM_EPS = 1e-5
_WEIGHTED = ("conv", "batchnorm", "dense", "spectrum")


class Network(nn.Module):
    """Runs a graph's operators: [batch, channels, height, width] -> logits [batch, classes]."""

    def __init__(self, graph: Graph, dropout: float = 0.0) -> None:
        super().__init__()
        self.graph = graph
        self.dropout = nn.Dropout(dropout)
        self.parts = nn.ModuleDict(
            {node.name: _module(node) for node in graph.nodes if node.op in _WEIGHTED}
        )
        self._last_use = {name: index for index, node in enumerate(graph.nodes) for name in node.inputs}

    def forward(self, features: Tensor) -> Tensor:
        """[batch, channels, height, width] -> logits [batch, classes]"""
        values: dict[str, Tensor] = {INPUT: features}
        for index, node in enumerate(self.graph.nodes):
            arguments = [values[name] for name in node.inputs]
            values[node.name] = self._run(node, arguments)
            for name in node.inputs:
                if self._last_use[name] == index:
                    values.pop(name, None)
        return values[OUTPUT]

    def _run(self, node: Node, arguments: list[Tensor]) -> Tensor:
        if node.op == "relu":
            return torch.relu_(arguments[0])
        if node.op == "add":
            return arguments[0] + arguments[1]
        if node.op == "reshape":
            return arguments[0].reshape(-1, *node.shape)
        if node.op == "pool":
            return arguments[0].mean(dim=(2, 3))
        if node.op == "dense":
            return self.parts[node.name](self.dropout(arguments[0]))
        return self.parts[node.name](arguments[0])


class Spectrum(nn.Module):
    """The inverse of the orthonormal cosine transform, as a convolution [batch, 1, band, frame] -> [batch, band, 1, frame]."""

    weight: Tensor

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(bands, 1, bands, 1))

    def forward(self, features: Tensor) -> Tensor:
        """[batch, 1, band, frame] -> [batch, band, 1, frame]"""
        return nn.functional.conv2d(features, self.weight)

    def set_deviation(self, deviation: Tensor) -> None:
        """Makes the weights for features that were divided by `deviation` [band], so that the spectrum has its own proportions."""
        basis = dct_basis(len(deviation), len(deviation)) * (deviation / deviation.square().mean().sqrt())
        self.weight.copy_(basis[:, None, :, None])


def initialize(network: Network, generator: torch.Generator, deviation: Tensor) -> None:
    """He initialization (He et al., 2015) from an own generator, so that weights depend on the seed alone.

    @param deviation of the features before they were normalized, [band]
    """
    for module in network.modules():
        if isinstance(module, Spectrum):
            module.set_deviation(deviation.cpu())
        elif isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu", generator=generator)
        elif isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5, generator=generator)
            nn.init.zeros_(module.bias)


def _module(node: Node) -> nn.Module:
    if node.op == "conv":
        return nn.Conv2d(
            node.in_channels, node.shape[0], node.kernel, node.stride, node.pad, groups=node.groups, bias=False
        )
    if node.op == "spectrum":
        return Spectrum(node.shape[0])
    if node.op == "batchnorm":
        return nn.BatchNorm2d(node.shape[0], eps=BATCHNORM_EPS)
    return nn.Linear(node.in_channels, node.shape[0])
