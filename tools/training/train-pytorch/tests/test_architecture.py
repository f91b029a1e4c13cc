"""Architectures: reading, checking, fitting to an input."""

import pytest
import torch

from train_pytorch.architecture import parse_architecture
from train_pytorch.errors import TrainError
from train_pytorch.graph import lower
from train_pytorch.mfcc import dct_basis
from train_pytorch.network import Network, initialize
from train_pytorch.presets import PRESETS, preset_architecture

CONV = {"type": "conv", "kernel": [3, 3], "channels": 8}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_writing_and_reading(name: str) -> None:
    preset = preset_architecture(name, (2, 2))
    again = parse_architecture(preset.to_json())
    assert lower(again, (1, 40, 32), 12) == lower(preset, (1, 40, 32), 12)


def test_underscores_stand_for_dashes() -> None:
    assert preset_architecture("ds_kws1", (2, 2)) == preset_architecture("ds-kws1", (2, 2))


def test_an_unknown_preset_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TrainError, match="did you mean kws-cnn"):
        preset_architecture("kws_cn", (2, 2))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"layers": []}, "layers"),
        ({"name": 'a"b', "layers": [CONV]}, "name"),
        ({"layers": [{**CONV, "kernel": [0, 3]}]}, r"layers\[0\].kernel"),
        ({"layers": [CONV, {**CONV, "channels": 10**9}]}, r"layers\[1\].channels"),
        ({"layers": [{**CONV, "colour": 1}]}, "colour"),
        ({"layers": [{"type": "recurrent"}]}, "recurrent"),
        ({"layers": [{"type": "residual", "layers": []}]}, r"layers\[0\]"),
        ({"layers": [{**CONV, "separable": 1}]}, "separable"),
        ([], "layers"),
    ],
)
def test_a_malformed_architecture_names_the_place(value: object, place: str) -> None:
    with pytest.raises(TrainError, match=place) as caught:
        parse_architecture(value)
    assert caught.value.code == "TRAIN_ARCHITECTURE"


def test_a_kernel_larger_than_its_input_is_refused() -> None:
    architecture = parse_architecture({"layers": [{**CONV, "kernel": [9, 9], "pad": [0, 0]}]})
    with pytest.raises(TrainError, match="conv1: kernel 9x9 does not fit its input of 5x5"):
        lower(architecture, (1, 5, 5), 2)


def test_a_residual_block_gets_a_shortcut_only_where_the_shape_changes() -> None:
    block = {"type": "residual", "layers": [CONV, CONV]}
    nodes = lower(
        parse_architecture({"layers": [CONV, block, {**block, "layers": [{**CONV, "channels": 9}]}]}), (1, 8, 8), 2
    ).nodes
    assert [node.name for node in nodes if "shortcut" in node.name and node.op == "conv"] == ["block3_shortcut"]


def test_a_spectrum_layer_gives_back_the_spectrum_that_normalized_coefficients_describe() -> None:
    generator = torch.Generator().manual_seed(3)
    spectrum = torch.randn(5, 1, 24, 7, generator=generator, dtype=torch.float64).float()
    coefficients = (spectrum.transpose(2, 3) @ dct_basis(24, 24)).transpose(2, 3)
    deviation = torch.rand(24, generator=generator) + 0.5
    network = Network(lower(parse_architecture({"layers": [{"type": "spectrum"}, CONV]}), (1, 24, 7), 3))
    initialize(network, generator, deviation)
    restored = network.parts["spectrum"](coefficients / deviation[:, None]).reshape(5, 1, 24, 7)
    scale = deviation.square().mean().sqrt()
    assert torch.allclose(restored * scale, spectrum, atol=1e-5)


def test_a_spectrum_layer_stands_first_or_nowhere() -> None:
    with pytest.raises(TrainError, match="must be the first layer"):
        lower(parse_architecture({"layers": [CONV, {"type": "spectrum"}]}), (1, 40, 32), 3)
    with pytest.raises(TrainError, match="no further fields"):
        parse_architecture({"layers": [{"type": "spectrum", "kernel": [1, 1]}]})
    architecture = parse_architecture({"layers": [{"type": "spectrum"}, CONV]})
    assert parse_architecture(architecture.to_json()) == architecture
