"""Writes the network as Caffe files: deploy, training and solver prototxt, and the caffemodel with the weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import Tensor

from .caffe_schema import ELTWISE_SUM, POOL_AVERAGE, TEST, TRAIN, CaffeLayer, Fields, layer_text, network_bytes
from .graph import INPUT, OUTPUT, Graph, Node
from .network import BATCHNORM_EPS
from .parameters import Parameters
from .schedule import step_iterations


def write_caffe(
    directory: Path, graph: Graph, weights: dict[str, Tensor], parameters: Parameters, validation_clips: int
) -> None:
    """Writes `deploy.prototxt`, `train_val.prototxt`, `solver.prototxt` and `model.caffemodel`."""
    layers = [layer for node in graph.nodes for layer in _layers(node, weights)]
    inputs = CaffeLayer(INPUT, "Input", [], [INPUT], [("input_param", [("shape", (1, *graph.input_shape))])])
    (directory / "model.caffemodel").write_bytes(network_bytes(graph.name, [inputs, *layers]))
    (directory / "deploy.prototxt").write_text(_network_text(graph.name, [inputs, *layers]), "utf-8")
    (directory / "train_val.prototxt").write_text(
        _training_text(graph.name, layers, parameters, validation_clips), "utf-8"
    )
    (directory / "solver.prototxt").write_text(_solver_text(parameters, validation_clips), "utf-8")


def _layers(node: Node, weights: dict[str, Tensor]) -> list[CaffeLayer]:
    """The layers of one operator. Batch norm is two: Caffe's normalizes only, its Scale multiplies and shifts."""
    bottoms, tops = list(node.inputs), [node.name]
    value = lambda part: weights[f"parts.{node.name}.{part}"].numpy()  # noqa: E731
    if node.op in ("conv", "spectrum"):
        fixed: list[tuple[str, Fields]] = [("param", [("lr_mult", 0.0)])] if node.op == "spectrum" else []
        parameters: list[tuple[str, Fields]] = [*fixed, ("convolution_param", _convolution(node))]
        return [CaffeLayer(node.name, "Convolution", bottoms, tops, parameters, [value("weight")])]
    if node.op == "reshape":
        return [CaffeLayer(node.name, "Reshape", bottoms, tops, [("reshape_param", [("shape", (0, *node.shape))])])]
    if node.op == "batchnorm":
        normal = [("use_global_stats", True), ("eps", BATCHNORM_EPS)]
        # The third blob is the factor by which Caffe divides the two sums.
        sums = [value("running_mean"), value("running_var"), np.ones(1, np.float32)]
        return [
            CaffeLayer(node.name, "BatchNorm", bottoms, tops, [("batch_norm_param", normal)], sums),
            CaffeLayer(
                f"{node.name}_scale",
                "Scale",
                tops,
                tops,
                [("scale_param", [("bias_term", True)])],
                [value("weight"), value("bias")],
            ),
        ]
    if node.op == "relu":
        return [CaffeLayer(node.name, "ReLU", bottoms, tops)]
    if node.op == "add":
        return [CaffeLayer(node.name, "Eltwise", bottoms, tops, [("eltwise_param", [("operation", ELTWISE_SUM)])])]
    if node.op == "pool":
        return [
            CaffeLayer(
                node.name,
                "Pooling",
                bottoms,
                tops,
                [("pooling_param", [("pool", POOL_AVERAGE), ("global_pooling", True)])],
            )
        ]
    fields = [("num_output", node.shape[0]), ("bias_term", True)]
    return [
        CaffeLayer(
            node.name,
            "InnerProduct",
            bottoms,
            tops,
            [("inner_product_param", fields)],
            [value("weight"), value("bias")],
        )
    ]


def _convolution(node: Node) -> list[tuple[str, object]]:
    return [
        ("num_output", node.shape[0]),
        ("bias_term", False),
        ("group", node.groups),
        ("pad_h", node.pad[0]),
        ("pad_w", node.pad[1]),
        ("kernel_h", node.kernel[0]),
        ("kernel_w", node.kernel[1]),
        ("stride_h", node.stride[0]),
        ("stride_w", node.stride[1]),
    ]


def _training_text(name: str, layers: list[CaffeLayer], parameters: Parameters, validation_clips: int) -> str:
    data = [
        CaffeLayer(
            "data",
            "HDF5Data",
            [],
            [INPUT, "label"],
            [("hdf5_data_param", [("source", f"{split}.txt"), ("batch_size", size)])],
            phase=phase,
        )
        for split, size, phase in (
            ("train", parameters.batchSize, TRAIN),
            ("validation", min(100, validation_clips), TEST),
        )
    ]
    training = [_for_training(layer) for layer in layers]
    ends = [
        CaffeLayer("loss", "SoftmaxWithLoss", [OUTPUT, "label"], ["loss"]),
        CaffeLayer("accuracy", "Accuracy", [OUTPUT, "label"], ["accuracy"], phase=TEST),
    ]
    comment = f"# train.txt and validation.txt name HDF5 files with the normalized features as `{INPUT}` and the labels as `label`.\n"
    return comment + _network_text(name, [*data, *training, *ends])


def _for_training(layer: CaffeLayer) -> CaffeLayer:
    """Leaves the choice of the statistics to Caffe: the batch's in training, the running ones in testing."""
    parameters = [
        (message, [(key, value) for key, value in fields if key != "use_global_stats"])
        for message, fields in layer.parameters
    ]
    return CaffeLayer(layer.name, layer.type, layer.bottoms, layer.tops, parameters)


def _solver_text(parameters: Parameters, validation_clips: int) -> str:
    """The solver, as far as Caffe has it: of the schedules the step one; augmentation, averaging and mixup have no counterpart."""
    lines = [
        'net: "train_val.prototxt"',
        'type: "Adam"',
        f"base_lr: {parameters.learningRate:.9g}",
        "momentum: 0.9",
        "momentum2: 0.999",
        "delta: 1e-08",
        f"weight_decay: {parameters.weightDecay:.9g}",
        'lr_policy: "multistep"',
        f"gamma: {parameters.stepFactor:.9g}",
        *(f"stepvalue: {iteration}" for iteration in step_iterations(parameters)),
        f"max_iter: {parameters.iterations}",
        f"test_iter: {max(1, validation_clips // min(100, validation_clips))}",
        f"test_interval: {parameters.validationEvery}",
        f"random_seed: {parameters.seed}",
        'snapshot_prefix: "model"',
    ]
    return "\n".join(lines) + "\n"


def _network_text(name: str, layers: list[CaffeLayer]) -> str:
    return f'name: "{name}"\n' + "".join(layer_text(layer) for layer in layers)
