"""Small networks with seeded random weights, one of each kind that LNE must read, as exporters write them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from models import ModelBuilder

Net = tuple[onnx.ModelProto, np.ndarray]
NETS: dict[str, Callable[[], Net]] = {}


def net(maker: Callable[[], Net]) -> Callable[[], Net]:
    NETS[maker.__name__] = maker
    return maker


def whole(b: ModelBuilder, *numbers: int) -> str:
    return b.constant(np.array(numbers, np.int64))


def number(b: ModelBuilder, value: float) -> str:
    return b.constant(np.float32(value))


def conv_bn(b, x, channels, out, kernel=3, stride=1, group=1, act="Relu", **more):
    y = b.batch_norm(b.conv(x, channels, out, (kernel, kernel), (stride, stride), group=group, **more), out)
    return b.add(act, [y]) if act else y


@net
def mobilenet_v3():
    """Inverted residuals with squeeze-and-excitation, hard swish and hard sigmoid."""
    b = ModelBuilder((1, 3, 32, 32), 11)
    x = conv_bn(b, "input", 3, 16, 3, 2, act="HardSwish")
    for channels, wide, out, kernel, stride, act in [(16, 16, 16, 3, 2, "Relu"), (16, 72, 24, 3, 1, "Relu"), (24, 88, 24, 5, 1, "HardSwish")]:
        y = conv_bn(b, x, channels, wide, 1, act=act)
        y = conv_bn(b, y, wide, wide, kernel, stride, wide, act)
        gate = b.add("Relu", [b.conv(b.add("GlobalAveragePool", [y]), wide, 8, (1, 1), bias=True)])
        gate = b.add("HardSigmoid", [b.conv(gate, 8, wide, (1, 1), bias=True)], alpha=1 / 6)
        y = conv_bn(b, b.add("Mul", [y, gate]), wide, out, 1, act=None)
        x = b.add("Add", [x, y]) if stride == 1 and channels == out else y
    x = b.add("HardSwish", [b.conv(b.add("ReduceMean", [x, whole(b, 2, 3)], keepdims=1), 24, 40, (1, 1), bias=True)])
    return b.model([b.add("Gemm", [b.add("Flatten", [x]), b.normal(10, 40), b.normal(10)], transB=1)]), b.sample()


@net
def shufflenet_v2():
    """Channels split, shuffled by reshape and transposition with computed shapes, and joined."""
    b = ModelBuilder((1, 3, 24, 24), 12)
    x = b.add("MaxPool", [conv_bn(b, "input", 3, 16, 3, 2)], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    for _ in range(3):
        b.add("Split", [x, whole(b, 8, 8)], axis=1)
        left, right = f"left{len(b.nodes)}", f"right{len(b.nodes)}"
        del b.nodes[-1].output[:]
        b.nodes[-1].output.extend([left, right])
        y = conv_bn(b, conv_bn(b, conv_bn(b, right, 8, 8, 1), 8, 8, 3, group=8, act=None), 8, 8, 1)
        x = b.add("Concat", [left, y], axis=1)
        sizes = b.add("Shape", [x])
        at = lambda i: b.add("Unsqueeze", [b.add("Gather", [sizes, b.constant(np.array(i))]), whole(b, 0)])
        half = b.add("Unsqueeze", [b.add("Div", [b.add("Gather", [sizes, b.constant(np.array(1))]), b.constant(np.array(2))]), whole(b, 0)])
        y = b.add("Transpose", [b.add("Reshape", [x, b.add("Concat", [at(0), whole(b, 2), half, at(2), at(3)], axis=0)])], perm=[0, 2, 1, 3, 4])
        x = b.add("Reshape", [y, b.add("Concat", [at(0), whole(b, -1), at(2), at(3)], axis=0)])
    return b.model([b.add("Flatten", [b.add("GlobalAveragePool", [x])])]), b.sample()


@net
def densenet():
    """Normalization before activation before convolution, each result joined to all before it."""
    b = ModelBuilder((1, 3, 20, 20), 13)
    x, channels = b.conv("input", 3, 12, (3, 3)), 12
    for block in range(2):
        for _ in range(4):
            y = b.conv(b.add("Relu", [b.batch_norm(x, channels)]), channels, 16, (1, 1))
            y = b.conv(b.add("Relu", [b.batch_norm(y, 16)]), 16, 6, (3, 3))
            x, channels = b.add("Concat", [x, y], axis=1), channels + 6
        x = b.conv(b.add("Relu", [b.batch_norm(x, channels)]), channels, channels // 2, (1, 1))
        x, channels = b.add("AveragePool", [x], kernel_shape=[2, 2], strides=[2, 2]), channels // 2
    return b.model([b.add("Softmax", [b.add("Flatten", [b.add("GlobalAveragePool", [x])])])]), b.sample()


@net
def u_net():
    """Down by pooling, up by transposed convolution and by resizing, joined across."""
    b = ModelBuilder((1, 1, 32, 24), 14)
    first = conv_bn(b, "input", 1, 8)
    second = conv_bn(b, b.add("MaxPool", [first], kernel_shape=[2, 2], strides=[2, 2]), 8, 16)
    x = conv_bn(b, b.add("MaxPool", [second], kernel_shape=[2, 2], strides=[2, 2]), 16, 24)
    x = b.add("ConvTranspose", [x, b.normal(24, 16, 2, 2, scale=0.2), b.normal(16)], kernel_shape=[2, 2], strides=[2, 2])
    x = conv_bn(b, b.add("Concat", [second, x], axis=1), 32, 8)
    x = b.add("Resize", [x, "", number_list(b, 1, 1, 2, 2)], mode="linear", coordinate_transformation_mode="pytorch_half_pixel")
    x = conv_bn(b, b.add("Concat", [first, x], axis=1), 16, 8)
    return b.model([b.add("Sigmoid", [b.conv(x, 8, 2, (1, 1), bias=True)])]), b.sample()


def number_list(b, *values):
    return b.constant(np.array(values, np.float32))


@net
def ssd_head():
    """Boxes and scores of two maps, brought together; the boxes decoded against fixed anchors."""
    b = ModelBuilder((1, 3, 32, 32), 15)
    low, high = number(b, 0), number(b, 6)
    relu6 = lambda x: b.add("Clip", [x, low, high])
    maps = [relu6(conv_bn(b, "input", 3, 16, 3, 4, act=None))]
    maps.append(relu6(conv_bn(b, maps[0], 16, 24, 3, 2, act=None)))
    boxes, scores = [], []
    for x, channels in zip(maps, (16, 24)):
        for made, width in ((boxes, 4), (scores, 6)):
            y = b.add("Transpose", [b.conv(x, channels, 3 * width, (3, 3), bias=True)], perm=[0, 2, 3, 1])
            made.append(b.add("Reshape", [y, whole(b, 1, -1, width)]))
    x = b.add("Concat", boxes, axis=1)
    count = 3 * (64 + 16)
    anchors = [b.constant(b.random.uniform(0.1, 0.9, (1, count, 2)).astype(np.float32)) for _ in range(2)]
    part = lambda start: b.add("Slice", [x, whole(b, start), whole(b, start + 2), whole(b, 2)])
    centres = b.add("Add", [b.add("Mul", [b.add("Mul", [part(0), number(b, 0.1)]), anchors[1]]), anchors[0]])
    sizes = b.add("Mul", [b.add("Exp", [b.add("Mul", [part(2), number(b, 0.2)])]), anchors[1]])
    half = b.add("Mul", [sizes, number(b, 0.5)])
    x = b.add("Concat", [b.add("Sub", [centres, half]), b.add("Add", [centres, half]), b.add("Softmax", [b.add("Concat", scores, axis=1)], axis=2)], axis=2)
    return b.model([x]), b.sample()


@net
def yolo_head():
    """Focus slices, SiLU, spatial pyramid pooling, nearest upsampling, and the grid that is added."""
    b = ModelBuilder((1, 3, 32, 32), 16)
    silu = lambda x: b.add("Mul", [x, b.add("Sigmoid", [x])])
    cut = lambda y, x: b.add("Slice", [b.add("Slice", ["input", whole(b, y), whole(b, 2**31 - 1), whole(b, 2), whole(b, 2)]), whole(b, x), whole(b, 2**31 - 1), whole(b, 3), whole(b, 2)])
    x = b.add("Concat", [cut(0, 0), cut(1, 0), cut(0, 1), cut(1, 1)], axis=1)
    high = silu(conv_bn(b, x, 12, 16, 3, 2, act=None))
    low = silu(conv_bn(b, high, 16, 24, 3, 2, act=None))
    low = b.add("Concat", [low, *(b.add("MaxPool", [low], kernel_shape=[k, k], pads=[k // 2] * 4, strides=[1, 1]) for k in (5, 9))], axis=1)
    up = b.add("Resize", [silu(b.conv(low, 72, 16, (1, 1), bias=True)), "", number_list(b, 1, 1, 2, 2)], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
    x = b.conv(b.add("Concat", [high, up], axis=1), 32, 14, (1, 1), bias=True)
    x = b.add("Transpose", [b.add("Reshape", [x, whole(b, 1, 2, 7, 8, 8)])], perm=[0, 1, 3, 4, 2])
    x = b.add("Sigmoid", [x])
    grid = np.stack(np.meshgrid(np.arange(8), np.arange(8)), -1)[None, None].astype(np.float32)
    part = lambda start, end: b.add("Slice", [x, whole(b, start), whole(b, end), whole(b, 4)])
    places = b.add("Mul", [b.add("Add", [b.add("Sub", [b.add("Mul", [part(0, 2), number(b, 2)]), number(b, 0.5)]), b.constant(grid)]), number(b, 4)])
    sizes = b.add("Mul", [b.add("Pow", [b.add("Mul", [part(2, 4), number(b, 2)]), number(b, 2)]), b.constant(b.random.uniform(4, 16, (1, 2, 1, 1, 2)).astype(np.float32))])
    return b.model([b.add("Reshape", [b.add("Concat", [places, sizes, part(4, 7)], axis=4), whole(b, 1, -1, 7)])]), b.sample()


@net
def inception_v3():
    """Four branches with kernels of 1 x 7 and 7 x 1, and means over windows."""
    b = ModelBuilder((1, 3, 25, 25), 17)
    wide = lambda x, channels, out, kernel: b.add("Relu", [b.batch_norm(b.conv(x, channels, out, kernel, pads=[kernel[0] // 2, kernel[1] // 2] * 2), out)])
    x = conv_bn(b, "input", 3, 24, 3, 2, pads=[0, 0, 0, 0])
    branches = [
        conv_bn(b, x, 24, 8, 1),
        wide(wide(conv_bn(b, x, 24, 6, 1), 6, 6, (1, 7)), 6, 8, (7, 1)),
        wide(wide(wide(wide(conv_bn(b, x, 24, 6, 1), 6, 6, (7, 1)), 6, 6, (1, 7)), 6, 6, (7, 1)), 6, 8, (1, 7)),
        conv_bn(b, b.add("AveragePool", [x], kernel_shape=[3, 3], strides=[1, 1], pads=[1, 1, 1, 1]), 24, 8, 1),
    ]
    x = b.add("Concat", branches, axis=1)
    x = b.add("Concat", [conv_bn(b, x, 32, 12, 3, 2, pads=[0, 0, 0, 0]), b.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2])], axis=1)
    return b.model([b.add("Flatten", [b.add("GlobalAveragePool", [x])])]), b.sample()


@net
def transformer():
    """Two encoder layers: attention of several heads, normalization, GELU; positions added."""
    b = ModelBuilder((1, 12, 32), 18)
    x = b.add("Add", ["input", b.normal(1, 12, 32, scale=0.1)])
    dense = lambda y, rows, columns: b.add("Add", [b.add("MatMul", [y, b.normal(rows, columns, scale=rows**-0.5)]), b.normal(columns, scale=0.1)])
    norm = lambda y: b.add("LayerNormalization", [y, b.constant(b.random.uniform(0.5, 1.5, 32).astype(np.float32)), b.normal(32, scale=0.1)], axis=-1)
    heads = lambda y, order: b.add("Transpose", [b.add("Reshape", [y, whole(b, 0, 0, 4, 8)])], perm=order)
    for _ in range(2):
        query, key, value = (heads(dense(x, 32, 32), order) for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]))
        scores = b.add("Softmax", [b.add("Div", [b.add("MatMul", [query, key]), number(b, 8**0.5)])], axis=-1)
        joined = b.add("Reshape", [b.add("Transpose", [b.add("MatMul", [scores, value])], perm=[0, 2, 1, 3]), whole(b, 0, 0, 32)])
        x = norm(b.add("Add", [x, dense(joined, 32, 32)]))
        y = dense(x, 32, 64)
        # As exporters of older opsets write GELU.
        y = b.add("Mul", [b.add("Mul", [y, b.add("Add", [b.add("Erf", [b.add("Div", [y, number(b, 2**0.5)])]), number(b, 1)])]), number(b, 0.5)])
        x = norm(b.add("Add", [x, dense(y, 64, 32)]))
    return b.model([dense(b.add("ReduceMean", [x, whole(b, 1)], keepdims=0), 32, 5)], opset=18), b.sample()


@net
def lstm_spotter():
    """A convolution over time, LSTM in both directions, and the last state classified."""
    b = ModelBuilder((1, 20, 30), 19)
    x = b.add("Conv", ["input", b.normal(16, 20, 5, scale=0.1), b.normal(16)], kernel_shape=[5], pads=[2, 2], strides=[2])
    x = b.add("Transpose", [b.add("Relu", [x])], perm=[2, 0, 1])
    b.add("LSTM", [x, b.normal(2, 96, 16, scale=0.3), b.normal(2, 96, 24, scale=0.3), b.normal(2, 192, scale=0.1)], hidden_size=24, direction="bidirectional")
    del b.nodes[-1].output[:]
    b.nodes[-1].output.extend(["sequence", "last"])
    every = b.add("ReduceMax", [b.add("Squeeze", [b.add("Slice", ["sequence", whole(b, 0), whole(b, 1), whole(b, 1)]), whole(b, 1)]), whole(b, 0)], keepdims=0)
    x = b.add("Reshape", [b.add("Transpose", ["last"], perm=[1, 0, 2]), whole(b, 1, -1)])
    return b.model([b.add("Gemm", [b.add("Concat", [x, every], axis=1), b.normal(12, 72, scale=0.3), b.normal(12)], transB=1)]), b.sample()


@net
def gru_spotter():
    b = ModelBuilder((25, 1, 10), 20)
    x = "input"
    for inputs in (10, 16):
        b.add("GRU", [x, b.normal(1, 48, inputs, scale=0.3), b.normal(1, 48, 16, scale=0.3), b.normal(1, 96, scale=0.1)], hidden_size=16, linear_before_reset=1)
        x = b.add("Squeeze", [b.nodes[-1].output[0], whole(b, 1)])
    x = b.add("Gather", [x, b.constant(np.array(-1))], axis=0)
    return b.model([b.add("Softmax", [b.add("MatMul", [x, b.normal(16, 12)])], axis=-1)]), b.sample()


@net
def quantized():
    """Weights in int8 per channel, biases in int32, activations brought to uint8 between layers."""
    b = ModelBuilder((1, 3, 16, 16), 21)
    step = lambda value: b.constant(np.float32(value))
    zero = b.constant(np.array(120, np.uint8))

    def levels(x, scale):
        return b.add("DequantizeLinear", [b.add("QuantizeLinear", [x, step(scale), zero]), step(scale), zero])

    x, channels, scale = levels("input", 0.03), 3, 0.03
    for out, group in ((8, 1), (8, 8), (12, 1)):
        taps = channels // group * 9
        scales = b.random.uniform(0.5, 1.5, out) * (2 / taps) ** 0.5 / 60
        weights = b.constant(b.random.integers(-127, 128, (out, channels // group, 3, 3)).astype(np.int8))
        zeros = b.constant(np.zeros(out, np.int8))
        w = b.add("DequantizeLinear", [weights, b.constant(scales.astype(np.float32)), zeros], axis=0)
        bias = b.add("DequantizeLinear", [b.constant(b.random.integers(-900, 900, out).astype(np.int32)), b.constant((scales * scale).astype(np.float32))], axis=0)
        y = b.add("Relu", [b.add("Conv", [x, w, bias], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=group)])
        x, channels, scale = levels(y, 0.02), out, 0.02
    return b.model([b.add("Flatten", [b.add("GlobalAveragePool", [x])])]), b.sample()


@net
def channels_last_export():
    """As converters from TensorFlow write it: transpositions around layers, SAME padding, means over the middle axes."""
    b = ModelBuilder((1, 30, 27, 3), 22)
    to_first, to_last = [0, 3, 1, 2], [0, 2, 3, 1]
    x = b.add("Transpose", ["input"], perm=to_first)
    x = b.add("Conv", [x, b.normal(8, 3, 3, 3, scale=0.3)], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
    x = b.add("Add", [b.add("Transpose", [x], perm=to_last), b.normal(8)])
    x = b.add("Clip", [x, number(b, 0), number(b, 6)])
    x = b.add("Pad", [b.add("Transpose", [x], perm=to_first), whole(b, 0, 0, 0, 0, 0, 0, 1, 1)])
    x = b.add("Conv", [x, b.normal(8, 1, 3, 3, scale=0.4), b.normal(8)], kernel_shape=[3, 3], strides=[2, 2], group=8)
    x = b.add("MaxPool", [b.add("Relu", [x])], kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    x = b.add("ReduceMean", [b.add("Transpose", [x], perm=to_last), whole(b, 1, 2)], keepdims=0)
    return b.model([b.add("Softmax", [b.add("Add", [b.add("MatMul", [x, b.normal(8, 10)]), b.normal(10)])], axis=-1)], opset=18), b.sample()


@net
def efficientnet_lite():
    """Depthwise blocks with clipped activations and asymmetric padding."""
    b = ModelBuilder((1, 3, 29, 29), 23)
    relu6 = lambda x: b.add("Clip", [x, number(b, 0), number(b, 6)])
    x = relu6(conv_bn(b, "input", 3, 16, 3, 2, act=None, pads=[0, 0, 1, 1]))
    for channels, out, kernel, stride in ((16, 24, 3, 2), (24, 24, 5, 1)):
        y = relu6(conv_bn(b, x, channels, 4 * channels, 1, act=None))
        y = relu6(conv_bn(b, y, 4 * channels, 4 * channels, kernel, stride, 4 * channels, act=None))
        y = conv_bn(b, y, 4 * channels, out, 1, act=None)
        x = b.add("Add", [x, y]) if stride == 1 else y
    return b.model([b.add("Flatten", [b.add("GlobalAveragePool", [relu6(conv_bn(b, x, 24, 40, 1, act=None))])])]), b.sample()


@net
def pose():
    """Transposed convolutions of 4 x 4 with normalization, as Simple Baselines has them."""
    b = ModelBuilder((1, 3, 32, 24), 24)
    x = conv_bn(b, conv_bn(b, "input", 3, 12, 3, 2), 12, 16, 3, 2)
    for channels in (16, 10):
        y = b.add("ConvTranspose", [x, b.normal(channels, 10, 4, 4, scale=0.15)], kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
        x = b.add("Relu", [b.batch_norm(y, 10)])
    return b.model([b.conv(x, 10, 5, (1, 1), bias=True)]), b.sample()


@net
def alexnet():
    """Groups, local response normalization, pooling that rounds up."""
    b = ModelBuilder((1, 3, 43, 43), 25)
    lrn = lambda x: b.add("LRN", [x], alpha=1e-2, beta=0.75, bias=1.0, size=5)
    pool = lambda x: b.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)
    x = pool(lrn(b.add("Relu", [b.conv("input", 3, 12, (7, 7), (2, 2), [0, 0, 0, 0], bias=True)])))
    x = pool(lrn(b.add("Relu", [b.conv(x, 12, 16, (5, 5), group=2, bias=True)])))
    x = b.add("Flatten", [b.add("Relu", [b.conv(x, 16, 16, (3, 3), group=2, bias=True)])])
    x = b.add("Dropout", [b.add("Relu", [b.add("Gemm", [x, b.normal(20, 16 * 16, scale=0.05), b.normal(20)], transB=1)])])
    return b.model([b.add("Softmax", [b.add("Gemm", [x, b.normal(7, 20), b.normal(7)], transB=1)])]), b.sample()
