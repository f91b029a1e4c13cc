"""Networks as TensorFlow exports them: NHWC with transposes, and paddings that are SAME in TensorFlow's way (more behind than before).

    ENVIRONMENT/bin/python lne/bench/tensorflow_nets.py FOLDER [NET ...]

writes NET.onnx (by tf2onnx), tflite/NET.tflite (by TensorFlow's own converter, from the same saved model) and NET.input.npy for tf-mobilenetv2,
tf-googlenet and tf-resnet50, with seeded weights. Then `bench.py --work FOLDER --nets tf-resnet50,… --engines onnxruntime,openvino,tflite`. The
environment: tensorflow-cpu==2.19.0, tf_keras==2.19.0, tf2onnx==1.17.0, onnx==1.19.1.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.update(TF_USE_LEGACY_KERAS="1", TF_CPP_MIN_LOG_LEVEL="2")

import numpy as np
import onnx
import tensorflow as tf
import tf_keras as keras

SHAPE = (224, 224, 3)


def conv(x, filters: int, size: int, stride: int = 1):
    return keras.layers.Conv2D(filters, size, stride, padding="same", activation="relu")(x)


def pool(x, stride: int):
    return keras.layers.MaxPool2D(3, stride, padding="same")(x)


def inception(x, one: int, three_in: int, three: int, five_in: int, five: int, pooled: int):
    parts = [conv(x, one, 1), conv(conv(x, three_in, 1), three, 3), conv(conv(x, five_in, 1), five, 5), conv(pool(x, 1), pooled, 1)]
    return keras.layers.Concatenate()(parts)


def google_net():
    """Szegedy et al., Going deeper with convolutions, table 1, without the auxiliary classifiers."""
    source = keras.Input(SHAPE)
    normalize = keras.layers.Lambda(lambda x: tf.nn.local_response_normalization(x, 2, 1.0, 2e-5, 0.75))
    x = normalize(pool(conv(source, 64, 7, 2), 2))
    x = pool(normalize(conv(conv(x, 64, 1), 192, 3)), 2)
    blocks = [(64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64), None, (192, 96, 208, 16, 48, 64), (160, 112, 224, 24, 64, 64), (128, 128, 256, 24, 64, 64), (112, 144, 288, 32, 64, 64),
              (256, 160, 320, 32, 128, 128), None, (256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)]  # fmt: skip
    for block in blocks:
        x = inception(x, *block) if block else pool(x, 2)
    x = keras.layers.Dense(1000, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(source, x)


NETS: dict[str, Callable[[], keras.Model]] = {
    "tf-mobilenetv2": lambda: keras.applications.MobileNetV2(weights=None),
    "tf-googlenet": google_net,
    "tf-resnet50": lambda: keras.applications.ResNet50(weights=None),
}


def settle(model: keras.Model, sample: np.ndarray) -> None:
    """Normalizations get the mean and variance that they meet, so that nothing dies or overflows on the way."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(sample, training=True)


def with_name(path: Path, name: str) -> None:
    """Names the only input as the other engines' drivers expect it."""
    model = onnx.load(path)
    old = model.graph.input[0].name
    model.graph.input[0].name = name
    for node in model.graph.node:
        for index, source in enumerate(node.input):
            if source == old:
                node.input[index] = name
    onnx.save(model, path)


def write(folder: Path, net: str) -> None:
    keras.utils.set_random_seed(7)
    sample = np.random.default_rng(7).standard_normal((1, *SHAPE)).astype(np.float32)
    model = NETS[net]()
    settle(model, sample)
    np.save(folder / f"{net}.input.npy", sample)
    call = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec((1, *SHAPE), tf.float32))
    (folder / "tflite").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        tf.saved_model.save(model, place, signatures=call)
        (folder / "tflite" / f"{net}.tflite").write_bytes(tf.lite.TFLiteConverter.from_saved_model(place).convert())
        subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--saved-model", place, "--output", folder / f"{net}.onnx", "--opset", "13"], check=True, capture_output=True)
    with_name(folder / f"{net}.onnx", "input")


def main() -> None:
    folder, *nets = sys.argv[1:]
    for net in nets or NETS:
        print(net, flush=True)
        write(Path(folder), net)


if __name__ == "__main__":
    main()
