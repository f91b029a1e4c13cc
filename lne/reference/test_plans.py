"""What people write into plan files and name on the command line: mistakes are told, and nothing is dropped in silence."""

import json
import os
import subprocess

import numpy as np
import pytest
from conftest import reference, relative_error
from models import ModelBuilder, keyword_net
from onnx import TensorProto, helper
from programs import build, generate, run


def small_net():
    builder = ModelBuilder((1, 16, 24, 24), 5)
    return builder.model([builder.add("Relu", [builder.conv("input", 16, 16, (3, 3), bias=True)])]), builder.sample()


BROKEN = {
    '{"layers": [], "format": "lne-plan-99"}': "format is not lne-plan-1",
    '{"layers": [], "maxError": "much"}': "'maxError' must be a number above 0",
    '{"layers": [], "maxError": -1}': "'maxError' must be a number above 0",
    '{"layers": [{"layer": "conv_0", "primitive": 7}]}': "layers[0].primitive must be",
    '{"layers": [{"layer": "conv_0", "primitive": "core.conv", "variant": "x"}]}': "layers[0].variant must be a list",
    '{"layers": [{"layer": "conv_0", "variant": [4, 4]}]}': "layers[0] has a variant, but no primitive",
    '{"layers": [{"layer": "conv_0", "forbidden": "vector"}]}': "layers[0].forbidden must be a list",
    '{"layers": [{"layer": "conv_0", "forbidden": ["vectr"]}]}': "forbids 'vectr'",
    '{"layers": [{"layer": "conv_0", "forbidden": ["vector.conv_drect"]}]}': "forbids 'vector.conv_drect'",
    '{"layers": [{"layer": "conv_0"}, {"layer": "conv_0", "primitive": "core.conv"}]}': "layers[1]: layer 'conv_0' stands there twice",
    '{"layers": [{"layer": "*", "forbidden": ["vector", "winograd", "core"]}]}': "leave it no primitive",
    "": "it is empty",
}


@pytest.mark.parametrize("text", BROKEN)
def test_a_mistake_in_a_plan_is_told(bench, text):
    refused = bench.call("import", bench.save(small_net()[0]), "--plan", bench.plan(text))
    assert refused.returncode == 1 and BROKEN[text] in refused.stderr, refused.stderr


def test_a_plugin_that_is_left_out_is_not_used_by_a_plan(bench):
    path = bench.save(small_net()[0])
    plan = bench.plan('{"layers": [{"layer": "conv_0", "primitive": "winograd.conv"}]}')
    refused = bench.call("report", path, "--runs", 0, "--plan", plan, "--plugins", "-winograd")
    assert refused.returncode == 1 and "winograd.conv for layer 'conv_0'" in refused.stderr and "left out" in refused.stderr
    assert bench.call("report", path, "--runs", 0, "--plan", plan, "--plugins", "-vector").returncode == 0


@pytest.mark.parametrize("backend", ["generated", "interpreter"])
def test_an_input_has_the_networks_shape(bench, monkeypatch, backend):
    monkeypatch.setenv("SEDGE_HOME", str(bench.folder / "home"))
    model, sample = keyword_net("kws9")
    path = bench.save(model)

    def answer(array: np.ndarray):
        np.save(bench.folder / "input.npy", np.ascontiguousarray(array))
        return bench.call("run", path, bench.folder / "input.npy", bench.folder / "output.npy", "--backend", backend)

    for wrong in (sample.transpose(0, 2, 3, 1), sample.transpose(0, 1, 3, 2), sample.ravel(), np.concatenate([sample, sample], axis=1)[:, :, :20].reshape(1, 2, 20, 32)):
        refused = answer(wrong)
        assert refused.returncode == 1 and "it has the shape [" in refused.stderr and "takes [1, 1, 40, 32]" in refused.stderr, refused.stderr
    for right in (sample, sample[0], sample[0, 0]):
        assert answer(right).returncode == 0
        assert relative_error(np.load(bench.folder / "output.npy"), reference(model, sample)) <= 1e-4
    assert answer(np.concatenate([sample, -sample, 2 * sample])).returncode == 0
    for got, one in zip(np.load(bench.folder / "output.npy"), (sample, -sample, 2 * sample), strict=True):
        assert relative_error(got[None], reference(model, one)) <= 1e-4


def test_files_of_somebody_else_are_not_written_over(bench):
    path, folder = bench.save(small_net()[0]), bench.folder / "own"
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text("project(mine)")
    for command in ("generate", "compile"):
        refused = bench.call(command, path, "-o", folder, *(["--rounds", "0"] if command == "compile" else []))
        assert refused.returncode == 1 and "it holds other files" in refused.stderr
        assert [file.name for file in folder.iterdir()] == ["CMakeLists.txt"] and (folder / "CMakeLists.txt").read_text() == "project(mine)"
        assert bench.call(command, path, "-o", "").returncode == 2
    for _ in range(2):
        assert bench.call("generate", path, "-o", bench.folder / "new").returncode == 0


def test_what_can_not_be_written_is_told_before_the_work(bench):
    path = bench.save(small_net()[0])
    for file in (path / "plan.json", bench.folder):
        refused = bench.call("explore", path, "-o", file)
        assert refused.returncode == 1 and str(file) in refused.stderr and "%" not in refused.stderr, refused.stderr
    assert bench.call("explore", path, "--weight-budget", "0").returncode == 2


def test_pipes_and_links_stay_what_they_are(bench):
    path, link, pipe = bench.save(small_net()[0]), bench.folder / "link.json", bench.folder / "pipe"
    told = bench.call("optimize", path, "-o", "/dev/stdout")
    assert told.returncode == 0 and json.loads(told.stdout)["format"] == "lne-plan-1"
    (bench.folder / "target.json").write_text("old")
    link.symlink_to("target.json")
    assert bench.call("optimize", path, "-o", link).returncode == 0
    assert link.is_symlink() and (bench.folder / "target.json").read_text() == told.stdout
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE, text=True) as reader:
        assert bench.call("optimize", path, "-o", pipe).returncode == 0
        assert reader.communicate()[0] == told.stdout
    assert pipe.is_fifo()


def test_a_plan_for_another_processor_is_not_run(bench):
    model, sample = small_net()
    np.save(bench.folder / "input.npy", sample)
    refused = bench.call("run", bench.save(model), bench.folder / "input.npy", bench.folder / "output.npy", "--plan", bench.plan('{"layers": [], "target": "armv7"}'))
    assert refused.returncode == 1 and "for armv7" in refused.stderr


def test_programs_with_several_inputs_prove_themselves(bench):
    """Numbers and whole numbers, with inputs that were given and with made up ones."""
    builder = ModelBuilder((2, 6), 5)
    x = builder.add("Add", ["input", builder.add("Gather", [builder.normal(5, 6), "index"])])
    model = builder.model([builder.add("Tanh", [builder.add("Mul", [x, "other"])])])
    model.graph.input.extend([helper.make_tensor_value_info("index", TensorProto.INT64, (2,)), helper.make_tensor_value_info("other", TensorProto.FLOAT, (2, 6))])
    np.savez(bench.folder / "golden.npz", input=builder.sample(), index=np.array([4, 1]), other=builder.sample(1))
    for name, options in (("made-up", ()), ("given", ("--golden", bench.folder / "golden.npz"))):
        done = run(build(generate(bench, model, name, *options)), "--self-test")
        assert done.returncode == 0 and "passed: 1 vectors, equal bit for bit" in done.stdout, done.stdout
