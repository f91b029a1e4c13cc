"""For every operator that LNE imports, a maker of random single-operator models. A new operator needs an entry here: a test says so."""

from __future__ import annotations

import moving_operators  # noqa: F401 (it adds its makers)
import numpy as np
from makers import MAKERS, as_float, build, makes, map_shape
from onnx import TensorProto

__all__ = ["MAKERS"]


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


@makes("ConvTranspose")
def conv_transpose(name, random):
    groups = int(random.choice([1, 1, 2, 3]))
    channels, out = groups * int(random.integers(1, 10)), groups * int(random.integers(1, 10))
    kernel, stride, dilation = ([int(random.choice(options)) for _ in range(2)] for options in ([1, 2, 3, 4, 5], [1, 2, 2, 3], [1, 1, 2]))
    pads = [int(random.integers(0, (kernel[axis % 2] - 1) * dilation[axis % 2] // 2 + 1)) for axis in range(4)]
    extra = [int(random.integers(0, stride[axis])) for axis in range(2)]
    size = [int(random.integers(2, 9)) for _ in range(2)]
    more = {"output_shape": [stride[i] * size[i] for i in range(2)]} if all(kernel[i] >= stride[i] for i in range(2)) and random.random() < 0.2 else {"pads": pads, "output_padding": extra}
    has_bias = bool(random.integers(2))

    def add(b):
        inputs = ["input", b.normal(channels, out // groups, *kernel)]
        y = b.add(name, inputs + ([b.normal(out)] if has_bias else []), kernel_shape=kernel, strides=stride, dilations=dilation, group=groups, **more)
        # What follows is merged into it.
        return b.add("Relu", [b.batch_norm(y, out)]) if random.integers(2) else y

    return build([1, channels, *size], random, add)


@makes("LRN")
def lrn(name, random):
    size, alpha, beta, bias = int(random.choice([1, 3, 5, 7])), float(random.uniform(1e-4, 0.5)), float(random.choice([0.5, 0.75, 1.0])), float(random.uniform(0.5, 2))
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], size=size, alpha=alpha, beta=beta, bias=bias))


@makes("BatchNormalization")
def batch_normalization(name, random):
    shape = map_shape(random)
    return build(shape, random, lambda b: b.batch_norm("input", shape[1]))


@makes("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean")
def binary(name, random):
    shape = map_shape(random)
    kind = int(random.integers(8))

    def add(b):
        if kind >= 6:  # a gate: one number per channel, or one per position
            gate = b.add("GlobalAveragePool", ["input"]) if kind == 6 else b.conv("input", shape[1], 1, (1, 1))
            gate = b.add("Sigmoid", [gate])
            return b.add(name, ["input", gate] if random.integers(2) or name == "Div" else [gate, "input"])
        if kind == 0:
            # A sigmoid, so that no divisor is close to zero.
            return b.add(name, ["input", b.add("Sigmoid", [b.conv("input", shape[1], shape[1], (3, 3))])])
        if kind == 5 and name in ("Max", "Min", "Sum", "Mean"):
            return b.add(name, ["input", b.add("Tanh", ["input"]), b.normal(shape[1], 1, shape[3])])
        other = [(), tuple(shape), (1, shape[1], 1, 1), (shape[3],), (2, 1, shape[2], 1)][kind - 1]
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


@makes("Gemm")
def gemm(name, random):
    rows, inner, out = int(random.choice([1, 1, 3, 40])), int(random.integers(1, 200)), int(random.integers(1, 90))
    turns_left, turns_right = (int(random.random() < share) for share in (0.2, 0.5))
    factors = {"alpha": float(random.uniform(0.5, 2)), "beta": float(random.uniform(0.5, 2))} if random.random() < 0.3 else {}

    def add(b):
        weights = b.normal(out, inner) if turns_right else b.normal(inner, out)
        if random.random() < 0.2:
            weights = b.add("Mul", [weights, b.add("ReduceMax", ["input"], keepdims=0)])
        bias = [[], [b.normal(out)], [b.normal(rows, 1)]][int(random.integers(3))]
        x = b.add(name, ["input", weights, *bias], transA=turns_left, transB=turns_right, **factors)
        # What follows is merged into it.
        return b.add("Clip", [b.add("Mul", [x, b.normal(out)]), b.constant(np.float32(-20)), b.constant(np.float32(30))]) if random.integers(2) else x

    return build([inner, rows] if turns_left else [rows, inner], random, add)


@makes("MatMul")
def matmul(name, random):
    rows, inner, out, heads = (int(random.integers(1, most)) for most in (int(random.choice([5, 40])), 100, 60, 5))
    kind = int(random.integers(7))

    def add(b):
        if kind == 0:
            return b.add(name, ["input", b.normal(inner, out)])
        if kind == 6:  # of whole numbers
            whole = b.add("Cast", [b.add("Mul", ["input", b.constant(np.float32(3))])], to=TensorProto.INT32)
            return b.add("Cast", [b.add(name, [whole, b.constant(b.random.integers(-5, 6, (inner, out)).astype(np.int32))])], to=TensorProto.FLOAT)
        if kind == 1:  # attention: both sides are computed
            return b.add(name, ["input", b.add("Transpose", [b.add("Tanh", ["input"])], perm=[0, 1, 3, 2])])
        if kind == 2:
            return b.add(name, [b.normal(3, 1, out, rows), "input"])
        if kind == 3:
            return b.add(name, ["input", b.normal(heads, inner, out)])
        return b.add(name, ["input", b.normal(inner)] if kind == 4 else [b.normal(rows), "input"])

    return build([1, heads, rows, inner], random, add)


@makes("MaxPool", "AveragePool")
def pool(name, random):
    shape = map_shape(random)
    kernel = [int(random.integers(1, 1 + min(4, shape[2 + axis]))) for axis in range(2)]
    pads = [int(random.integers(0, kernel[axis % 2])) for axis in range(4)]
    more = {"count_include_pad": int(random.integers(2))} if name == "AveragePool" else {}
    if random.random() < 0.3 and all(extent > 2 * size for extent, size in zip(shape[2:], kernel)):
        more["dilations"] = [2, int(random.integers(1, 3))]
    strides = [int(random.integers(1, 1 + min(3, kernel[axis]))) for axis in range(2)]
    more.update({"auto_pad": str(random.choice(["SAME_UPPER", "SAME_LOWER"]))} if random.random() < 0.2 and "dilations" not in more else {"pads": pads, "ceil_mode": int(random.integers(2))})
    if random.random() < 0.2:  # rows of a sequence
        more = {key: value for key, value in more.items() if key in ("count_include_pad", "ceil_mode")}
        return build(shape[:3], random, lambda b: b.add(name, ["input"], kernel_shape=kernel[:1], strides=strides[:1], **more))
    return build(shape, random, lambda b: b.add(name, ["input"], kernel_shape=kernel, strides=strides, **more))


@makes("GlobalAveragePool", "GlobalMaxPool")
def global_pool(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"]))


REDUCTIONS = ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare")


@makes(*REDUCTIONS)
def reduce(name, random):
    shape = map_shape(random, 9)
    axes = [[2, 3], [1], [-1], [0, 2], [1, 2, 3], None][int(random.integers(6))]
    keepdims = int(random.integers(2))

    def add(b):
        # A logarithm needs a positive sum, a product factors near one.
        x = {"ReduceLogSum": lambda: b.add("Exp", ["input"]), "ReduceProd": lambda: b.add("Exp", [b.add("Mul", ["input", b.constant(np.float32(0.01))])])}.get(name, lambda: "input")()
        return b.add(name, [x] if axes is None else [x, b.constant(np.array(axes))], keepdims=keepdims)

    return build(shape, random, add)


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
    shape[3] = int(random.choice([shape[3], random.integers(20, 600)]))
    axis = int(random.integers(-3, 4))
    return build(shape, random, lambda b: b.add(name, ["input"], axis=axis), opset=int(random.choice([11, 13, 21])))


@makes("Transpose")
def transpose(name, random):
    shape = [1, *(int(n) for n in random.integers(1, 8, int(random.integers(1, 5))))]
    order = [int(i) for i in random.permutation(len(shape))]
    if random.random() < 0.6:  # maps, the channels first or last, and sequences
        shape = [int(random.choice([1, 1, 2])), *(int(n) for n in random.integers(1, 40, 3))]
        shape[int(random.choice([1, 3]))] = int(random.choice([8, 16, 30, 100]))
        order = [[0, 2, 3, 1], [0, 3, 1, 2], [0, 2, 1, 3], [0, 1, 3, 2], [2, 0, 3, 1]][int(random.integers(5))]
    return build(shape, random, lambda b: b.add(name, ["input"], perm=order))


PLAIN = ("Abs", "Atan", "Asinh", "Ceil", "Cos", "Cosh", "Erf", "Exp", "Floor", "HardSwish", "Mish", "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign", "Sin", "Sinh", "Softplus", "Softsign", "Tanh")


@makes(*PLAIN)
def unary(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"]))


@makes("Acos", "Asin", "Atanh", "Tan")
def near_zero(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, [b.add("Mul", [b.add("Tanh", ["input"]), b.constant(np.float32(0.9))])]))


@makes("Acosh", "Log")
def above_one(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, [b.add("Add", [b.add("Exp", ["input"]), b.constant(np.float32(1))])]))


@makes("Celu", "Selu", "Swish", "ThresholdedRelu")
def sloped_curves(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], alpha=float(random.uniform(0.3, 1.5))), opset=24)


@makes("Shrink")
def shrink(name, random):
    return build(map_shape(random), random, lambda b: b.add(name, ["input"], lambd=float(random.uniform(0.1, 1)), bias=float(random.uniform(-0.5, 0.5))))


@makes("PRelu")
def prelu(name, random):
    shape = map_shape(random)
    slopes = [(shape[1], 1, 1), (1,), (shape[3],)][int(random.integers(3))]
    return build(shape, random, lambda b: b.add(name, ["input", b.normal(*slopes)]))


@makes("Pow")
def power(name, random):
    exponent = float(random.choice([2, 3, 0.5, -1.5]))
    return build(map_shape(random), random, lambda b: b.add(name, [b.add("Exp", ["input"]), b.constant(np.float32(exponent))]))


@makes("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
def comparison(name, random):
    shape = map_shape(random)
    return build(shape, random, lambda b: as_float(b, b.add(name, [b.add("Round", ["input"]), b.constant(np.round(b.random.standard_normal((shape[1], 1, 1))).astype(np.float32))])))


@makes("And", "Or", "Xor")
def logic(name, random):
    zero = lambda b: b.constant(np.float32(0))
    return build(map_shape(random), random, lambda b: as_float(b, b.add(name, [b.add("Greater", ["input", zero(b)]), b.add("Less", [b.add("Sin", ["input"]), zero(b)])])))


@makes("Not")
def negation(name, random):
    return build(map_shape(random), random, lambda b: as_float(b, b.add(name, [b.add("Greater", ["input", b.constant(np.float32(0.2))])])))


@makes("Mod")
def remainder(name, random):
    if random.integers(2):
        return build(map_shape(random), random, lambda b: b.add(name, ["input", b.constant(np.float32(0.75))], fmod=1))
    whole = lambda b: b.add("Cast", [b.add("Mul", ["input", b.constant(np.float32(20))])], to=7)
    return build(map_shape(random), random, lambda b: as_float(b, b.add(name, [b.add("Div", [whole(b), b.constant(np.array(2))]), b.constant(np.array(-3 if random.integers(2) else 5))])))


@makes("Where")
def where(name, random):
    shape = map_shape(random)
    return build(shape, random, lambda b: b.add(name, [b.add("Greater", ["input", b.normal(shape[1], 1, 1)]), "input", b.normal(shape[3])]))


@makes("Cast", "CastLike")
def cast(name, random):
    to = int(random.choice([1, 6, 7, 9]))
    like = lambda b: b.constant(np.zeros(1, {1: np.float32, 6: np.int32, 7: np.int64, 9: bool}[to]))
    return build(map_shape(random), random, lambda b: as_float(b, b.add(name, ["input"], to=to) if name == "Cast" else b.add(name, ["input", like(b)])))


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


@makes("LayerNormalization", "RMSNormalization")
def layer_normalization(name, random):
    shape = [1, int(random.integers(1, 9)), int(random.choice([random.integers(2, 40), random.integers(40, 1500)]))]
    axis = int(random.choice([-1, 1]))
    size = [extent if random.integers(4) else 1 for extent in shape[axis:]]
    more = lambda b: [b.normal(*size)] if name == "LayerNormalization" and random.integers(2) else []
    return build(shape, random, lambda b: b.add(name, ["input", b.normal(*size), *more(b)], axis=axis, epsilon=1e-4), opset=23)


@makes("InstanceNormalization", "GroupNormalization", "MeanVarianceNormalization")
def map_normalization(name, random):
    groups = int(random.integers(1, 5))
    shape = map_shape(random)
    shape[1] *= groups
    if name == "MeanVarianceNormalization":
        return build(shape, random, lambda b: b.add(name, ["input"], axes=[[0, 2, 3], [1], [2, 3]][int(random.integers(3))]))
    more = {"num_groups": groups} if name == "GroupNormalization" else {}
    return build(shape, random, lambda b: b.add(name, ["input", b.normal(shape[1]), b.normal(shape[1])], epsilon=1e-3, **more))


@makes("GRU", "LSTM", "RNN")
def recurrent(name, random):
    steps, inputs, hidden = (int(random.integers(1, 12)) for _ in range(3))
    gates = {"GRU": 3, "LSTM": 4, "RNN": 1}[name]
    direction = str(random.choice(["forward", "reverse", "bidirectional"]))
    both = 2 if direction == "bidirectional" else 1
    output = int(random.integers(3 if name == "LSTM" else 2))
    more = {"linear_before_reset": int(random.integers(2))} if name == "GRU" else {}

    def add(b):
        weights = [b.normal(both, gates * hidden, inputs, scale=0.4), b.normal(both, gates * hidden, hidden, scale=0.4)]
        if random.integers(2):
            weights += [b.normal(both, 2 * gates * hidden, scale=0.4)]
            if random.integers(2):
                weights += ["", *(b.normal(both, 1, hidden) for _ in range(2 if name == "LSTM" else 1))]
                if name == "LSTM" and random.integers(2):
                    weights += [b.normal(both, 3 * hidden, scale=0.4)]
        b.add(name, ["input", *weights], hidden_size=hidden, direction=direction, **more)
        del b.nodes[-1].output[:]
        b.nodes[-1].output.extend(["result" if i == output else "" for i in range(output + 1)])
        return "result"

    return build([steps, 1, inputs], random, add)


@makes("QuantizeLinear", "DequantizeLinear")
def quantize(name, random):
    shape = map_shape(random)
    dtype = [np.int8, np.uint8][int(random.integers(2))]
    is_per_channel = bool(random.integers(2))

    def add(b):
        count = (shape[1],) if is_per_channel else ()
        factors = [b.constant(b.random.uniform(0.01, 0.05, count).astype(np.float32)), b.constant(b.random.integers(0, 5, count).astype(dtype))]
        return b.add("DequantizeLinear", [b.add("QuantizeLinear", ["input", *factors]), *factors])

    return build(shape, random, add)
