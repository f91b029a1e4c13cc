"""The paper's cost figures, and the real ones."""

import pytest

from train_pytorch.costs import mfpops, mfpops_separable_first, multiply_adds, parameter_count
from train_pytorch.graph import lower
from train_pytorch.presets import PRESETS, preset_architecture

INPUT = (1, 40, 32)


def graph_of(name: str, conv2_stride: tuple[int, int] = (2, 2)):
    architecture = preset_architecture(name, conv2_stride)
    return architecture, lower(architecture, INPUT, 12)


@pytest.mark.parametrize(("name", "expected"), [("kws-cnn", 581.1), ("kws1", 223.4), ("kws3", 87.6), ("kws9", 37.7)])
def test_mfpops_of_plain_nets_are_the_papers(name: str, expected: float) -> None:
    assert mfpops(graph_of(name)[1]) == expected


@pytest.mark.parametrize(
    ("name", "ordinary", "separable"), [("kws-ds-cnn", 74.9, 69.9), ("ds-kws3", 11.2, 9.7), ("ds-kws9", 8.5, 7.0)]
)
def test_mfpops_of_separable_nets_are_the_papers_with_conv1_separable(
    name: str, ordinary: float, separable: float
) -> None:
    architecture, graph = graph_of(name)
    assert mfpops(graph) == ordinary
    assert mfpops_separable_first(architecture, graph) == separable


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("kws-cnn", 74.5),
        ("kws1", 28.1),
        ("kws3", 11.6),
        ("kws9", 5.3),
        ("kws-ds-cnn", 11.2),
        ("ds-kws1", 2.2),
        ("ds-kws3", 2.0),
        ("ds-kws9", 1.7),
    ],
)
def test_multiply_adds_follow_the_strides(name: str, millions: float) -> None:
    assert round(multiply_adds(graph_of(name)[1]) / 1e6, 1) == millions


def test_conv2_stride_changes_multiply_adds_but_not_mfpops() -> None:
    assert multiply_adds(graph_of("kws1", (1, 1))[1]) > 3.5 * multiply_adds(graph_of("kws1")[1])
    assert mfpops(graph_of("kws1", (1, 1))[1]) == 223.4


def test_conv1_of_kws_cnn_gives_39_by_16_positions() -> None:
    nodes = graph_of("kws-cnn")[1].nodes
    assert nodes[0].pad == (1, 4)
    assert nodes[0].shape == (100, 39, 16)
    assert nodes[3].shape == (100, 20, 8)


@pytest.mark.parametrize("name", PRESETS)
def test_counted_parameters_are_those_of_the_network(name: str) -> None:
    from train_pytorch.network import Network

    graph = graph_of(name)[1]
    assert parameter_count(graph) == sum(value.numel() for value in Network(graph).parameters())
