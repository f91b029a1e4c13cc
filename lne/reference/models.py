"""ONNX models with seeded random weights, made for the tests: whole networks and single operators."""

from __future__ import annotations

import json

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 21

# Layer tables of the keyword-spotting presets: kernel height, kernel width, channels.
KEYWORD_NETS = {
    "kws-cnn": [(4, 10, 100)] + [(3, 3, 100)] * 5,
    "kws1": [(3, 3, 40), (3, 3, 30), (1, 1, 30), (5, 5, 50), (5, 5, 50), (5, 5, 50)],
    "kws9": [(5, 5, 50), (1, 1, 20), (1, 1, 50), (3, 3, 20), (5, 5, 20), (3, 3, 40)],
}

CLASSES = ["silence", "unknown", "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"]


class ModelBuilder:
    """Collects nodes and weights of one model."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0) -> None:
        self.random = np.random.default_rng(seed)
        self.shape = shape
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(array, name))
        return name

    def normal(self, *shape: int, scale: float = 1.0) -> str:
        return self.constant((self.random.standard_normal(shape) * scale).astype(np.float32))

    def add(self, op: str, inputs: list[str], **attributes) -> str:
        output = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def conv(self, x: str, channels: int, out: int, kernel, stride=(1, 1), pads=None, group=1, bias=False, **more) -> str:
        fan_in = channels // group * kernel[0] * kernel[1]
        inputs = [x, self.normal(out, channels // group, *kernel, scale=(2.0 / fan_in) ** 0.5)]
        if bias:
            inputs.append(self.normal(out, scale=0.1))
        top, left = (kernel[0] - 1) // 2, (kernel[1] - 1) // 2
        return self.add("Conv", inputs, kernel_shape=list(kernel), strides=list(stride), pads=pads or [top, left, top, left], group=group, **more)

    def batch_norm(self, x: str, channels: int) -> str:
        uniform = lambda low, high: self.constant(self.random.uniform(low, high, channels).astype(np.float32))
        return self.add("BatchNormalization", [x, uniform(0.7, 1.3), uniform(-0.2, 0.2), uniform(-0.1, 0.1), uniform(0.5, 1.5)])

    def model(self, outputs: list[str], opset: int = OPSET, metadata: dict | None = None) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "test",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs],
            self.weights,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
        model.ir_version = 8
        if metadata is not None:
            entry = model.metadata_props.add()
            entry.key, entry.value = "sedge", json.dumps(metadata)
        return model

    def sample(self, index: int = 0) -> np.ndarray:
        return np.random.default_rng(1000 + index).standard_normal(self.shape).astype(np.float32)


def audio_metadata(**parameters) -> dict:
    """What a keyword-spotting model says of itself."""
    defaults = dict(sampleRateHz=16000, clipMs=1000, frameMs=128, strideMs=32, bands=40, mels=40, padMode="constant", topDb=None, htk=False, norm="ortho")
    return {
        "classes": CLASSES,
        "input": {"name": "input", "shape": [1, 1, 40, 32], "layout": "NCHW"},
        "preprocessing": {
            "tool": "extract-mfcc",
            "version": "1",
            "parameters": {**defaults, **parameters},
            "normalization": {"mean": [float(-b) for b in range(40)], "std": [10.0 + b for b in range(40)]},
        },
        "output": {"kind": "logits"},
    }


def keyword_net(preset: str, separable: bool = False, seed: int = 1, softmax: bool = False, audio: dict | None = None) -> tuple[onnx.ModelProto, np.ndarray]:
    """A preset with random weights, from 40 x 32 features to 12 logits; and an input for it."""
    builder = ModelBuilder((1, 1, 40, 32), seed)
    x, channels = "input", 1
    for index, (height, width, out) in enumerate(KEYWORD_NETS[preset]):
        stride = (1, 2) if index == 0 else (2, 2) if index == 1 else (1, 1)
        if separable and index > 0:
            x = builder.conv(x, channels, channels, (height, width), stride, group=channels)
            x = builder.add("Relu", [builder.batch_norm(x, channels)])
            x = builder.conv(x, channels, out, (1, 1))
        else:
            x = builder.conv(x, channels, out, (height, width), stride)
        x = builder.add("Relu", [builder.batch_norm(x, out)])
        channels = out
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    x = builder.add("Gemm", [x, builder.normal(12, channels, scale=0.5), builder.normal(12, scale=0.1)], transB=1)
    if softmax:
        x = builder.add("Softmax", [x], axis=1)
    return builder.model([x], metadata=audio), builder.sample()


def residual_net(seed: int = 2) -> tuple[onnx.ModelProto, np.ndarray]:
    """A small image network with residual additions, a depthwise bottleneck, a concatenation and a clipped activation."""
    builder = ModelBuilder((1, 3, 33, 29), seed)
    low, high = builder.constant(np.float32(0)), builder.constant(np.float32(6))
    x = builder.add("Relu", [builder.batch_norm(builder.conv("input", 3, 20, (7, 7), (2, 2)), 20)])
    x = builder.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    y = builder.add("Relu", [builder.batch_norm(builder.conv(x, 20, 20, (3, 3)), 20)])
    y = builder.batch_norm(builder.conv(y, 20, 20, (3, 3)), 20)
    x = builder.add("Relu", [builder.add("Add", [y, x])])
    y = builder.add("Clip", [builder.batch_norm(builder.conv(x, 20, 60, (1, 1)), 60), low, high])
    y = builder.add("Clip", [builder.batch_norm(builder.conv(y, 60, 60, (3, 3), group=60), 60), low, high])
    y = builder.batch_norm(builder.conv(y, 60, 20, (1, 1)), 20)
    x = builder.add("Add", [x, y])
    x = builder.add("Concat", [builder.conv(x, 20, 13, (1, 1), bias=True), builder.conv(x, 20, 24, (3, 3), bias=True)], axis=1)
    x = builder.add("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    x = builder.add("Gemm", [x, builder.normal(10, 37), builder.normal(10)], transB=1)
    return builder.model([builder.add("Softmax", [x], axis=1)]), builder.sample()


def every_kernel_net(seed: int = 5) -> tuple[onnx.ModelProto, np.ndarray, dict]:
    """A small image network that runs each kernel of the fast plugins once at least; an input; and the plan that names Winograd and fused layers."""
    builder = ModelBuilder((1, 3, 26, 22), seed)
    x = builder.add("Relu", [builder.conv("input", 3, 24, (5, 5), (1, 1), bias=True)])
    x = builder.add("LRN", [x], size=5, alpha=1e-3, beta=0.75, bias=1.0)
    x = builder.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])
    named = []
    for kernel in [(3, 3), (5, 5), (1, 3), (5, 1)]:
        convolution = builder.conv(x, 24, 24, kernel, bias=True)
        named.append({"layer": convolution, "primitive": "winograd.conv"})
        x = builder.add("Relu", [builder.add("Add", [convolution, x])])
    x = builder.add("Relu", [builder.conv(x, 24, 24, (3, 3), group=24, bias=True)])
    depthwise = builder.conv(x, 24, 24, (3, 3), group=24, bias=True)
    named.append({"layer": depthwise, "primitive": "vector.conv_separable"})
    x = builder.add("Relu", [builder.add("Add", [builder.conv(builder.add("Relu", [depthwise]), 24, 24, (1, 1), bias=True), x])])
    x = builder.add("Concat", [builder.conv(x, 24, 40, (1, 1), bias=True), builder.conv(x, 24, 17, (3, 3), (1, 1), dilations=[2, 2], pads=[2, 2, 2, 2], bias=True)], axis=1)
    up = lambda x, channels, out: builder.add("ConvTranspose", [x, builder.normal(channels, out, 4, 4, scale=0.05), builder.normal(out)], kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
    x = up(x, 57, 20)
    named.append({"layer": x, "primitive": "winograd.conv_transpose"})
    x = up(builder.add("Relu", [x]), 20, 9)
    x = builder.add("Tanh", [builder.add("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2])])
    # Rows of channels, as attention has them.
    x = builder.add("LayerNormalization", [builder.add("Transpose", [x], perm=[0, 2, 3, 1]), builder.normal(9), builder.normal(9)])
    x = builder.add("MatMul", [x, builder.normal(9, 21, scale=0.3)])
    x = builder.add("MatMul", [builder.add("Softmax", [builder.add("Transpose", [x], perm=[0, 1, 3, 2])]), x])
    x = builder.conv(builder.add("Transpose", [x], perm=[0, 3, 1, 2]), 21, 9, (1, 1))
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    x = builder.add("Gemm", [x, builder.normal(10, 9), builder.normal(10)], transB=1)
    return builder.model([x]), builder.sample(), {"layers": named}
