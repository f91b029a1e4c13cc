"""Bad models end in a message that names the place, never in a crash, and never run on.

LNE_TEST_SEED=N mutates other bytes, LNE_TEST_MUTATIONS=N more often.
"""

import os

import numpy as np
import pytest
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


@pytest.mark.parametrize("opset", [1, 999])
def test_opset_out_of_range(bench, opset):
    builder = ModelBuilder((1, 4))
    assert "opset" in refusal(bench, builder.model([builder.add("Relu", ["input"])], opset=opset).SerializeToString())


def test_mutated_models(bench):
    """Changed bytes may leave a good model; they never crash, hang or take the machine's memory."""
    random = np.random.default_rng(SEED)
    originals = [net[0].SerializeToString() for net in (residual_net(), keyword_net("kws9", separable=True))]
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
