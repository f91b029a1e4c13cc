"""Caffe networks against OpenCV's Caffe reader: every layer on random parameters, small nets of both versions, and the real MTCNN nets.

LNE_TEST_SEED=N draws other cases, LNE_TEST_CASES=N more of them.
"""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from caffe_nets import CaffeNet
from conftest import relative_error

SEED = int(os.environ.get("LNE_TEST_SEED", "1"))
CASES = int(os.environ.get("LNE_TEST_CASES", "4"))
MTCNN = Path(__file__).resolve().parent / "fixtures" / "mtcnn"
LAYERS = {}


def case(maker):
    LAYERS[maker.__name__] = maker
    return maker


def map_shape(random, most=12):
    return (1, int(random.integers(2, most)), int(random.integers(5, 16)), int(random.integers(5, 16)))


@case
def convolution(random):
    group = int(random.choice([1, 1, 2, 3]))
    channels, out = group * int(random.integers(1, 6)), group * int(random.integers(1, 6))
    kernel = tuple(int(random.choice([1, 2, 3, 5])) for _ in range(2))
    net = CaffeNet((1, channels, int(random.integers(10, 18)), int(random.integers(10, 18))), int(random.integers(1000)))
    window = " ".join(f"{name}_{axis}: {int(random.integers(low, high))}" for name, low, high in (("stride", 1, 3), ("pad", 0, 3)) for axis in "hw")
    net.conv("data", channels, out, kernel, window + (" dilation: 2" if random.random() < 0.3 else ""), group, bool(random.integers(2)))
    return net


@case
def deconvolution(random):
    channels, out = int(random.integers(1, 6)), int(random.integers(1, 6))
    kernel = int(random.integers(2, 5))
    net = CaffeNet((1, channels, int(random.integers(3, 9)), int(random.integers(3, 9))), int(random.integers(1000)))
    net.conv("data", channels, out, (kernel, kernel), f"stride: {int(random.integers(1, 4))} pad: {int(random.integers(0, 2))}", bias=bool(random.integers(2)), transposed=True)
    return net


@case
def inner_product(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    depth, out = int(np.prod(net.shape[1:])), int(random.integers(1, 30))
    net.add("InnerProduct", ["data"], f"inner_product_param {{ num_output: {out} }}", [net.normal(out, depth, scale=depth**-0.5), net.normal(out)])
    return net


@case
def pooling(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    kernel = int(random.integers(2, 4))
    pad = int(random.integers(0, kernel))
    stride = int(random.integers(1, kernel + 1))
    net.add("Pooling", ["data"], f"pooling_param {{ pool: {random.choice(['MAX', 'AVE'])} kernel_size: {kernel} stride: {stride} pad: {pad} }}")
    return net


@case
def global_pooling(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    net.add("Pooling", ["data"], f"pooling_param {{ pool: {random.choice(['MAX', 'AVE'])} global_pooling: true }}")
    return net


@case
def lrn(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    region = random.choice(["ACROSS_CHANNELS", "WITHIN_CHANNEL"])
    net.add("LRN", ["data"], f"lrn_param {{ local_size: {random.choice([3, 5])} alpha: {random.uniform(0.01, 0.5):.4f} beta: 0.75 norm_region: {region} }}")
    return net


@case
def activations(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    kind, parameters = [("ReLU", ""), ("ReLU", "relu_param { negative_slope: 0.2 }"), ("Sigmoid", ""), ("TanH", ""), ("ELU", "elu_param { alpha: 0.7 }"), ("AbsVal", ""), ("BNLL", ""), ("Power", "power_param { power: 2 scale: 0.5 shift: 3 }")][int(random.integers(8))]
    net.add(kind, ["data"], parameters)
    return net


@case
def prelu(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    net.add("PReLU", ["data"], "", [net.normal(net.shape[1])])
    return net


@case
def batch_norm_and_scale(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    x = net.conv("data", net.shape[1], 6, (3, 3), bias=bool(random.integers(2)))
    net.scale(net.batch_norm(x, 6), 6)
    return net


@case
def eltwise(random):
    net = CaffeNet(map_shape(random), int(random.integers(1000)))
    parameters = ["operation: SUM", "operation: SUM coeff: 1.5 coeff: -0.5", "operation: PROD", "operation: MAX"][int(random.integers(4))]
    net.add("Eltwise", [net.add("TanH", ["data"]), "data"], f"eltwise_param {{ {parameters} }}")
    return net


@case
def concat_and_slice(random):
    net = CaffeNet((1, 6, 7, 9), int(random.integers(1000)))
    first, second, third = net.add("Slice", ["data"], "slice_param { axis: 1 slice_point: 1 slice_point: 4 }", tops=3)
    net.add("Concat", [net.add("ReLU", [third]), first, second], "concat_param { axis: 1 }")
    return net


@case
def shapes(random):
    net = CaffeNet((1, 6, 4, 5), int(random.integers(1000)))
    x = net.add("Permute", ["data"], "permute_param { order: 0 order: 2 order: 3 order: 1 }")
    x = net.add("Reshape", [x], "reshape_param { shape { dim: 0 dim: -1 dim: 3 } }")
    net.add("Flatten", [net.add("Softmax", [x], "softmax_param { axis: 2 }")], "")
    return net


@case
def crop(random):
    net = CaffeNet((1, 3, 12, 14), int(random.integers(1000)))
    small = net.add("Pooling", ["data"], "pooling_param { pool: MAX kernel_size: 2 stride: 2 }")
    net.add("Crop", ["data", small], "crop_param { axis: 2 offset: 2 offset: 3 }")
    return net


def opencv(prototxt: bytes, weights: bytes, sample: np.ndarray) -> np.ndarray:
    net = cv2.dnn.readNetFromCaffe(np.frombuffer(prototxt, np.uint8), np.frombuffer(weights, np.uint8))
    net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
    net.enableWinograd(False)
    net.setInput(sample)
    return net.forward(net.getUnconnectedOutLayersNames()[-1])


def run(bench, prototxt: bytes, weights: bytes, sample: np.ndarray) -> np.ndarray:
    (bench.folder / "net.prototxt").write_bytes(prototxt)
    (bench.folder / "net.caffemodel").write_bytes(weights)
    np.save(bench.folder / "input.npy", sample)
    done = bench.call("run", bench.folder / "net.prototxt", bench.folder / "input.npy", bench.folder / "output.npy", "--backend", "interpreter")
    assert done.returncode == 0, done.stderr
    return np.load(bench.folder / "output.npy")


@pytest.mark.parametrize("name", LAYERS)
def test_layers(bench, name):
    for index in range(CASES):
        net = LAYERS[name](np.random.default_rng([SEED, index, *name.encode()]))
        wanted = opencv(net.text.encode(), net.weights, net.sample())
        got = run(bench, net.text.encode(), net.weights, net.sample())
        assert relative_error(got.reshape(wanted.shape), wanted) <= 2e-5, net.text


@pytest.mark.parametrize("is_old", [False, True])
def test_both_versions(bench, is_old):
    """AlexNet in small: groups, normalization, pooling, in-place layers, dropout."""
    net = CaffeNet((1, 3, 37, 37), 3, is_old)
    x = net.add("ReLU", [net.conv("data", 3, 8, (5, 5), "stride: 2")], in_place=True)
    x = net.add("Pooling", [net.add("LRN", [x], "lrn_param { local_size: 5 alpha: 0.1 beta: 0.75 }")], "pooling_param { pool: MAX kernel_size: 3 stride: 2 }")
    x = net.add("ReLU", [net.conv(x, 8, 12, (3, 3), "pad: 1", group=2)], in_place=True)
    x = net.add("InnerProduct", [x], "inner_product_param { num_output: 20 }", [net.normal(20, 12 * 8 * 8, scale=0.05), net.normal(20)])
    x = net.add("Dropout", [net.add("ReLU", [x], in_place=True)], "dropout_param { dropout_ratio: 0.5 }", in_place=True)
    net.add("Softmax", [net.add("InnerProduct", [x], "inner_product_param { num_output: 7 }", [net.normal(7, 20), net.normal(7)])])
    wanted = opencv(net.text.encode(), net.weights, net.sample())
    assert relative_error(run(bench, net.text.encode(), net.weights, net.sample()).reshape(wanted.shape), wanted) <= 2e-5


@pytest.mark.parametrize("stage", ["det1", "det2", "det3"])
def test_mtcnn(bench, stage):
    """The real nets: all outputs, which OpenCV gives by their names."""
    prototxt, weights = (MTCNN / f"{stage}{ending}" for ending in (".prototxt", ".caffemodel"))
    size = {"det1": 12, "det2": 24, "det3": 48}[stage]
    sample = np.random.default_rng(7).uniform(-1, 1, (1, 3, size, size)).astype(np.float32)
    np.save(bench.folder / "input.npy", sample)
    done = bench.call("run", prototxt, bench.folder / "input.npy", bench.folder / "output.npz", "--backend", "interpreter")
    assert done.returncode == 0, done.stderr
    net = cv2.dnn.readNetFromCaffe(str(prototxt), str(weights))
    net.setInput(sample)
    results = np.load(bench.folder / "output.npz")
    assert len(results.files) == {"det1": 2, "det2": 2, "det3": 3}[stage]
    for name in results.files:
        wanted = net.forward(name)
        assert relative_error(results[name].reshape(wanted.shape), wanted) <= 2e-5, name


# ---- what is wrong is said with file, place and mend


def refusal(bench, prototxt: str, weights: bytes = b"") -> str:
    (bench.folder / "bad.prototxt").write_text(prototxt)
    (bench.folder / "bad.caffemodel").write_bytes(weights)
    done = bench.call("import", bench.folder / "bad.prototxt", "--weights", bench.folder / "bad.caffemodel")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


HEAD = 'name: "bad"\ninput: "data"\ninput_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ('layer { name: "a" type: "Warp" bottom: "data" top: "a" }\nlayer { name: "b" type: "Twirl" bottom: "a" top: "b" }', ["Warp", "Twirl", "line 4", "line 5"]),
        ('layer { name: "a" type: "ReLU" bottom: "nothing" top: "a" }', ["'a'", "'nothing'"]),
        ('layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: 4 kernel_size: 3 } }', ["'a'", "--weights"]),
        ('layer { name: "a" type: "Convolution" bottom: "data" top: "a" convolution_param { num_output: many } }', ["num_output", "line 4"]),
        ('layer { name: "a" type: "Pooling" bottom: "data" top: "a" pooling_param { kernel_size: 30 } }', ["'a'", "larger"]),
        ('layer { name: "a" type: "Data" top: "d" }\nlayer { name: "b" type: "ReLU" bottom: "d" top: "b" }', ["Input", "'b'"]),
        ('layer { name: "a" type: "ReLU"', ["line 4", "'}'"]),
        ('layer { name "a" }', ["line 4", "':'"]),
        ('layer { name: "a', ["line 4", "no end"]),
        ("x { " * 100, ["line 4", "32"]),
        ('layer { name: "a" type: "Tile" bottom: "data" top: "a" tile_param { tiles: 999999999999 } }', ["'a'"]),
    ],
)
def test_bad_networks(bench, layers, words):
    message = refusal(bench, HEAD + layers)
    assert "bad.prototxt" in message and all(word in message for word in words), message


def test_weights_that_do_not_fit(bench):
    net = CaffeNet((1, 3, 8, 8))
    net.conv("data", 3, 4, (3, 3))
    assert "and its parameters ask for [4, 3, 5, 5]" in refusal(bench, net.text.replace("kernel_h: 3 kernel_w: 3", "kernel_size: 5"), net.weights)
    assert "cut short" in refusal(bench, net.text, net.weights[:-7])


def test_a_caffemodel_alone(bench):
    (bench.folder / "alone.caffemodel").write_bytes(CaffeNet((1, 3, 8, 8)).weights)
    done = bench.call("import", bench.folder / "alone.caffemodel")
    assert done.returncode == 1 and "prototxt" in done.stderr
