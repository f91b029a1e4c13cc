"""For every operator that LNE imports, a maker of random single-operator models. A new operator needs an entry here: a test says so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from models import ModelBuilder

Maker = Callable[[np.random.Generator], tuple[object, np.ndarray]]
MAKERS: dict[str, Maker] = {}


def makes(*names: str):
    def register(maker):
        for name in names:
            MAKERS[name] = lambda random, name=name: maker(name, random)
        return maker

    return register


def build(shape, random, add, opset=21):
    """A model whose output is what `add` returns, and an input for it."""
    builder = ModelBuilder(tuple(shape), int(random.integers(1 << 30)))
    # Not around zero, where a mean would be all cancellation.
    return builder.model([add(builder)], opset=opset), builder.sample(int(random.integers(1000))) + np.float32(0.5)


def map_shape(random, most=40):
    return [1, int(random.integers(1, most)), int(random.integers(3, 20)), int(random.integers(3, 20))]


@makes("Conv")
def conv(name, random):
    groups = int(random.choice([1, 1, 1, 2, 3]))
    channels, out = groups * int(random.integers(1, 20)), groups * int(random.integers(1, 20))
    if random.random() < 0.25:
        groups, out = channels, channels * int(random.choice([1, 2]))
    kernel = [int(random.choice([1, 2, 3, 5, 7])) for _ in range(2)]
    if random.random() < 0.5:
        kernel[1] = kernel[0]
    stride, dilation = [int(random.choice([1, 1, 2, 3])) for _ in range(2)], [int(random.choice([1, 1, 2])) for _ in range(2)]
    pads = [int(random.integers(0, (kernel[axis % 2] - 1) * dilation[axis % 2] + 1)) for axis in range(4)]
    size = [int(random.integers((kernel[i] - 1) * dilation[i] + 1, (kernel[i] - 1) * dilation[i] + 16)) for i in range(2)]
    shape = [1, channels, *size]
    return build(shape, random, lambda b: b.conv("input", channels, out, kernel, stride, pads, groups, bias=bool(random.integers(2)), dilations=dilation))


@makes("BatchNormalization")
def batch_normalization(name, random):
    shape = map_shape(random)
    return build(shape, random, lambda b: b.batch_norm("input", shape[1]))


@makes("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum")
def binary(name, random):
    shape = map_shape(random)
    kind = int(random.integers(5))

    def add(b):
        if kind == 0:
            # A sigmoid, so that no divisor is close to zero.
            return b.add(name, ["input", b.add("Sigmoid", [b.conv("input", shape[1], shape[1], (3, 3))])])
        other = [(), tuple(shape), (1, shape[1], 1, 1), (shape[3],)][kind - 1]
        operand = b.constant(b.random.uniform(0.5, 2.0, other).astype(np.float32))
        return b.add(name, ["input", operand] if random.integers(2) or name == "Div" else [operand, "input"])

    return build(shape, random, add)


@makes("Concat")
def concat(name, random):
    shape = map_shape(random)
    axis = int(random.integers(1, 4))

    def add(b):
        parts = ["input", b.add("Relu", ["input"])]
        if axis == 1:
            parts.append(b.conv("input", shape[1], int(random.integers(1, 20)), (3, 3)))
        return b.add("Concat", parts, axis=axis)

    return build(shape, random, add)


@makes("Gemm", "MatMul")
def gemm(name, random):
    inner, out = int(random.integers(1, 200)), int(random.integers(1, 90))

    def add(b):
        if name == "MatMul":
            return b.add(name, ["input", b.normal(inner, out)])
        is_transposed = int(random.integers(2))
        weights = b.normal(out, inner) if is_transposed else b.normal(inner, out)
        return b.add(name, ["input", weights, b.normal(out)] if random.integers(2) else ["input", weights], transB=is_transposed)

    return build([1, inner], random, add)


@makes("MaxPool", "AveragePool")
def pool(name, random):
    shape = map_shape(random)
    kernel = [int(random.integers(1, 1 + min(4, shape[2 + axis]))) for axis in range(2)]
    pads = [int(random.integers(0, kernel[axis % 2])) for axis in range(4)]
    more = {"count_include_pad": int(random.integers(2))} if name == "AveragePool" else {}
    strides = [int(random.integers(1, 4)) for _ in range(2)]
    return build(shape, random, lambda b: b.add(name, ["input"], kernel_shape=kernel, pads=pads, strides=strides, **more))


@makes("GlobalAveragePool", "GlobalMaxPool")
def global_pool(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"]))


@makes("ReduceMean")
def reduce_mean(name, random):
    keepdims = int(random.integers(2))
    return build(map_shape(random), random, lambda b: b.add(name, ["input", b.constant(np.array([2, 3]))], keepdims=keepdims))


@makes("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout")
def reshape(name, random):
    channels, height, width = int(random.integers(1, 9)), int(random.integers(1, 7)), int(random.integers(1, 7))
    shape = [1, channels, height, width]

    def add(b):
        # A convolution before it, so that the elements may lie in another layout.
        x = b.conv("input", channels, channels, (1, 1))
        if name == "Reshape":
            return b.add(name, [x, b.constant(np.array([1, -1, width]))])
        if name == "Squeeze":
            return b.add(name, [x, b.constant(np.array([0]))])
        if name == "Unsqueeze":
            return b.add(name, [x, b.constant(np.array([0]))])
        return b.add(name, [x], **({"axis": int(random.integers(1, 4))} if name == "Flatten" else {}))

    return build(shape, random, add)


@makes("Softmax", "LogSoftmax")
def softmax(name, random):
    shape = map_shape(random, 12)
    axis = int(random.integers(-3, 4))
    return build(shape, random, lambda b: b.add(name, ["input"], axis=axis), opset=int(random.choice([11, 13, 21])))


@makes("Transpose")
def transpose(name, random):
    shape = [1, *(int(n) for n in random.integers(1, 8, int(random.integers(1, 5))))]
    order = [int(i) for i in random.permutation(len(shape))]
    return build(shape, random, lambda b: b.add(name, ["input"], perm=order))


@makes("Abs", "Exp", "HardSwish", "Neg", "Relu", "Sigmoid", "Tanh")
def unary(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"]))


@makes("Sqrt")
def square_root(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, [b.add("Abs", ["input"])]))


@makes("Clip")
def clip(name, random):
    low, high = sorted(random.uniform(-2, 2, 2))
    return build(map_shape(random), random, lambda b: b.add(name, ["input", b.constant(np.float32(low)), b.constant(np.float32(high))]))


@makes("Elu", "LeakyRelu")
def sloped(name, random):
    slope = float(random.uniform(0.01, 1.5))
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], alpha=slope))


@makes("HardSigmoid")
def hard_sigmoid(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], alpha=float(random.uniform(0.1, 0.4)), beta=float(random.uniform(0.3, 0.7))))


@makes("Gelu")
def gelu(name, random):
    approximate = str(random.choice(["none", "tanh"]))
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], approximate=approximate))
