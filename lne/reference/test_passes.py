"""Graph passes: each can be left out, all say what they did, and no result depends on them."""

import json

import numpy as np
import onnx
import pytest
from architectures import NETS as ARCHITECTURES
from conftest import reference, relative_error
from models import ModelBuilder, keyword_net, residual_net
from operators import MAKERS

NETS = {**ARCHITECTURES, "kws9": lambda: keyword_net("kws9"), "ds-kws9": lambda: keyword_net("kws9", separable=True), "residual": residual_net}


def passes_of(bench, model, *options) -> list[dict]:
    done = bench.call("optimize", bench.save(model), "--passes", "--json", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", NETS)
def test_no_result_depends_on_a_pass(bench, name):
    model, sample = NETS[name]()
    wanted = reference(model, sample)
    reports = passes_of(bench, model)
    names = [report["pass"] for report in reports]
    # Those that change this network one by one, and all of them at once.
    for off in [*(report["pass"] for report in reports if report["changes"] > 0), ",".join(names)]:
        assert relative_error(bench.run(model, sample, "--without", off), wanted) <= 1e-4, off


@pytest.mark.parametrize("name", sorted(MAKERS))
def test_no_operator_needs_a_pass(bench, name):
    every = ",".join(report["pass"] for report in passes_of(bench, keyword_net("kws9")[0]))
    for case in range(2):
        model, sample = MAKERS[name](np.random.default_rng([case, *name.encode()]))
        assert relative_error(bench.run(model, sample, "--without", every), reference(model, sample)) <= 2e-5


def test_a_report_tells_sizes_and_layers(bench):
    model, _ = residual_net()
    reports = passes_of(bench, model)
    for earlier, later in zip(reports, reports[1:]):
        assert earlier["after"] == later["before"]
    for report in reports:
        assert report["before"]["nodes"] - report["after"]["nodes"] == report["changes"] == len(report["changed"])
        assert report["before"]["activationBytes"] >= report["after"]["activationBytes"]
    by_name = {report["pass"]: report for report in reports}
    assert by_name["fuse-residual"]["changes"] == 2
    added = {change["layer"]: change["into"] for change in by_name["fuse-residual"]["changed"]}
    assert all(layer.startswith("add_") and into.startswith("conv_") for layer, into in added.items())
    text = bench.call("optimize", bench.save(model), "--passes").stdout
    assert all(f"  {layer} into {into}\n" in text for layer, into in added.items())
    assert json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)["passes"] == reports


def test_a_plan_carries_what_is_left_out(bench):
    model, sample = residual_net()
    path = bench.save(model)
    plan = bench.folder / "without.json"
    assert bench.call("optimize", path, "--without", "fuse-activation,fuse-residual", "-o", plan).returncode == 0
    assert json.loads(plan.read_text())["without"] == ["fuse-activation", "fuse-residual"]
    for report in passes_of(bench, model, "--plan", plan):
        assert report["isOff"] == (report["pass"] in ("fuse-activation", "fuse-residual"))
    assert relative_error(bench.run(model, sample, "--plan", plan), reference(model, sample)) <= 1e-4
    assert bench.call("generate", path, "--plan", plan, "-o", bench.folder / "app").returncode == 0
    assert json.loads((bench.folder / "app" / "plan.json").read_text())["without"] == ["fuse-activation", "fuse-residual"]


@pytest.mark.parametrize(("without", "code"), [('["none"]', "LNE_PLAN_PASS"), ('"fuse-residual"', "LNE_PLAN_BROKEN"), ("[1]", "LNE_PLAN_BROKEN")])
def test_a_pass_that_there_is_not_is_refused(bench, without, code):
    done = bench.call("import", bench.save(keyword_net("kws9")[0]), "--plan", bench.plan(f'{{"layers": [], "without": {without}}}'))
    assert done.returncode == 1
    assert f"[{code}]" in done.stderr


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("is_left", [False, True])
@pytest.mark.parametrize("shape", [(1, 9, 1, 1), (9, 1, 1), (), (1, 9, 6, 6)])
def test_constants_behind_a_convolution(bench, op, is_left, shape):
    """One per channel or one in all goes into the convolution; others, and what a constant is divided by, stay."""
    builder = ModelBuilder((1, 4, 6, 6), 3)
    x = builder.conv("input", 4, 9, (3, 3), bias=True)
    constant = builder.constant(builder.random.uniform(0.5, 2, shape).astype(np.float32))
    model, sample = builder.model([builder.add(op, [constant, x] if is_left else [x, constant])]), builder.sample()
    folded = {report["pass"]: report["changes"] for report in passes_of(bench, model)}["fold-batch-normalization"]
    assert folded == (0 if shape == (1, 9, 6, 6) or (op == "Div" and is_left) else 1)
    # Divisions by a convolution come near zero.
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-4


@pytest.mark.parametrize(("order", "shape", "expected"), [(None, (24,), 2), (None, (6, 24), 0), ((0, 3, 1, 2), (24, 1, 1), 2), ((0, 3, 1, 2), (6,), 0), ((3, 2, 1, 0), (1, 24, 1, 1, 1), 0), ((3, 2, 1, 0), (24, 1, 1, 1), 2)])
def test_constants_behind_a_product_with_a_matrix(bench, order, shape, expected):
    """One per column or one in all goes into the matrix and its bias, also where the columns are moved before."""
    builder = ModelBuilder((1, 5, 6, 16), 9)
    x = builder.add("MatMul", ["input", builder.normal(16, 24)])
    x = builder.add("Transpose", [x], perm=list(order)) if order else x
    x = builder.add("Add", [builder.add("Mul", [x, builder.normal(*shape)]), builder.normal(*shape)])
    model, sample = builder.model([x]), builder.sample()
    assert {report["pass"]: report["changes"] for report in passes_of(bench, model)}["fold-batch-normalization"] == expected
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


@pytest.mark.parametrize(("shape", "expected"), [((3, 4, 24), 2), ((1, 12, 1, 24), 2), ((3, 8, 12), 0)])
def test_a_sum_with_rows_of_a_product_in_another_shape(bench, shape, expected):
    """A product adds a tensor itself while its rows stay rows; the reshape goes with the sum."""
    builder = ModelBuilder((12, 16), 10)
    other = builder.add("Reshape", [builder.add("Tanh", [builder.add("Concat", ["input", builder.add("Sigmoid", ["input"])], axis=1)]), builder.constant(np.array([12, 32], np.int64))])
    other = builder.add("Reshape", [builder.add("Slice", [other, *(builder.constant(np.array([n], np.int64)) for n in (0, 24, 1))]), builder.constant(np.array(shape, np.int64))])
    x = builder.add("Reshape", [builder.add("Gemm", ["input", builder.normal(16, 24), builder.normal(24)]), builder.constant(np.array(shape, np.int64))])
    model, sample = builder.model([builder.add("Relu", [builder.add("Add", [x, other])])]), builder.sample()
    assert {report["pass"]: report["changes"] for report in passes_of(bench, model)}["fuse-residual"] == expected
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


def test_moves_that_keep_all_elements_in_place_are_views(bench):
    """A transpose of dimensions of one element, and one slice along the first dimension."""
    builder = ModelBuilder((3, 7, 1, 10), 11)
    x = builder.add("Transpose", [builder.add("Tanh", ["input"])], perm=[2, 0, 1, 3])
    x = builder.add("Gather", [builder.add("Reshape", [x, builder.constant(np.array([3, 7, 10], np.int64))]), builder.constant(np.array(-2, np.int64))], axis=0)
    model, sample = builder.model([builder.add("Abs", [x])]), builder.sample()
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)
    assert [layer["op"] for layer in report["layers"]] == ["unary", "unary"]
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


@pytest.mark.parametrize(("pads", "value", "expected"), [((1, 2, 0, 1), 0, 1), ((0, 0, 2, 2), 0, 1), ((1, 1, 1, 1), 0.5, 0), ((3, 0, 0, 0), 0, 0), ((1, -1, 0, 0), 0, 0)])
def test_padding_before_a_convolution(bench, pads, value, expected):
    builder = ModelBuilder((1, 4, 8, 9), 4)
    top, left, bottom, right = pads
    x = builder.add("Pad", ["input", builder.constant(np.array([0, 0, top, left, 0, 0, bottom, right], np.int64)), builder.constant(np.float32(value))])
    model, sample = builder.model([builder.conv(x, 4, 12, (3, 3), (2, 1), pads=[0, 0, 0, 0], bias=True)]), builder.sample()
    assert {report["pass"]: report["changes"] for report in passes_of(bench, model)}["fuse-padding"] == expected
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-4


def test_padding_that_shifts_channels(bench):
    """Their number stays, so that only where the padding lies tells it."""
    builder = ModelBuilder((1, 4, 8, 9), 4)
    x = builder.add("Pad", ["input", builder.constant(np.array([0, 1, 0, 0, 0, -1, 0, 0], np.int64))])
    model, sample = builder.model([builder.conv(x, 4, 12, (3, 3), bias=True)]), builder.sample()
    assert {report["pass"]: report["changes"] for report in passes_of(bench, model)}["fuse-padding"] == 0
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-4


def split(builder: ModelBuilder, x: str, sizes: list[int], axis: int) -> list[str]:
    builder.add("Split", [x, builder.constant(np.array(sizes, np.int64))], axis=axis)
    node = builder.nodes[-1]
    outputs = [f"{node.name}_{i}" for i in range(len(sizes))]
    del node.output[:]
    node.output.extend(outputs)
    return outputs


def views_and_slices(bench, model: onnx.ModelProto) -> tuple[int, int]:
    """How many parts of tensors are views, and how many are copied."""
    report = json.loads(bench.call("report", bench.save(model), "--runs", 0).stdout)
    return sum(view["op"] == "slice" for view in report["views"]), sum(layer["op"] == "slice" for layer in report["layers"])


@pytest.mark.parametrize(("sizes", "expected"), [([16, 24], (2, 0)), ([8, 8, 24], (3, 0)), ([16, 8, 5], (3, 0)), ([12, 20], (0, 2)), ([5, 16, 8], (0, 3))])
def test_channels_at_multiples_of_eight_are_views(bench, sizes, expected):
    """Read by convolutions, a sum and a pool, each in its own place of the wide tensor."""
    builder = ModelBuilder((1, 6, 9, 7), 5)
    parts = split(builder, builder.add("Relu", [builder.conv("input", 6, sum(sizes), (3, 3), bias=True)]), sizes, 1)
    parts = [builder.conv(part, size, 8, (3, 3)) if i % 2 else builder.conv(part, size, size, (3, 3), group=size) for i, (part, size) in enumerate(zip(parts, sizes))]
    model, sample = builder.model([builder.add("Concat", parts, axis=1)]), builder.sample()
    assert views_and_slices(bench, model) == expected
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


def test_a_part_that_is_written_over_late(bench):
    """The sum may take no memory that a part of its operand still shows."""
    builder = ModelBuilder((1, 6, 9, 7), 6)
    x = builder.conv("input", 6, 32, (3, 3), bias=True)
    low, high = split(builder, x, [16, 16], 1)
    y = builder.add("Relu", [builder.add("Add", [builder.conv("input", 6, 32, (1, 1)), x])])
    z = builder.add("Concat", [builder.conv(low, 16, 16, (3, 3)), builder.add("Add", [builder.conv(y, 32, 16, (3, 3)), high])], axis=1)
    model, sample = builder.model([z]), builder.sample()
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


def test_examples_of_a_batch_are_views(bench):
    builder = ModelBuilder((3, 5, 6), 7)
    x = builder.add("Sigmoid", ["input"])
    parts = [builder.add("Tanh", [part]) for part in split(builder, x, [1, 2], 0)]
    model, sample = builder.model([builder.add("Concat", parts, axis=0)]), builder.sample()
    assert views_and_slices(bench, model) == (2, 0)
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


def number(b: ModelBuilder, value: float) -> str:
    return b.constant(np.float32(value))


def gate(b: ModelBuilder, x: str) -> str:
    return b.add("Clip", [b.add("Add", [x, number(b, 3)]), number(b, 0), number(b, 6)])


def half_of(b: ModelBuilder, x: str) -> str:
    return b.add("Mul", [number(b, 0.5), x])


def erf_of(b: ModelBuilder, x: str) -> str:
    return b.add("Add", [b.add("Erf", [b.add("Div", [x, number(b, 2**0.5)])]), number(b, 1)])


def tanh_of(b: ModelBuilder, x: str) -> str:
    inner = b.add("Add", [x, b.add("Mul", [b.add("Pow", [x, number(b, 3)]), number(b, 0.044715)])])
    return b.add("Add", [b.add("Tanh", [b.add("Mul", [inner, number(b, (2 / np.pi) ** 0.5)])]), number(b, 1)])


# As exporters write them; the number of layers that one replaces.
COMPOSITIONS = {
    "swish": (lambda b, x: b.add("Mul", [x, b.add("Sigmoid", [x])]), 2),
    "swish, turned round, with a factor": (lambda b, x: b.add("Mul", [b.add("Sigmoid", [b.add("Mul", [x, number(b, 1.702)])]), x]), 3),
    "hard swish": (lambda b, x: b.add("Div", [b.add("Mul", [x, gate(b, x)]), number(b, 6)]), 4),
    "hard swish, divided first": (lambda b, x: b.add("Mul", [b.add("Mul", [gate(b, x), number(b, 1 / 6)]), x]), 4),
    "hard swish of hard sigmoid": (lambda b, x: b.add("Mul", [x, b.add("HardSigmoid", [x], alpha=1 / 6, beta=0.5)]), 2),
    "hard sigmoid": (lambda b, x: b.add("Div", [gate(b, x), number(b, 6)]), 3),
    "gelu": (lambda b, x: half_of(b, b.add("Mul", [x, erf_of(b, x)])), 5),
    "gelu, halved first": (lambda b, x: b.add("Mul", [half_of(b, x), erf_of(b, x)]), 5),
    "gelu by tanh": (lambda b, x: half_of(b, b.add("Mul", [x, tanh_of(b, x)])), 8),
    "mish": (lambda b, x: b.add("Mul", [x, b.add("Tanh", [b.add("Softplus", [x])])]), 3),
    "leaky relu": (lambda b, x: b.add("Max", [x, b.add("Mul", [x, number(b, 0.1)])]), 2),
}


@pytest.mark.parametrize("name", COMPOSITIONS)
@pytest.mark.parametrize("is_behind", [True, False])
def test_compositions_of_activations(bench, name, is_behind):
    """Behind a convolution they go into it; between other layers they are one."""
    compose, layers = COMPOSITIONS[name]
    builder = ModelBuilder((1, 4, 7, 9), 8)
    x = builder.conv("input", 4, 11, (3, 3), bias=True) if is_behind else builder.add("MaxPool", ["input"], kernel_shape=[3, 3])
    model, sample = builder.model([builder.add("MaxPool", [compose(builder, x)], kernel_shape=[2, 2])]), builder.sample()
    changes = {report["pass"]: report["changes"] for report in passes_of(bench, model)}
    assert (changes["recognize-activations"], changes["fuse-activation"]) == (layers - 1, int(is_behind))
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-5


@pytest.mark.parametrize("kind", ["another function", "read elsewhere", "an output", "of two tensors"])
def test_what_only_looks_like_an_activation(bench, kind):
    builder = ModelBuilder((1, 4, 7, 9), 9)
    x = builder.conv("input", 4, 11, (3, 3), bias=True)
    other = builder.add("Add", [x, number(builder, 0.01)]) if kind == "another function" else builder.conv("input", 4, 11, (3, 3)) if kind == "of two tensors" else x
    inner = builder.add("Sigmoid", [other])
    outputs = [builder.add("Mul", [x, inner])]
    if kind == "read elsewhere":
        outputs = [builder.add("Concat", [outputs[0], builder.add("MaxPool", [inner], kernel_shape=[1, 1])], axis=1)]
    model, sample = builder.model([*outputs, inner] if kind == "an output" else outputs), builder.sample()
    assert {report["pass"]: report["changes"] for report in passes_of(bench, model)}["recognize-activations"] == 0
    if kind != "an output":
        assert relative_error(bench.run(model, sample), reference(model, sample)) <= 1e-5


def bounded(b: ModelBuilder, x: str, low: float, high: float) -> str:
    return b.add("Min", [b.add("Max", [x, number(b, low)]), number(b, high)])


# Small terms and bounds that change no value by more than rounding, but the logarithm of it, or large values.
GUARDED = {
    "logarithm of a guarded relu": lambda b, x: b.add("Log", [b.add("Add", [b.add("Relu", [x]), number(b, 1e-6)])]),
    "logarithm of a guarded sigmoid": lambda b, x: b.add("Log", [b.add("Add", [b.add("Sigmoid", [x]), number(b, 1e-7)])]),
    "logarithm of a bounded sigmoid": lambda b, x: b.add("Log", [b.add("Max", [b.add("Sigmoid", [x]), number(b, 1e-7)])]),
    "guarded divisor": lambda b, x: b.add("Reciprocal", [b.add("Add", [number(b, 1e-6), b.add("Relu", [x])])]),
    "bounded tangent": lambda b, x: b.add("Atanh", [bounded(b, b.add("Tanh", [x]), -0.999999, 0.999999)]),
    "bounded relu": lambda b, x: bounded(b, x, 0, 127),
    "bounds far apart": lambda b, x: bounded(b, x, -100, 20000),
    "root of a square": lambda b, x: b.add("Log", [b.add("Sqrt", [b.add("Add", [b.add("Mul", [x, x]), number(b, 1e-12)])])]),
}


@pytest.mark.parametrize("name", GUARDED)
def test_guards_and_bounds_stay(bench, name):
    builder = ModelBuilder((1, 4, 7, 9), 9)
    model, sample = builder.model([GUARDED[name](builder, builder.add("Mul", ["input", number(builder, 1)]))]), 1e5 * builder.sample() ** 9
    sample[0, 0, 0, :4] = 0, 40, -40, 1e6
    wanted = reference(model, sample)
    assert np.isfinite(wanted).all()
    # A logarithm shows few digits of what is nearly the guard; without the guard it is another number.
    assert relative_error(bench.run(model, sample), wanted) <= 1e-2


def truth(b: ModelBuilder, x: str) -> str:
    return b.add("Cast", [b.add("Greater", [b.add("Mul", [x, number(b, 2)]), number(b, 0.1)])], to=1)


# Steps and rounding, which agree with an activation at round numbers or far away.
STEPS = {
    "binary network": lambda b, x: b.add("Mul", [b.add("Add", [b.add("Sign", [x]), number(b, 1)]), number(b, 0.5)]),
    "threshold": lambda b, x: b.add("Mul", [truth(b, x), number(b, 1)]),
    "gate": lambda b, x: b.add("Mul", [x, truth(b, x)]),
    "fixed point": lambda b, x: b.add("Relu", [b.add("Div", [b.add("Round", [b.add("Mul", [x, number(b, 16)])]), number(b, 16)])]),
    "floor": lambda b, x: b.add("Div", [b.add("Floor", [b.add("Mul", [x, number(b, 16)])]), number(b, 16)]),
    "bounded ceiling": lambda b, x: b.add("Clip", [b.add("Add", [b.add("Ceil", [x]), number(b, 0)]), number(b, 0), number(b, 1)]),
    "thresholded relu": lambda b, x: b.add("Mul", [b.add("ThresholdedRelu", [x], alpha=0.05), number(b, 1)]),
    "dead zone": lambda b, x: b.add("Sub", [b.add("Max", [x, number(b, 0.03)]), number(b, 0.03)]),
    "small sigmoid": lambda b, x: b.add("Mul", [b.add("Sigmoid", [x]), number(b, 1e-7)]),
    "small tangent": lambda b, x: b.add("Mul", [b.add("Tanh", [x]), number(b, 1e-8)]),
    "line": lambda b, x: b.add("Div", [b.add("Add", [x, number(b, 128)]), number(b, 256)]),
    "flat line": lambda b, x: b.add("Add", [b.add("Div", [x, number(b, 65536)]), number(b, 0.1)]),
}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("scale", [0.05, 1, 30, 5000])
def test_steps_and_lines_stay(bench, name, scale):
    builder = ModelBuilder((1, 4, 7, 9), 9)
    model, sample = builder.model([STEPS[name](builder, builder.add("MaxPool", ["input"], kernel_shape=[1, 1]))]), scale * builder.sample()
    assert relative_error(bench.run(model, sample), reference(model, sample)) <= 2e-5


def test_a_layer_that_nobody_reads_is_no_part_of_an_activation(bench):
    builder = ModelBuilder((1, 4, 7, 9), 9)
    x = builder.add("MaxPool", ["input"], kernel_shape=[1, 1])
    builder.add("Add", [x, number(builder, 1)])
    model, sample = builder.model([builder.add("Relu", [x])]), builder.sample()
    done = bench.call("optimize", bench.save(model), "--passes", "--json", "--without", "remove-dead-nodes")
    assert {report["pass"]: report["changes"] for report in json.loads(done.stdout)}["recognize-activations"] == 0
