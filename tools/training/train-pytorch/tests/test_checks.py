"""Bad input is refused with a code and a message that names thing, place and mend."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import yaml
from conftest import TOOL, default_parameters

from train_pytorch.audio import read_audio
from train_pytorch.data import read_features
from train_pytorch.errors import CODES, TrainError
from train_pytorch.parameters import Parameters, parse_parameters
from train_pytorch.presets import PRESETS
from train_pytorch.schedule import learning_rate


def change(path: Path, edit: Callable[[h5py.File], Any]) -> None:
    with h5py.File(path, "r+") as file:
        edit(file)


def set_value(name: str, index: Any, value: Any) -> Callable[[h5py.File], Any]:
    def edit(file: h5py.File) -> None:
        file[name][index] = value

    return edit


def replace(name: str, value: Any) -> Callable[[h5py.File], Any]:
    def edit(file: h5py.File) -> None:
        del file[name]
        file[name] = value

    return edit


FEATURE_FAULTS = {
    "one class": (
        set_value("train/label", slice(None), 1),
        "TRAIN_ONE_CLASS",
        "all 48 clips of /train are of the class high",
    ),
    "a label too high": (set_value("validation/label", 3, 3), "TRAIN_LABELS", "/validation validation/3 has label 3"),
    "a negative label": (set_value("train/label", 0, -1), "TRAIN_LABELS", "label -1"),
    "a NaN": (set_value("train/data", (5, 0, 2, 1), np.nan), "TRAIN_NOT_FINITE", "train/5 holds NaN"),
    "an infinite value": (set_value("validation/data", (0, 0, 0, 0), np.inf), "TRAIN_NOT_FINITE", "validation/0"),
    "no validation split": (lambda file: file.pop("validation"), "TRAIN_FEATURES", "/validation lacks"),
    "no labels": (lambda file: file["train"].pop("label"), "TRAIN_FEATURES", "/train lacks"),
    "other shapes": (
        replace("validation/data", np.zeros((18, 1, 20, 9), np.float32)),
        "TRAIN_FEATURES",
        "the same parameters",
    ),
    "three dimensions": (replace("train/data", np.zeros((48, 20, 16), np.float32)), "TRAIN_FEATURES", "4 dimensions"),
    "too few labels": (replace("train/label", np.zeros(3, np.int64)), "TRAIN_FEATURES", "48 clips, 3 labels"),
    "no classes": (lambda file: file.attrs.pop("classes"), "TRAIN_FEATURES", "classes"),
}


@pytest.mark.parametrize("fault", FEATURE_FAULTS)
def test_faulty_features_are_refused(fault: str, artifacts: Path) -> None:
    edit, code, message = FEATURE_FAULTS[fault]
    change(artifacts / "features/features.h5", edit)
    with pytest.raises(TrainError) as caught:
        read_features(artifacts / "features", None)
    assert caught.value.code == code
    assert message in str(caught.value)


def test_an_empty_split_is_refused(artifacts: Path) -> None:
    def empty(file: h5py.File) -> None:
        del file["validation"]
        group = file.create_group("validation")
        group["data"], group["label"] = np.zeros((0, 1, 20, 16), np.float32), np.zeros(0, np.int64)
        group.create_dataset("id", shape=(0,), dtype=h5py.string_dtype())

    change(artifacts / "features/features.h5", empty)
    with pytest.raises(TrainError, match="/validation holds no clips") as caught:
        read_features(artifacts / "features", None)
    assert caught.value.code == "TRAIN_EMPTY_SPLIT"


def test_a_file_cut_short_is_refused(artifacts: Path) -> None:
    path = artifacts / "features/features.h5"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(TrainError, match="not readable as HDF5"):
        read_features(artifacts / "features", None)


def test_a_header_that_claims_terabytes_is_refused(artifacts: Path) -> None:
    def lie(file: h5py.File) -> None:
        del file["train/data"]
        file["train"].create_dataset("data", (48, 1, 2**20, 2**20), np.float32, chunks=(1, 1, 64, 64))

    change(artifacts / "features/features.h5", lie)
    with pytest.raises(TrainError, match="claims"):
        read_features(artifacts / "features", None)


DATASET_FAULTS = {
    "other clips": (
        lambda file: file["train/id"].write_direct(np.array([f"x{i}" for i in range(48)], object)),
        "lacks 48 of the features' clips",
    ),
    "other labels": (set_value("train/label", 0, 2), "label of train/0 differs"),
    "noise beyond its data": (set_value("background/length", 1, 10**6), "samples 8000 to 1008000 of 12000"),
    "noise without lengths": (lambda file: file["background"].pop("length"), "/background lacks"),
}


@pytest.mark.parametrize("fault", DATASET_FAULTS)
def test_a_dataset_that_is_not_the_features_is_refused(fault: str, artifacts: Path) -> None:
    edit, message = DATASET_FAULTS[fault]
    features = read_features(artifacts / "features", None)
    change(artifacts / "dataset/dataset.h5", edit)
    with pytest.raises(TrainError) as caught:
        read_audio(artifacts / "dataset", features)
    assert caught.value.code == "TRAIN_DATASET"
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"iterations": 0}, "iterations"),
        ({"iterations": 1.5}, "iterations"),
        ({"batchSize": 1}, "batchSize"),
        ({"schedule": "linear"}, "schedule"),
        ({"noiseSnrDb": [5]}, "noiseSnrDb"),
        ({"conv2Stride": [2]}, "conv2Stride"),
        ({"warmupIterations": -1}, "warmupIterations"),
        ({"seed": True}, "seed"),
        ({"learnRate": 1}, "learnRate is unknown"),
    ],
)
def test_a_bad_parameter_is_named(changes: dict, place: str) -> None:
    with pytest.raises(TrainError, match=place) as caught:
        parse_parameters({**default_parameters(), **changes})
    assert caught.value.code == "TRAIN_PARAMETERS"


def test_tool_yaml_names_exactly_the_presets() -> None:
    declared = yaml.safe_load((TOOL / "tool.yaml").read_text("utf-8"))["parameters"]["properties"]["architecture"]
    assert declared["enum"] == [*PRESETS, *(name.replace("-", "_") for name in PRESETS if "-" in name)]


@pytest.mark.parametrize("schedule", ["step", "cosine"])
@pytest.mark.parametrize("iterations", [1, 2, 5])
def test_a_warmup_longer_than_the_training_takes_at_most_half_of_it(schedule: str, iterations: int) -> None:
    values = {"iterations": iterations, "warmupIterations": 50, "schedule": schedule, "stepFactor": 1}
    parameters = parse_parameters({**default_parameters(), **values})
    rates = [learning_rate(parameters, iteration) for iteration in range(iterations)]
    assert all(0 < rate <= parameters.learningRate for rate in rates)
    assert rates[iterations // 2] == parameters.learningRate


def test_tool_yaml_declares_exactly_the_parameters_that_are_read() -> None:
    assert list(default_parameters()) == list(Parameters.__dataclass_fields__)
    parse_parameters(default_parameters())


def test_the_manual_has_every_error() -> None:
    readme = (TOOL / "README.md").read_text("utf-8")
    assert [code for code in CODES if code not in readme] == []


def test_each_parameter_is_described_and_nothing_in_tool_yaml_is_empty() -> None:
    def values(value: object) -> list[object]:
        if isinstance(value, dict):
            return [item for entry in value.values() for item in values(entry)]
        return [item for entry in value for item in values(entry)] if isinstance(value, list) else [value]

    tool = yaml.safe_load((TOOL / "tool.yaml").read_text("utf-8"))
    assert None not in values(tool)
    assert all(entry["description"] for entry in tool["parameters"]["properties"].values())
