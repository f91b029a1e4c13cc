"""Writes the network as ONNX, node by node: equal weights give equal bytes, with no producer, doc string, path or time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from .canonical import canonical_json
from .graph import INPUT, OUTPUT, Graph, Node
from .network import BATCHNORM_EPS

_OPSET = 13
_IR_VERSION = 8


def write_onnx(path: Path, graph: Graph, weights: dict[str, Tensor], use: dict[str, Any]) -> None:
    """Writes `model.onnx`: input [1, channels, height, width], output logits [1, classes].

    @param weights by the names of the network's state, e.g. `parts.conv1.weight`
    @param use what a user of the model must know (classes, input, preprocessing, output), kept in metadata_props under `sedge`
    """
    nodes: list[onnx.NodeProto] = []
    initializers: list[TensorProto] = []
    for node in graph.nodes:
        arrays = _arrays(node, weights)
        initializers.extend(numpy_helper.from_array(array, name) for name, array in arrays.items())
        nodes.extend(_onnx_nodes(node, list(arrays)))
    value = helper.make_tensor_value_info
    onnx_graph = helper.make_graph(
        nodes,
        graph.name,
        [value(INPUT, TensorProto.FLOAT, [1, *graph.input_shape])],
        [value(OUTPUT, TensorProto.FLOAT, [1, graph.classes])],
        initializers,
    )
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", _OPSET)])
    model.ir_version = _IR_VERSION
    model.ClearField("producer_name")
    helper.set_model_props(model, {"sedge": canonical_json(use)})
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))


def _arrays(node: Node, weights: dict[str, Tensor]) -> dict[str, np.ndarray]:
    parts = {
        "conv": ("weight",),
        "batchnorm": ("weight", "bias", "running_mean", "running_var"),
        "dense": ("weight", "bias"),
        "spectrum": ("weight",),
    }.get(node.op, ())
    if node.op == "reshape":
        return {f"{node.name}.shape": np.array([1, *node.shape], np.int64)}
    return {f"{node.name}.{part}": weights[f"parts.{node.name}.{part}"].numpy() for part in parts}


def _onnx_nodes(node: Node, arrays: list[str]) -> list[onnx.NodeProto]:
    inputs = [*node.inputs, *arrays]
    if node.op in ("conv", "spectrum"):
        attributes: dict[str, Any] = {
            "kernel_shape": node.kernel,
            "strides": node.stride,
            "pads": (*node.pad, *node.pad),
            "dilations": (1, 1),
            "group": node.groups,
        }
        return [helper.make_node("Conv", inputs, [node.name], node.name, **attributes)]
    if node.op == "batchnorm":
        return [helper.make_node("BatchNormalization", inputs, [node.name], node.name, epsilon=BATCHNORM_EPS)]
    if node.op == "dense":
        flat = f"{node.name}_flatten"
        return [
            helper.make_node("Flatten", list(node.inputs), [flat], flat, axis=1),
            helper.make_node("Gemm", [flat, *arrays], [node.name], node.name, transB=1),
        ]
    operator = {"relu": "Relu", "add": "Add", "pool": "GlobalAveragePool", "reshape": "Reshape"}[node.op]
    return [helper.make_node(operator, inputs, [node.name], node.name)]
