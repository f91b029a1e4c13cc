"""Makers of random models for operators that move elements: parts, repetitions, paddings, shapes, sampling, selection."""

from __future__ import annotations

import numpy as np
from makers import as_float, build, makes, map_shape
from onnx import TensorProto, numpy_helper


@makes("Slice")
def slices(name, random):
    shape = map_shape(random)
    axes = sorted(int(axis) for axis in random.choice(4, int(random.integers(1, 4)), replace=False))
    starts, ends, steps = [], [], []
    for axis in axes:
        low, high = sorted(int(i) for i in random.choice(shape[axis] + 1, 2, replace=False))
        is_back = bool(random.integers(2))
        starts.append(high - 1 if is_back else low - shape[axis] if random.integers(2) and low else low)
        ends.append((low - 1 - shape[axis] if low else -(2**63)) if is_back else high if high < shape[axis] else 2**63 - 1)
        steps.append(int(random.integers(1, 3)) * (-1 if is_back else 1))
    return build(shape, random, lambda b: b.add(name, ["input", *(b.constant(np.array(part)) for part in (starts, ends, axes, steps))]))


@makes("Split")
def split(name, random):
    shape = map_shape(random)
    sizes = [int(n) for n in random.integers(1, 6, int(random.integers(1, 4)))]
    shape[1] = sum(sizes)

    def add(b):
        b.add(name, ["input", b.constant(np.array(sizes))], axis=1)
        del b.nodes[-1].output[:]
        parts = [f"part{i}" for i in range(len(sizes))]
        b.nodes[-1].output.extend(parts)
        return b.add("Concat", [b.add("Relu", [parts[-1]]), *parts[:-1]], axis=1)

    return build(shape, random, add)


@makes("Expand")
def expand(name, random):
    channels = int(random.integers(1, 9))
    return build([1, channels, 1, 5], random, lambda b: b.add(name, ["input", b.constant(np.array([[2, channels, 3, 5], [4, 1], [5]][int(random.integers(3))]))]))


@makes("Tile")
def tile(name, random):
    return build(map_shape(random, 9), random, lambda b: b.add(name, ["input", b.constant(np.array([1, 3, 1, 2] if random.integers(2) else [2, 1, 2, 2]))]))


@makes("Pad")
def pad(name, random):
    mode = str(random.choice(["constant", "reflect", "edge", "wrap"]))
    pads = [0, 0, *(int(n) for n in random.integers(0, 3, 2)), 0, 0, *(int(n) for n in random.integers(0, 3, 2))]
    if mode == "constant":
        pads[1] = int(random.integers(0, 3))
        pads[6] = -1
    value = lambda b: [b.constant(np.float32(0.7))] if mode == "constant" and random.integers(2) else []
    return build(map_shape(random), random, lambda b: b.add(name, ["input", b.constant(np.array(pads)), *value(b)], mode=mode))


@makes("Gather")
def gather(name, random):
    shape = map_shape(random)
    axis = int(random.integers(-3, 4))
    numbers = random.integers(-shape[axis], shape[axis], [(3,), (2, 2), ()][int(random.integers(3))])

    def add(b):
        if random.integers(3):
            return b.add(name, ["input", b.constant(np.array(numbers))], axis=axis)
        # An embedding: rows of a table, by numbers that are computed.
        return b.add(name, [b.normal(50, 7), b.add("ArgMax", ["input"], axis=1, keepdims=0)])

    return build(shape, random, add)


@makes("ScatterND")
def scatter_nd(name, random):
    shape = [int(n) for n in random.integers(2, 9, int(random.integers(2, 5)))]
    depth, opset = int(random.integers(1, len(shape) + 1)), int(random.choice([11, 13, 16, 18, 21]))
    reduction = str(random.choice(["none", "add", "mul", "max", "min"][: {11: 1, 13: 1, 16: 3}.get(opset, 5)]))
    places = int(np.prod(shape[:depth]))
    # Which of several replacements for one place stays is not said.
    chosen = random.choice(places, int(random.integers(1, min(places, 30) + 1)), replace=reduction != "none")
    numbers = np.stack(np.unravel_index(chosen, shape[:depth]), axis=-1) - np.array(shape[:depth]) * random.integers(0, 2, (len(chosen), depth))

    def add(b):
        # A number that is computed makes all computed that it is multiplied by.
        factor = lambda: b.add("ReduceMean", ["input"], keepdims=0, **({"axes": [*range(len(shape))]} if opset < 18 else {}))
        data = [lambda: "input", lambda: b.add("Relu", ["input"]), lambda: b.normal(*shape)][int(random.integers(3))]()
        updates = b.normal(*numbers.shape[:-1], *shape[depth:])
        if data.startswith("w") or random.integers(2):
            updates = b.add("Mul", [updates, factor()])
        indices = b.constant(numbers)
        if random.integers(2):
            zero = b.add("Cast", [b.add("Mul", [factor(), b.constant(np.float32(0))])], to=TensorProto.INT64)
            indices = b.add("Add", [indices, zero])
        return b.add(name, [data, indices, updates], **({} if reduction == "none" else {"reduction": reduction}))

    return build(shape, random, add, opset=opset)


@makes("DepthToSpace", "SpaceToDepth")
def blocks(name, random):
    block, depth, height, width = (int(random.integers(1, 5)) for _ in range(4))
    shape = [1, depth * block * block, height, width] if name == "DepthToSpace" else [1, depth, height * block, width * block]
    more = {"mode": str(random.choice(["DCR", "CRD"]))} if name == "DepthToSpace" else {}
    return build(shape, random, lambda b: b.add(name, ["input"], blocksize=block, **more))


@makes("Shape", "Size", "ConstantOfShape", "Range")
def shapes(name, random):
    shape = map_shape(random, 9)
    whole = lambda b, *numbers: b.constant(np.array(numbers))

    def add(b):
        sizes = b.add("Shape", ["input"])
        if name == "Shape":
            outer = b.add("Slice", [sizes, whole(b, 0), whole(b, 2)])
            return b.add("Reshape", ["input", b.add("Concat", [outer, whole(b, -1)], axis=0)])
        if name == "Size":
            half = b.add("Div", [b.add("Size", ["input"]), b.constant(np.array(shape[3]))])
            return b.add("Reshape", ["input", b.add("Concat", [b.add("Unsqueeze", [half, whole(b, 0)]), whole(b, -1)], axis=0)])
        if name == "Range":
            last = b.add("Gather", [sizes, b.constant(np.array(3))])
            return b.add("Add", ["input", b.add("Cast", [b.add("Range", [b.constant(np.array(0)), last, b.constant(np.array(1))])], to=1)])
        b.add("ConstantOfShape", [sizes], value=numpy_helper.from_array(np.array([1.5], np.float32)))
        return b.add("Mul", ["input", b.nodes[-1].output[0]])

    return build(shape, random, add)


@makes("Resize")
def resize(name, random):
    mode = str(random.choice(["nearest", "linear", "cubic"]))
    coordinates = str(random.choice(["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]))
    shape = map_shape(random, 9)
    more = {"nearest_mode": str(random.choice(["floor", "round_prefer_floor", "ceil", "round_prefer_ceil"]))} if mode == "nearest" else {}
    more.update({"cubic_coeff_a": -0.5, "exclude_outside": int(random.integers(2))} if mode == "cubic" else {})
    sizes = [*shape[:2], *(int(random.integers(1, 40)) for _ in range(2))]
    scales = [1, 1, *(float(random.choice([2, 4, 0.5, 1])) for _ in range(2))]

    def add(b):
        none = b.constant(np.zeros(0, np.float32))
        where = [none, none, b.constant(np.array(sizes))] if random.integers(2) else [none, b.constant(np.array(scales, np.float32))]
        return b.add(name, ["input", *where], mode=mode, coordinate_transformation_mode=coordinates, **more)

    return build(shape, random, add)


@makes("Upsample")
def upsample(name, random):
    scales = np.array([1, 1, 2, int(random.integers(1, 4))], np.float32)
    return build(map_shape(random, 9), random, lambda b: b.add(name, ["input", b.constant(scales)], mode=str(random.choice(["nearest", "linear"]))), opset=9)


@makes("ArgMax", "ArgMin")
def arg_max(name, random):
    axis, keepdims = int(random.integers(-3, 4)), int(random.integers(2))
    return build(map_shape(random), random, lambda b: as_float(b, b.add(name, ["input"], axis=axis, keepdims=keepdims)))


@makes("TopK")
def top_k(name, random):
    shape = map_shape(random)
    axis = int(random.integers(1, 4))
    k = int(random.integers(1, shape[axis] + 1))

    def add(b):
        b.add(name, ["input", b.constant(np.array([k]))], axis=axis, largest=int(random.integers(2)))
        del b.nodes[-1].output[:]
        b.nodes[-1].output.extend(["values", "places"])
        return b.add("Add", ["values", as_float(b, "places")])

    return build(shape, random, add)
