"""ONNX and Caffe files compute what the network computes."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from conftest import default_parameters

from train_pytorch.architecture import parse_architecture
from train_pytorch.caffe_export import write_caffe
from train_pytorch.caffe_schema import network_bytes
from train_pytorch.graph import Graph, lower
from train_pytorch.network import Network, initialize
from train_pytorch.onnx_export import write_onnx
from train_pytorch.parameters import parse_parameters
from train_pytorch.presets import PRESETS, preset_architecture

USE = {
    "classes": ["ja", "nein", "ö"],
    "input": {"name": "input"},
    "preprocessing": {"mean": [0.1]},
    "output": {"kind": "logits"},
}


def trained(graph: Graph) -> Network:
    """A network whose batch norms hold statistics and factors that differ from those of a new one."""
    network = Network(graph)
    generator = torch.Generator().manual_seed(5)
    initialize(network, generator, torch.linspace(2.0, 0.5, graph.input_shape[1]))
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if "_bn." in name and value.is_floating_point():
                value.copy_(torch.rand(value.shape, generator=generator) * 0.5 + 0.5)
    return network.eval()


def graph_of(name: str) -> Graph:
    if name == "residual-2d":
        conv = {"type": "conv", "kernel": [3, 3], "channels": 6, "stride": [2, 2]}
        block = {
            "type": "residual",
            "layers": [conv, {"type": "conv", "kernel": [3, 3], "channels": 6, "separable": True}],
        }
        return lower(parse_architecture({"name": name, "layers": [{**conv, "stride": [1, 1]}, block]}), (1, 40, 32), 12)
    return lower(preset_architecture(name, (2, 2)), (1, 40, 32), 12)


@pytest.mark.parametrize("name", [*PRESETS, "residual-2d"])
def test_onnx_runtime_and_opencvs_caffe_reader_agree_with_torch(name: str, tmp_path: Path) -> None:
    graph = graph_of(name)
    network = trained(graph)
    features = torch.randn(1, 1, 40, 32, generator=torch.Generator().manual_seed(6))
    with torch.no_grad():
        expected = network(features).numpy()
    write_onnx(tmp_path / "model.onnx", graph, network.state_dict(), USE)
    write_caffe(tmp_path, graph, network.state_dict(), parse_parameters(default_parameters()), 18)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    by_onnx = session.run(["output"], {"input": features.numpy()})[0]
    caffe = cv2.dnn.readNetFromCaffe(str(tmp_path / "deploy.prototxt"), str(tmp_path / "model.caffemodel"))
    caffe.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    caffe.enableWinograd(False)
    caffe.setInput(features.numpy())
    by_caffe = caffe.forward()
    largest = np.abs(expected).max()
    assert np.abs(by_onnx - expected).max() <= 1e-5 * largest
    assert np.abs(by_caffe.reshape(expected.shape) - expected).max() <= 1e-5 * largest


def test_onnx_files_of_equal_weights_are_equal_and_name_no_one(tmp_path: Path) -> None:
    graph = graph_of("kws9")
    for name in ("a", "b"):
        write_onnx(tmp_path / name, graph, trained(graph).state_dict(), USE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    model = onnx.load(tmp_path / "a")
    assert model.producer_name == model.producer_version == model.doc_string == model.domain == ""
    assert [entry.key for entry in model.metadata_props] == ["sedge"]
    assert json.loads(model.metadata_props[0].value) == USE
    assert [size.dim_value for size in model.graph.input[0].type.tensor_type.shape.dim] == [1, 1, 40, 32]


def test_prototxts_name_solver_schedule_and_data(tmp_path: Path) -> None:
    graph = graph_of("kws9")
    parameters = parse_parameters({**default_parameters(), "iterations": 40000, "learningRate": 5e-3})
    write_caffe(tmp_path, graph, trained(graph).state_dict(), parameters, 250)
    solver = (tmp_path / "solver.prototxt").read_text()
    assert [line for line in solver.splitlines() if "stepvalue" in line] == [
        f"stepvalue: {n}" for n in (10000, 20000, 30000)
    ]
    assert 'type: "Adam"' in solver and "base_lr: 0.005" in solver and "max_iter: 40000" in solver
    training = (tmp_path / "train_val.prototxt").read_text()
    assert "SoftmaxWithLoss" in training and "HDF5Data" in training and "use_global_stats" not in training


def test_the_caffemodel_is_wire_format_with_known_bytes() -> None:
    # NetParameter.name = "ab": field 1, two bytes.
    assert network_bytes("ab", []) == b"\x0a\x02ab"
