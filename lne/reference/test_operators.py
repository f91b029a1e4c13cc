"""Every operator against ONNX Runtime, on random shapes and attributes: with all plugins, with each plugin alone, and with the core alone. Those over
libraries are among the plugins where this machine has the libraries.

LNE_TEST_SEED=N draws other cases, LNE_TEST_CASES=N more of them.
"""

import json
import os
import subprocess

import numpy as np
import pytest
from conftest import reference, relative_error
from models import ModelBuilder
from operators import MAKERS

SEED = int(os.environ.get("LNE_TEST_SEED", "1"))
CASES = int(os.environ.get("LNE_TEST_CASES", "6"))
# Maps whose functions of elements go by channels-last layout, and all others by plain layout, are both tried: which one is taken follows from neighbours.
CHANNELS_LAST = '{"layers": [{"layer": "*", "forbidden": ["vector.unary_plain", "vector.elementwise_plain"]}]}'
CORE_ONLY = '{"layers": [{"layer": "*", "forbidden": ["vector", "winograd"]}]}'


def random_of(*parts: object) -> np.random.Generator:
    return np.random.default_rng([SEED, *("".join(map(str, parts)).encode())])


def imported_names(lne) -> list[str]:
    listed = json.loads(subprocess.run([lne, "operators"], capture_output=True, text=True, check=True).stdout)
    return [name for operator in listed["onnx"] for name in operator["onnx"]]


def test_every_operator_has_a_maker(lne):
    assert sorted(imported_names(lne)) == sorted(MAKERS)


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_equals_onnx_runtime(bench, name):
    for case in range(CASES):
        model, sample = MAKERS[name](random_of(name, case))
        wanted = reference(model, sample)
        for options in ((), ("--plan", bench.plan(CHANNELS_LAST)), ("--plan", bench.plan(CORE_ONLY))):
            error = relative_error(bench.run(model, sample, *options), wanted)
            assert error <= 2e-5, f"case {case} with {options or 'the default plan'}: {error}\n{model.graph.node}"


@pytest.fixture
def with_libraries(libraries) -> tuple[str, ...]:
    """Options that turn on all plugins over libraries."""
    return ("--plugins", ",".join("+" + library["plugin"] for library in libraries)) if libraries else ()


@pytest.mark.parametrize("name", ["Conv", "ConvTranspose", "Gemm", "MatMul"])
def test_libraries_equal_onnx_runtime(bench, libraries, name):
    for case in range(2 * CASES):
        model, sample = MAKERS[name](random_of(name, case))
        wanted = reference(model, sample)
        for library in libraries:
            error = relative_error(bench.run(model, sample, "--plugins", library["plugin"]), wanted)
            assert error <= 2e-5, f"case {case} with {library}: {error}\n{model.graph.node}"


@pytest.mark.parametrize("case", range(CASES))
def test_every_choice_for_a_convolution(bench, with_libraries, case):
    """Odd sizes, channel counts that fill no vector, bias, residual and clipped activation: all primitives and variants agree with the reference."""
    random = random_of("choice", case)
    taps, channels, out = int(random.choice([3, 5])), int(random.integers(1, 70)), int(random.integers(1, 70))
    builder = ModelBuilder((1, channels, int(random.integers(1, 24)), int(random.integers(1, 24))), int(random.integers(1 << 30)))
    side = builder.conv("input", channels, out, (1, 1))
    kernel = [(taps, taps), (1, taps), (taps, 1)][case % 3]
    x = builder.conv("input", channels, out, kernel, bias=True)
    if random.integers(2):
        x = builder.add("Add", [x, side])
    x = builder.add("Clip", [x, builder.constant(np.float32(-0.5)), builder.constant(np.float32(1.5))])
    model, sample = builder.model([x]), builder.sample()
    wanted = reference(model, sample)
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, *with_libraries).stdout)
    layer = next(layer for layer in report["layers"] if layer["op"] == "conv" and layer["layer"] != side)
    tried = 0
    for candidate in layer["candidates"]:
        for variant in candidate["variants"]:
            tried += 1
            plan = bench.plan(json.dumps({"layers": [{"layer": layer["layer"], "primitive": candidate["primitive"], "variant": variant}]}))
            error = relative_error(bench.run(model, sample, "--plan", plan), wanted)
            assert error <= 5e-5, f"{candidate['primitive']} {variant}: {error}"
    assert tried > 5


def all_choices(bench, model, sample, op: str, bound: float, *options: str) -> int:
    """Every primitive and variant for the layers of an op computes the same network; how many there are."""
    wanted = reference(model, sample)
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, *options).stdout)
    tried = 0
    for layer in report["layers"]:
        for candidate in layer["candidates"] if layer["op"] == op else []:
            for variant in candidate["variants"]:
                tried += 1
                plan = bench.plan(json.dumps({"layers": [{"layer": layer["layer"], "primitive": candidate["primitive"], "variant": variant}]}))
                error = relative_error(bench.run(model, sample, "--plan", plan), wanted)
                assert error <= bound, f"{layer['layer']} by {candidate['primitive']} {variant}: {error}"
    return tried


@pytest.mark.parametrize(("kernel", "stride", "pad"), [(4, 2, 1), (3, 2, 1), (4, 2, 2)])
def test_every_choice_for_a_transposed_convolution(bench, with_libraries, kernel, stride, pad):
    """With bias, and with a residual that comes from another one."""
    random = random_of("transposed", kernel, pad)
    channels, out = int(random.integers(3, 40)), int(random.integers(3, 40))
    builder = ModelBuilder((1, channels, 7, 5), int(random.integers(1 << 30)))
    up = lambda: builder.add("ConvTranspose", ["input", builder.normal(channels, out, kernel, kernel), builder.normal(out)], strides=[stride] * 2, pads=[pad] * 4)
    model, sample = builder.model([builder.add("Relu", [builder.add("Add", [up(), up()])])]), builder.sample()
    assert all_choices(bench, model, sample, "conv_transpose", 5e-5, *with_libraries) >= 6


@pytest.mark.parametrize("kernel", [3, 5])
def test_every_choice_for_groups_inside_a_concatenation(bench, with_libraries, kernel):
    """Sources and results that lie inside wider tensors, groups of whole vectors, and one filter per channel with a residual."""
    builder = ModelBuilder((1, 16, 11, 9), kernel)
    left, right = builder.conv("input", 16, 32, (1, 1), bias=True), builder.conv("input", 16, 48, (kernel, kernel), group=2, bias=True)
    joined = builder.add("Concat", [left, right], axis=1)
    x = builder.conv(joined, 80, 80, (kernel, kernel), group=80)
    x = builder.add("Concat", [builder.add("Add", [x, joined]), builder.conv(left, 32, 24, (3, 3))], axis=1)
    model, sample = builder.model([x]), builder.sample()
    assert all_choices(bench, model, sample, "conv", 5e-5, *with_libraries) > 20


@pytest.mark.parametrize(("kernel", "stride", "height", "is_residual"), [(3, 1, 23, True), (3, 2, 30, False), (5, 1, 17, True), (5, 2, 9, False)])
def test_every_choice_for_a_depthwise_convolution_and_what_follows(bench, with_libraries, kernel, stride, height, is_residual):
    """In blocks of lines with a shorter last one, with both activations, a residual, and a result that lies inside a wider tensor."""
    random = random_of("separable", kernel, stride)
    channels, out = int(random.integers(60, 80)), 8 * int(random.integers(2, 9))
    builder = ModelBuilder((1, channels, height, 30), int(random.integers(1 << 30)))
    x = builder.conv("input", channels, channels, (kernel, kernel), (stride, stride), group=channels, bias=True)
    x = builder.conv(builder.add("Clip", [x, builder.constant(np.float32(-0.5)), builder.constant(np.float32(1.5))]), channels, out, (1, 1), bias=True)
    side = builder.conv("input", channels, out, (3, 3), (stride, stride))
    if is_residual:
        x = builder.add("Relu", [builder.add("Add", [x, side])])
    model, sample = builder.model([builder.add("Concat", [x, side], axis=1)]), builder.sample()
    assert all_choices(bench, model, sample, "conv", 5e-5, *with_libraries) > 10
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)
    fused = next(candidate for layer in report["layers"] for candidate in layer["candidates"] if candidate["primitive"] == "vector.conv_separable" and not candidate["refusal"])
    assert len(fused["variants"]) > 1


@pytest.mark.parametrize(("shape", "columns"), [((1, 60), 33), ((3, 20), 7), ((57, 70), 40), ((4, 13, 300), 29), ((2, 3, 9, 40), 1)])
def test_every_choice_for_a_product_with_a_constant_matrix(bench, with_libraries, shape, columns):
    """With what is merged into it: a bias, a scale per column, a sum with a tensor of the result's shape, a clip."""
    builder = ModelBuilder(shape, columns)
    x = builder.add("Add", [builder.normal(columns), builder.add("MatMul", ["input", builder.normal(shape[-1], columns)])])
    x = builder.add("Add", [builder.add("Mul", [x, builder.normal(columns)]), builder.add("MatMul", [builder.add("Tanh", ["input"]), builder.normal(shape[-1], columns)])])
    model, sample = builder.model([builder.add("Clip", [x, builder.constant(np.float32(-9)), builder.constant(np.float32(9))])]), builder.sample()
    assert all_choices(bench, model, sample, "gemm", 2e-5, *with_libraries) > 4
    passes = {report["pass"]: report["changes"] for report in json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)["passes"]}
    assert (passes["fold-batch-normalization"], passes["fuse-residual"], passes["fuse-activation"]) == (2, 1, 1)


@pytest.mark.parametrize(("left", "right"), [((2, 5, 1, 30), (2, 5, 30, 70)), ((2, 3, 30), (30, 21)), ((3, 1, 41, 16), (1, 4, 16, 50)), ((2, 37, 29), (2, 29, 3)), ((19, 40), (3, 2, 40, 64))])
def test_every_choice_for_a_product_of_computed_matrices(bench, left, right):
    """Batches that fit and that are broadcast, few rows and many, columns that are no multiple of eight."""
    builder = ModelBuilder(left, 7)
    computed = builder.add("Add", [builder.normal(*right), builder.add("ReduceMax", ["input"], keepdims=0)])
    model, sample = builder.model([builder.add("MatMul", ["input", computed])]), builder.sample()
    assert all_choices(bench, model, sample, "matmul", 2e-5) > 4


@pytest.mark.parametrize(("shape", "order"), [((1, 24, 9, 7), (0, 2, 3, 1)), ((1, 9, 7, 24), (0, 3, 1, 2)), ((1, 13, 5, 6), (0, 2, 3, 1)), ((1, 5, 6, 13), (0, 3, 1, 2)), ((2, 20, 3, 70), (1, 3, 0, 2)), ((130, 75), (1, 0))])
def test_every_choice_for_a_transpose(bench, shape, order):
    """Between layers that read and make other layouts; where channels come in eights the same memory serves both."""
    builder = ModelBuilder(shape, 8)
    is_map = len(shape) == 4 and shape[0] == 1
    x = builder.conv("input", shape[1], shape[1], (3, 3)) if is_map else builder.add("Abs", ["input"])
    x = builder.add("Transpose", [x], perm=list(order))
    x = builder.conv(x, shape[order[1]], 8, (3, 3)) if is_map else builder.add("Abs", [x])
    model, sample = builder.model([x]), builder.sample()
    assert all_choices(bench, model, sample, "transpose", 2e-5) >= 2


# Layers over maps of 12 channels, which fill no vectors of eight.
READERS = {
    "LRN": lambda b, x: b.add("LRN", [x], size=5, alpha=1.0),
    "Conv 3 x 3": lambda b, x: b.conv(x, 12, 20, (3, 3)),
    "Conv 1 x 1": lambda b, x: b.conv(x, 12, 20, (1, 1)),
    "Conv 5 x 5, strides": lambda b, x: b.conv(x, 12, 9, (5, 5), (2, 2)),
    "Conv, a filter per channel": lambda b, x: b.conv(x, 12, 12, (3, 3), group=12),
    "Conv, groups": lambda b, x: b.conv(x, 12, 18, (3, 3), group=3),
    "Conv, a filter per channel, then 1 x 1": lambda b, x: b.conv(b.conv(x, 12, 12, (3, 3), group=12), 12, 20, (1, 1)),
    "ConvTranspose": lambda b, x: b.add("ConvTranspose", [x, b.normal(12, 9, 4, 4)], strides=[2, 2], pads=[1, 1, 1, 1]),
    "MaxPool": lambda b, x: b.add("MaxPool", [x], kernel_shape=[2, 2]),
    "AveragePool": lambda b, x: b.add("AveragePool", [x], kernel_shape=[3, 3], strides=[2, 2]),
    "GlobalAveragePool": lambda b, x: b.add("GlobalAveragePool", [x]),
    "Softmax": lambda b, x: b.add("Softmax", [x], axis=1),
    "ReduceMean": lambda b, x: b.add("ReduceMean", [x, b.constant(np.array([1], np.int64))]),
    "BatchNormalization": lambda b, x: b.batch_norm(x, 12),
    "InstanceNormalization": lambda b, x: b.add("InstanceNormalization", [x, b.normal(12), b.normal(12)]),
    "LayerNormalization": lambda b, x: b.add("LayerNormalization", [x, b.normal(12, 6, 10)], axis=1),
    "Resize": lambda b, x: b.add("Resize", [x, "", b.constant(np.array([1, 1, 2, 2], np.float32))], mode="linear"),
    "Concat": lambda b, x: b.add("Concat", [x, b.add("Sigmoid", [x])], axis=1),
    "Slice": lambda b, x: b.add("Slice", [x, *(b.constant(np.array([n], np.int64)) for n in (5, 11, 1))]),
    "Transpose": lambda b, x: b.add("Transpose", [x], perm=[0, 2, 3, 1]),
    "Gemm": lambda b, x: b.add("Gemm", [b.add("Flatten", [x]), b.normal(720, 9)]),
    "Mul": lambda b, x: b.add("Mul", [x, b.add("GlobalMaxPool", [x])]),
}


@pytest.mark.parametrize("name", READERS)
def test_what_fills_up_channels_is_not_read(bench, libraries, name):
    """Behind a reciprocal it is infinite."""
    builder = ModelBuilder((1, 3, 6, 10), 6)
    x = builder.add("Conv", ["input", builder.normal(12, 3, 3, 3, scale=0.1), builder.constant(np.full(12, 5, np.float32))], pads=[1, 1, 1, 1])
    x = builder.add("Reciprocal", [x])
    last = READERS[name](builder, x)
    model, sample = builder.model([last]), builder.sample()
    wanted = reference(model, sample)
    plugins = ("--plugins", ",".join("+" + library["plugin"] for library in libraries)) if libraries else ()
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0, *plugins).stdout)
    before = [{"layer": layer["layer"], "forbidden": ["vector.unary_plain", "vector.elementwise_plain", "core.unary", "core.binary"]} for layer in report["layers"] if layer["op"] in ("unary", "binary")]
    layers = {layer["layer"]: layer for layer in report["layers"]}
    for layer in [node.name for node in model.graph.node if node.name in layers and node.op_type != "Reciprocal"][1:]:
        for candidate in layers[layer]["candidates"]:
            if candidate["refusal"]:
                continue
            plan = bench.plan(json.dumps({"layers": [*(one for one in before if one["layer"] != layer), {"layer": layer, "primitive": candidate["primitive"]}]}))
            error = relative_error(bench.run(model, sample, *plugins, "--plan", plan), wanted)
            assert error <= (1e-4 if candidate["primitive"].startswith("winograd.") else 2e-5), f"{candidate['primitive']}: {error}"
