"""The benchmark's networks as ONNX models with seeded weights, nothing folded: `nets.py FOLDER [NET ...]` writes NET.onnx and NET.input.npy.

Weights are normally distributed with He's deviation. A layer is run once on a sample while the net is built: normalizations get the mean and
variance that they meet (with some jitter), other layers are scaled to a given deviation, so that nothing dies or overflows on the way.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

OPSET = 13


class Net:
    """Collects nodes; knows each tensor's value for the sample."""

    def __init__(self, name: str, shape: tuple[int, int, int], seed: int, deviation: float = 1.0) -> None:
        self.name = name
        self.random = np.random.default_rng(seed)
        self.shape = (1, *shape)
        self.sample = (self.random.standard_normal(self.shape) * deviation).astype(np.float32)
        self.values = {"input": self.sample}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(array, np.float32), name))
        return name

    def evaluate(self, node: onnx.NodeProto) -> np.ndarray:
        known = {tensor.name: tensor for tensor in self.constants}
        feeds = {name: self.values[name] for name in node.input if name in self.values}
        graph = helper.make_graph(
            [node],
            "node",
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in feeds.items()],
            [helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)],
            [known[name] for name in node.input if name in known],
        )
        return session_of(model_of(graph)).run(None, feeds)[0]

    def add(self, op: str, inputs: list[str], **attributes) -> str:
        output = f"{op.lower()}_{len(self.nodes)}"
        node = helper.make_node(op, inputs, [output], name=output, **attributes)
        self.values[output] = self.evaluate(node)
        self.nodes.append(node)
        return output

    def scaled(self, op: str, inputs: list[str], weights: np.ndarray, bias: bool, deviation: float, **attributes) -> str:
        """A layer whose result has the given deviation."""
        out = weights.shape[1] if op == "ConvTranspose" else weights.shape[0]
        self.constants.append(numpy_helper.from_array(weights.astype(np.float32), "trial"))
        spread = float(self.evaluate(helper.make_node(op, [*inputs, "trial"], ["trial_result"], **attributes)).std())
        self.constants.pop()
        inputs = [*inputs, self.constant(weights * (deviation / max(spread, 1e-6)))]
        if bias:
            inputs.append(self.constant(self.random.standard_normal(out) * 0.1 * deviation))
        return self.add(op, inputs, **attributes)

    def conv(self, x, out, kernel, stride=1, pad=None, group=1, bias=False, norm=False, act=None, deviation=1.0, gamma=(0.7, 1.3), transpose=False) -> str:
        pair = lambda value: (value, value) if np.isscalar(value) else tuple(value)
        kernel, stride = pair(kernel), pair(stride)
        pad = tuple((taps - 1) // 2 for taps in kernel) if pad is None else pair(pad)
        channels = self.values[x].shape[1]
        fan_in = channels // group * kernel[0] * kernel[1] / (stride[0] * stride[1] if transpose else 1)
        shape = (channels, out, *kernel) if transpose else (out, channels // group, *kernel)
        weights = self.random.standard_normal(shape) * np.sqrt(2.0 / fan_in)
        attributes = dict(kernel_shape=list(kernel), strides=list(stride), pads=[*pad, *pad], group=group)
        op = "ConvTranspose" if transpose else "Conv"
        if norm:
            inputs = [x, self.constant(weights)]
            if bias:
                inputs.append(self.constant(self.random.standard_normal(out) * 0.1))
            x = self.normalize(self.add(op, inputs, **attributes), gamma)
        else:
            x = self.scaled(op, [x], weights, bias, deviation, **attributes)
        if act == "relu":
            return self.add("Relu", [x])
        return self.add("Clip", [x, self.constant(np.float32(0)), self.constant(np.float32(6))]) if act == "relu6" else x

    def normalize(self, x: str, gamma) -> str:
        value = self.values[x]
        channels = value.shape[1]
        mean = value.mean((0, 2, 3)) + self.random.standard_normal(channels) * 0.1 * value.std()
        # A map of few positions says little of its channel's variance.
        variance = 0.5 * (value.var((0, 2, 3)) + value.var()) * self.random.uniform(0.8, 1.25, channels) + 1e-4
        scale, shift = self.random.uniform(*gamma, channels), self.random.standard_normal(channels) * 0.2
        return self.add("BatchNormalization", [x, *map(self.constant, (scale, shift, mean, variance))], epsilon=1e-5)

    def max_pool(self, x: str, kernel: int, stride: int, pad: int = 0, ceil: int = 1) -> str:
        return self.add("MaxPool", [x], kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=[pad] * 4, ceil_mode=ceil)

    def lrn(self, x: str) -> str:
        return self.add("LRN", [x], alpha=1e-4, beta=0.75, bias=1.0, size=5)

    def fully_connected(self, x: str, out: int, act: str | None = None, deviation: float = 2.0) -> str:
        if self.values[x].ndim > 2:
            x = self.add("Flatten", [x], axis=1)
        depth = self.values[x].shape[1]
        x = self.scaled("Gemm", [x], self.random.standard_normal((out, depth)) * np.sqrt(2.0 / depth), True, deviation, transB=1)
        return self.add("Relu", [x]) if act == "relu" else x

    def softmax(self, x: str) -> str:
        return self.add("Softmax", [x], axis=1)

    def model(self) -> onnx.ModelProto:
        last = self.nodes[-1].output[0]
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, self.shape)]
        graph = helper.make_graph(self.nodes, self.name, inputs, [helper.make_tensor_value_info(last, TensorProto.FLOAT, self.values[last].shape)], self.constants)
        model = onnx.shape_inference.infer_shapes(model_of(graph))
        onnx.checker.check_model(model)
        return model


def model_of(graph: onnx.GraphProto) -> onnx.ModelProto:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 8
    return model


def session_of(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def alexnet(name: str) -> Net:
    net = Net(name, (3, 227, 227), 1, 50)
    layer = lambda x, *shape, **more: net.conv(x, *shape, bias=True, act="relu", **more)
    x = layer("input", 96, 11, 4, 0, deviation=60)
    x = layer(net.max_pool(net.lrn(x), 3, 2), 256, 5, 1, 2, 2, deviation=60)
    x = layer(net.max_pool(net.lrn(x), 3, 2), 384, 3, deviation=20)
    x = layer(x, 384, 3, 1, 1, 2, deviation=10)
    x = net.max_pool(layer(x, 256, 3, 1, 1, 2, deviation=10), 3, 2)
    x = net.fully_connected(net.fully_connected(x, 4096, "relu", 4), 4096, "relu", 2)
    net.softmax(net.fully_connected(x, 1000))
    return net


# Channels of an inception module: 1 x 1; 3 x 3 after its reduction; 5 x 5 after its reduction; projection of the pool.
INCEPTIONS = [
    [(64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)],
    [(192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64), (256, 160, 320, 32, 128, 128)],
    [(256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)],
]


def googlenet(name: str) -> Net:
    net = Net(name, (3, 224, 224), 2, 50)
    layer = lambda x, out, kernel, stride=1, deviation=20: net.conv(x, out, kernel, stride, kernel // 2, bias=True, act="relu", deviation=deviation)
    x = net.lrn(net.max_pool(layer("input", 64, 7, 2, 60), 3, 2))
    x = net.lrn(layer(layer(x, 64, 1, deviation=60), 192, 3, deviation=60))
    for stage in INCEPTIONS:
        x = net.max_pool(x, 3, 2)
        for one, reduce3, three, reduce5, five, pool in stage:
            branches = [layer(x, one, 1), layer(layer(x, reduce3, 1), three, 3), layer(layer(x, reduce5, 1), five, 5), layer(net.max_pool(x, 3, 1, 1, 0), pool, 1)]
            x = net.add("Concat", branches, axis=1)
    net.softmax(net.fully_connected(net.add("AveragePool", [x], kernel_shape=[7, 7], strides=[1, 1]), 1000))
    return net


def squeezenet(name: str) -> Net:
    net = Net(name, (3, 227, 227), 3, 50)
    layer = lambda x, out, kernel, stride=1, pad=0, deviation=10: net.conv(x, out, kernel, stride, pad, bias=True, act="relu", deviation=deviation)

    def fire(x: str, squeeze: int, expand: int) -> str:
        x = layer(x, squeeze, 1)
        return net.add("Concat", [layer(x, expand, 1), layer(x, expand, 3, 1, 1)], axis=1)

    x = net.max_pool(layer("input", 64, 3, 2), 3, 2)
    x = net.max_pool(fire(fire(x, 16, 64), 16, 64), 3, 2)
    x = net.max_pool(fire(fire(x, 32, 128), 32, 128), 3, 2)
    for squeeze, expand in ((48, 192), (48, 192), (64, 256), (64, 256)):
        x = fire(x, squeeze, expand)
    x = net.add("GlobalAveragePool", [layer(x, 1000, 1, deviation=4)])
    net.softmax(net.add("Flatten", [x], axis=1))
    return net


def residual_trunk(net: Net, depth: int, is_caffe: bool) -> str:
    """ResNet without its classifier; Caffe's has the stride in the 1 x 1 and biases in the first layer."""
    x = net.conv("input", 64, 7, 2, 3, bias=is_caffe, norm=True, act="relu")
    x = net.max_pool(x, 3, 2, 0 if is_caffe else 1, 1 if is_caffe else 0)
    for stage, blocks in enumerate({18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}[depth]):
        width = 64 << stage
        for block in range(blocks):
            stride = 2 if block == 0 and stage > 0 else 1
            out = width if depth == 18 else 4 * width
            if depth == 18:
                y = net.conv(x, width, 3, stride, 1, norm=True, act="relu")
                y = net.conv(y, width, 3, 1, 1, norm=True, gamma=(0.4, 0.8))
            else:
                y = net.conv(x, width, 1, stride if is_caffe else 1, 0, norm=True, act="relu")
                y = net.conv(y, width, 3, 1 if is_caffe else stride, 1, norm=True, act="relu")
                y = net.conv(y, out, 1, 1, 0, norm=True, gamma=(0.4, 0.8))
            is_alike = stride == 1 and net.values[x].shape[1] == out
            x = net.add("Relu", [net.add("Add", [y, x if is_alike else net.conv(x, out, 1, stride, 0, norm=True)])])
    return x


def resnet50(name: str) -> Net:
    net = Net(name, (3, 224, 224), 4)
    x = residual_trunk(net, 50, True)
    net.softmax(net.fully_connected(net.add("AveragePool", [x], kernel_shape=[7, 7], strides=[1, 1]), 1000))
    return net


def pose(depth: int) -> Callable[[str], Net]:
    """Simple Baselines at 256 x 192: a residual net, three transposed convolutions, a map for each of 17 joints."""

    def make(name: str) -> Net:
        net = Net(name, (3, 256, 192), 5 + depth)
        x = residual_trunk(net, depth, False)
        for _ in range(3):
            x = net.conv(x, 256, 4, 2, 1, norm=True, act="relu", transpose=True)
        net.conv(x, 17, 1, 1, 0, bias=True)
        return net

    return make


# Expansion, channels, blocks, stride of the first.
BOTTLENECKS = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


def mobilenet_v2(name: str) -> Net:
    net = Net(name, (3, 224, 224), 6)
    x = net.conv("input", 32, 3, 2, 1, norm=True, act="relu6")
    for expansion, out, blocks, first_stride in BOTTLENECKS:
        for block in range(blocks):
            stride, channels = first_stride if block == 0 else 1, net.values[x].shape[1]
            wide = channels * expansion
            y = net.conv(x, wide, 1, 1, 0, norm=True, act="relu6") if expansion > 1 else x
            y = net.conv(y, wide, 3, stride, 1, group=wide, norm=True, act="relu6")
            y = net.conv(y, out, 1, 1, 0, norm=True)
            x = net.add("Add", [x, y]) if stride == 1 and channels == out else y
    x = net.conv(x, 1280, 1, 1, 0, norm=True, act="relu6")
    net.softmax(net.fully_connected(net.add("GlobalAveragePool", [x]), 1000))
    return net


# Height and width of the kernel, channels.
KEYWORD_LAYERS = {
    "cnn": [(4, 10, 100)] + [(3, 3, 100)] * 5,
    "kws1": [(3, 3, 40), (3, 3, 30), (1, 1, 30), (5, 5, 50), (5, 5, 50), (5, 5, 50)],
    "kws3": [(5, 5, 50), (1, 1, 30), (5, 5, 40), (3, 3, 20), (5, 5, 30), (3, 3, 50)],
    "kws9": [(5, 5, 50), (1, 1, 20), (1, 1, 50), (3, 3, 20), (5, 5, 20), (3, 3, 40)],
}


def keyword(table: str, is_separable: bool = False, second_stride: int = 2) -> Callable[[str], Net]:
    """40 bands by 32 frames to 12 classes. Strides: (1, 2) in the first layer, `second_stride` in the second; 1 leaves 640 positions in all."""

    def make(name: str) -> Net:
        net = Net(name, (1, 40, 32), 100 + len(name))
        x = "input"
        for index, (height, width, out) in enumerate(KEYWORD_LAYERS[table]):
            stride = (1, 2) if index == 0 else second_stride if index == 1 else 1
            if is_separable and index > 0:
                channels = net.values[x].shape[1]
                x = net.conv(x, channels, (height, width), stride, group=channels, norm=True, act="relu")
                x = net.conv(x, out, 1, norm=True, act="relu")
            else:
                x = net.conv(x, out, (height, width), stride, norm=True, act="relu")
        net.softmax(net.fully_connected(net.add("GlobalAveragePool", [x]), 12))
        return net

    return make


NETS: dict[str, Callable[[str], Net]] = {
    "alexnet": alexnet,
    "resnet50": resnet50,
    "googlenet": googlenet,
    "squeezenet11": squeezenet,
    "mobilenetv2": mobilenet_v2,
    "pose-resnet18": pose(18),
    "pose-resnet50": pose(50),
    "kws-cnn": keyword("cnn"),
    "kws-ds-cnn": keyword("cnn", is_separable=True),
    "kws1": keyword("kws1"),
    "kws3": keyword("kws3"),
    "kws9": keyword("kws9"),
    "ds-kws1": keyword("kws1", is_separable=True),
    "ds-kws3": keyword("kws3", is_separable=True),
    "ds-kws9": keyword("kws9", is_separable=True),
    "kws-cnn-p640": keyword("cnn", second_stride=1),
    "kws1-p640": keyword("kws1", second_stride=1),
}


def write(folder: Path, name: str) -> None:
    """Writes a net unless it is there already."""
    if (folder / f"{name}.onnx").exists() and (folder / f"{name}.input.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    net = NETS[name](name)
    np.save(folder / f"{name}.input.npy", net.sample)
    (folder / f"{name}.onnx").write_bytes(net.model().SerializeToString())


if __name__ == "__main__":
    unknown = [name for name in sys.argv[2:] if name not in NETS]
    if len(sys.argv) < 2 or unknown:
        sys.exit(f"usage: nets.py FOLDER [NET ...]; {'no such net: ' + ', '.join(unknown) + '; ' if unknown else ''}nets: {', '.join(NETS)}")
    for name in sys.argv[2:] or NETS:
        write(Path(sys.argv[1]), name)
