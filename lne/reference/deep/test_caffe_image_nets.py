"""The image networks of the benchmark as prototxt and caffemodel: the same outputs as their ONNX models have in ONNX Runtime."""

import numpy as np
import onnx
import pytest
from caffe_from_onnx import caffe_from
from conftest import reference, relative_error
from nets import NETS


def without_clips(model: onnx.ModelProto) -> onnx.ModelProto:
    """Caffe has no activation that is bounded from above; its MobileNets are published with ReLU."""
    for node in model.graph.node:
        if node.op_type == "Clip":
            node.op_type = "Relu"
            del node.input[1:]
    return model


@pytest.mark.parametrize("name", ["alexnet", "resnet50", "googlenet", "squeezenet11", "mobilenetv2"])
def test_equal_outputs(bench, name):
    made = NETS[name](name)
    model = without_clips(made.model())
    net = caffe_from(model)
    (bench.folder / "net.prototxt").write_text(net.text)
    (bench.folder / "net.caffemodel").write_bytes(net.weights)
    np.save(bench.folder / "input.npy", made.sample)
    done = bench.call("run", bench.folder / "net.prototxt", bench.folder / "input.npy", bench.folder / "output.npy", "--backend", "interpreter")
    assert done.returncode == 0, done.stderr
    wanted = reference(model, made.sample)
    got = np.load(bench.folder / "output.npy")
    assert relative_error(got.reshape(wanted.shape), wanted) <= 1e-4
