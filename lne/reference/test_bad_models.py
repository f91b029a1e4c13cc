"""Bad models end in a message that names the place, never in a crash, and never run on.

LNE_TEST_SEED=N mutates other bytes, LNE_TEST_MUTATIONS=N more often.
"""

import os

import numpy as np
import pytest
from architectures import NETS
from caffe_nets import CaffeNet
from models import ModelBuilder, keyword_net, residual_net
from onnx import TensorProto, helper

SEED = int(os.environ.get("LNE_TEST_SEED", "1"))
MUTATIONS = int(os.environ.get("LNE_TEST_MUTATIONS", "400"))


def refusal(bench, content: bytes) -> str:
    path = bench.folder / "bad.onnx"
    path.write_bytes(content)
    done = bench.call("import", path)
    assert done.returncode == 1, f"exit code {done.returncode}: {done.stdout}{done.stderr}"
    assert "bad.onnx" in done.stderr
    return done.stderr


@pytest.mark.parametrize("kept", [0, 1, 17, 0.1, 0.5, 0.9, -1])
def test_cut_short(bench, kept):
    content = keyword_net("kws9")[0].SerializeToString()
    size = int(len(content) * kept) if isinstance(kept, float) else kept % len(content)
    refusal(bench, content[:size])


def test_no_model(bench):
    refusal(bench, b"%PDF-1.7 not a network")
    refusal(bench, np.random.default_rng(SEED).bytes(100_000))


def test_unknown_operators_are_all_listed(bench):
    builder = ModelBuilder((1, 3, 8, 8))
    x = builder.add("Einsum", ["input"], equation="abcd->abdc")
    x = builder.add("Relu", [x])
    x = builder.add("NonZero", [x])
    message = refusal(bench, builder.model([x]).SerializeToString())
    assert "Einsum" in message and "NonZero" in message and "Relu" not in message


def test_cycle(bench):
    nodes = [helper.make_node("Add", ["input", "b"], ["a"], name="first"), helper.make_node("Relu", ["a"], ["b"], name="second")]
    value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4])
    model = helper.make_model(helper.make_graph(nodes, "cyclic", [value("input")], [value("b")]), opset_imports=[helper.make_opsetid("", 21)])
    message = refusal(bench, model.SerializeToString())
    assert "first" in message and ("cycl" in message or "no node" in message)


def test_missing_input(bench):
    builder = ModelBuilder((1, 4))
    message = refusal(bench, builder.model([builder.add("Relu", ["nothing"])]).SerializeToString())
    assert "nothing" in message


def test_shapes_that_do_not_fit(bench):
    builder = ModelBuilder((1, 5, 8, 8))
    message = refusal(bench, builder.model([builder.conv("input", 4, 6, (3, 3))]).SerializeToString())
    assert "conv_0" in message


def test_weights_that_promise_more_than_they_hold(bench):
    model, _ = keyword_net("kws9")
    model.graph.initializer[0].dims[0] = 1 << 40
    refusal(bench, model.SerializeToString())


def test_sizes_beyond_memory(bench):
    builder = ModelBuilder((1, 3, 1 << 30, 1 << 30))
    refusal(bench, builder.model([builder.conv("input", 3, 8, (3, 3))]).SerializeToString())


def whole(builder, *numbers):
    return builder.constant(np.array(numbers, np.int64))


MUCH = 1 << 36
GREEDY = {
    "Expand": lambda b: b.add("Expand", ["input", whole(b, MUCH, 1)]),
    "Tile": lambda b: b.add("Tile", ["input", whole(b, MUCH, MUCH)]),
    "Pad": lambda b: b.add("Pad", ["input", whole(b, MUCH, 0, 0, 0)]),
    "Resize": lambda b: b.add("Resize", ["input", "", "", whole(b, 1, MUCH)], mode="nearest"),
    "Unsqueeze": lambda b: b.add("Unsqueeze", ["input", whole(b, *range(60))]),
    "Reshape": lambda b: b.add("Reshape", ["input", whole(b, *[1] * 500, 4)]),
    "ConstantOfShape": lambda b: b.add("Add", ["input", b.add("ConstantOfShape", [whole(b, MUCH, 4)])]),
    "Range": lambda b: b.add("Add", ["input", b.add("Cast", [b.add("Range", [b.constant(np.array(0)), b.constant(np.array(MUCH)), b.constant(np.array(1))])], to=1)]),
    "Slice": lambda b: b.add("Slice", ["input", whole(b, 0), whole(b, MUCH), whole(b, 0), whole(b, 0)]),
    "Conv": lambda b: b.add("Conv", [b.add("Reshape", ["input", whole(b, 1, 1, 2, 2)]), b.normal(1, 1, 1, 1)], pads=[MUCH] * 4),
    "Split": lambda b: b.add("Split", ["input", whole(b, MUCH)], axis=0),
}


@pytest.mark.parametrize("name", GREEDY)
def test_operators_that_ask_for_too_much(bench, name):
    """Sizes are refused before anything is allocated, with the node's name."""
    builder = ModelBuilder((1, 4))
    message = refusal(bench, builder.model([GREEDY[name](builder)]).SerializeToString())
    assert "node '" in message


def test_constants_that_grow(bench):
    """What is computed at import has a limit in all, not only each."""
    builder = ModelBuilder((1, 4))
    x = builder.constant(np.zeros((1, 1), np.float32))
    parts = [builder.add("Expand", [x, whole(builder, 1 << 13, 1 << 13)]) for _ in range(40)]
    message = refusal(bench, builder.model([builder.add("Add", ["input", builder.add("ReduceMax", [builder.add("Max", parts)], keepdims=0)])]).SerializeToString())
    assert "computed at import" in message


def test_more_dimensions_than_there_can_be(bench):
    builder = ModelBuilder((1,) * 50)
    assert "input 'input'" in refusal(bench, builder.model([builder.add("Relu", ["input"])]).SerializeToString())


@pytest.mark.parametrize("count", [1_500, 30_000])
def test_very_many_nodes(bench, count):
    """Many nodes take seconds or are refused."""
    builder = ModelBuilder((1, 4))
    x = "input"
    for _ in range(count):
        x = builder.add("Relu", [x])
    path = bench.save(builder.model([x]))
    done = bench.call("import", path)
    assert done.returncode == (0 if count < 10_000 else 1), done.stderr


@pytest.mark.parametrize("attribute", ["onnx", "opset", "view", "function", "steps", ":value", "transposed", "dilations"])
def test_attributes_with_names_of_our_own(bench, attribute):
    """An attribute can't take the place of what an operator works out."""
    for op, inputs in (("Relu", []), ("Softmax", []), ("MaxPool", []), ("Slice", [0, 1, 1])):
        builder = ModelBuilder((1, 3, 4, 4))
        more = {"kernel_shape": [2, 2]} if op == "MaxPool" else {}
        x = builder.add(op, ["input", *(whole(builder, number) for number in inputs)], **more)
        builder.nodes[-1].attribute.append(helper.make_attribute(attribute, 12345))
        done = bench.call("import", bench.save(builder.model([x])))
        assert done.returncode in (0, 1), done.stderr


@pytest.mark.parametrize("opset", [1, 999])
def test_opset_out_of_range(bench, opset):
    builder = ModelBuilder((1, 4))
    assert "opset" in refusal(bench, builder.model([builder.add("Relu", ["input"])], opset=opset).SerializeToString())


def test_mutated_models(bench):
    """Changed bytes may leave a good model; they never crash, hang or take the machine's memory."""
    random = np.random.default_rng(SEED)
    originals = [net[0].SerializeToString() for net in (residual_net(), keyword_net("kws9", separable=True), *(make() for make in NETS.values()))]
    for index in range(MUTATIONS):
        content = bytearray(originals[index % len(originals)])
        # Structure rather than weights: most of the file is weights, so half of the changes go to bytes that are no plain data.
        structure = [i for i in range(len(content)) if 32 <= content[i] < 127] if index % 2 else None
        for _ in range(int(random.integers(1, 6))):
            at = int(random.choice(structure)) if structure else int(random.integers(len(content)))
            content[at] = int(random.integers(256))
        if random.random() < 0.1:
            del content[int(random.integers(len(content))) :]
        path = bench.folder / "mutated.onnx"
        path.write_bytes(content)
        done = bench.call("import", path)
        assert done.returncode in (0, 1), f"mutation {index} with seed {SEED}: exit code {done.returncode}\n{done.stderr}"
        assert done.returncode == 0 or "mutated.onnx" in done.stderr


def test_mutated_caffe_networks(bench):
    random = np.random.default_rng(SEED)
    net = CaffeNet((1, 3, 16, 16), 5)
    x = net.add("ReLU", [net.conv("data", 3, 4, (3, 3), "pad: 1")], in_place=True)
    x = net.add("Pooling", [net.scale(net.batch_norm(x, 4), 4)], "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")
    x = net.add("Concat", [x, net.add("TanH", [x])], "concat_param { axis: 1 }")
    net.add("InnerProduct", [x], "inner_product_param { num_output: 5 }", [net.normal(5, 8 * 64), net.normal(5)])
    for index in range(MUTATIONS // 2):
        text, weights = bytearray(net.text.encode()), bytearray(net.weights)
        for part, most in ((text, 6), (weights, 3)):
            for _ in range(int(random.integers(most))):
                part[int(random.integers(len(part)))] = int(random.integers(256))
        if random.random() < 0.2:
            del weights[int(random.integers(len(weights))) :]
        (bench.folder / "mutated.prototxt").write_bytes(text)
        (bench.folder / "mutated.caffemodel").write_bytes(weights)
        done = bench.call("import", bench.folder / "mutated.prototxt")
        assert done.returncode in (0, 1), f"mutation {index} with seed {SEED}: exit code {done.returncode}\n{done.stderr}"
        assert done.returncode == 0 or "mutated" in done.stderr


@pytest.mark.parametrize(("path", "words"), [("none.onnx", "there is no such file"), (".", "it is a folder")])
def test_a_path_that_is_no_file_is_named_with_the_reason(bench, path, words):
    done = bench.call("import", bench.folder / path)
    assert done.returncode == 1 and words in done.stderr


def test_an_unknown_target_is_a_wrong_command_line(bench):
    done = bench.call("generate", bench.folder / "model.onnx", "-o", bench.folder / "app", "--target", "z80")
    assert done.returncode == 2 and "aarch64" in done.stderr


@pytest.mark.parametrize("op", ["Conv", "ConvTranspose"])
def test_a_bias_of_whole_numbers(bench, op):
    builder = ModelBuilder((1, 4, 8, 8))
    layer = builder.add(op, ["input", builder.normal(4, 4, 3, 3), builder.constant(np.arange(4))])
    message = refusal(bench, builder.model([layer]).SerializeToString())
    assert layer in message and "its bias must be constant float32" in message


SCATTERED = {
    "index 4 for dimension 1 lies outside": lambda b: ["input", whole(b, 0, 4), b.constant(np.float32(1))],
    "index -2 for dimension 0 lies outside": lambda b: ["input", whole(b, -2), b.normal(4)],
    "must end with 1 to 2 numbers": lambda b: ["input", whole(b, 0, 0, 0), b.normal(1)],
    "do not fit; the indices [2] ask for []": lambda b: ["input", whole(b, 0, 1), b.normal(3)],
    "indices must be integers": lambda b: ["input", b.normal(1), b.normal(4)],
    "updates are int64, its data float32": lambda b: ["input", whole(b, 0), whole(b, 1, 2, 3, 4)],
    "data, indices and updates": lambda b: ["input", whole(b, 0)],
    "reduction 'mean' is not supported": lambda b: ["input", whole(b, 0), b.normal(4)],
}


@pytest.mark.parametrize("words", SCATTERED)
def test_scattered_slices_that_do_not_fit(bench, words):
    builder = ModelBuilder((1, 4))
    layer = builder.add("ScatterND", SCATTERED[words](builder), **({"reduction": "mean"} if "mean" in words else {}))
    message = refusal(bench, builder.model([layer]).SerializeToString())
    assert f"node '{layer}' (ScatterND)" in message and words in message
