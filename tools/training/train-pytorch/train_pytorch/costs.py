"""What a network costs: parameters, multiply-adds, and the paper's MFPops."""

from __future__ import annotations

from dataclasses import replace

from .architecture import Architecture, ConvLayer
from .graph import Graph, Node, lower

# MFPops counts each convolution as if it ran at 40 x 16 positions, whatever its stride, and a multiply-add as two operations.
_MFPOPS_POSITIONS = 40 * 16


def conv_weights(node: Node) -> int:
    """Number of weights of a convolution node."""
    return node.shape[0] * (node.in_channels // node.groups) * node.kernel[0] * node.kernel[1]


def parameter_count(graph: Graph) -> int:
    """Trained numbers: weights, biases of the output layer, scale and shift of the batch norms."""
    counts = {
        "conv": conv_weights,
        "batchnorm": lambda node: 2 * node.shape[0],
        "dense": lambda node: node.shape[0] * (node.in_channels + 1),
    }
    return sum(counts[node.op](node) for node in graph.nodes if node.op in counts)


def multiply_adds(graph: Graph) -> int:
    """Multiply-adds of one inference, those on padding included, batch norm folded."""
    convolutions = sum(
        conv_weights(n) * n.shape[1] * n.shape[2] for n in graph.nodes if n.op in ("conv", "spectrum")
    )
    return convolutions + sum(n.shape[0] * n.in_channels for n in graph.nodes if n.op == "dense")


def mfpops(graph: Graph) -> float:
    """The paper's MFPops: trained convolutions only, in millions, to the digit that the paper prints."""
    weights = sum(conv_weights(node) for node in graph.nodes if node.op == "conv")
    return round(2 * weights * _MFPOPS_POSITIONS / 1e6, 1)


def separable_first(architecture: Architecture) -> Architecture:
    """The same layer list with conv1 separable: how the paper's figures for its separable nets come out."""
    first = architecture.layers[0]
    if not isinstance(first, ConvLayer):
        return architecture
    return replace(architecture, layers=(replace(first, separable=True), *architecture.layers[1:]))


def mfpops_separable_first(architecture: Architecture, graph: Graph) -> float:
    """MFPops of the layer list with conv1 counted as separable too."""
    return mfpops(lower(separable_first(architecture), graph.input_shape, graph.classes))
