"""Writes the corpus that fuzzing starts from: a small model of each ONNX operator, and of each kind of Caffe layer; a small network and plans for
it; arrays and recordings of each type.

usage: python lne/fuzz/make_corpus.py        (with the reference environment)
"""

import io
import json
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))

from models import ModelBuilder  # noqa: E402
from operators import MAKERS  # noqa: E402
from test_caffe import LAYERS  # noqa: E402

MOST_BYTES = 6000


def smallest(make, seed: list[int]) -> bytes:
    """The shortest of several random models: fuzzing small ones is fast."""
    return min((make(np.random.default_rng([index, *seed])) for index in range(12)), key=len)


def network() -> bytes:
    """Layers for which there are many primitives, small enough to be planned and run a thousand times in a second."""
    builder = ModelBuilder((1, 3, 9, 7), seed=5)
    x = builder.add("Relu", [builder.batch_norm(builder.conv("input", 3, 9, (3, 3), bias=True), 9)])
    y = builder.add("Relu", [builder.conv(x, 9, 9, (3, 3), group=9, bias=True)])
    x = builder.add("Add", [builder.conv(y, 9, 9, (1, 1), bias=True), x])
    x = builder.add("Concat", [builder.conv(x, 9, 8, (1, 1), bias=True), builder.conv(x, 9, 8, (5, 5), bias=True)], axis=1)
    x = builder.add("LRN", [builder.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])], size=5)
    x = builder.add("ConvTranspose", [x, builder.normal(16, 8, 4, 4)], kernel_shape=[4, 4], strides=[2, 2], pads=[1, 1, 1, 1])
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    x = builder.add("Gemm", [x, builder.normal(5, 8), builder.normal(5)], transB=1)
    return builder.model([builder.add("Softmax", [x], axis=1)]).SerializeToString()


def plans(model: Path) -> dict[str, bytes]:
    """The plan of ranks, those of single plugins, one that forbids and bounds, and one of each primitive that fits somewhere."""
    lne = [HERE.parent / "build" / "lne"]
    call = lambda *words: json.loads(subprocess.run([*lne, *words], check=True, capture_output=True, text=True).stdout)
    found = {"ranks": call("optimize", str(model))}
    for layer in call("report", str(model), "--runs", "0")["layers"]:
        for candidate in layer["candidates"]:
            if candidate["refusal"] == "":
                entry = {"layer": layer["layer"], "primitive": candidate["primitive"], "variant": candidate["variants"][-1]}
                found.setdefault(candidate["primitive"], {"format": "lne-plan-1", "layers": [entry]})
    found["bounds"] = {"layers": [{"layer": "*", "forbidden": ["winograd"]}], "maxError": 1e-5, "target": "native"}
    return {name: json.dumps(plan).encode() for name, plan in found.items()}


# Every module, on sound and on the network.
APPLICATIONS = {
    "listens": """\
application: listens
modules:
  - { id: sound, use: wav, with: { sampleRateHz: 8000, clipMs: 500 } }
  - id: mfcc
    use: mfcc
    in: sound
    with: { frameMs: 64, strideMs: 32, bands: 20, mels: 24, topDb: 80 }
  - { id: features, use: normalize, in: mfcc, with: { mean: 0.5, std: 2 } }
""",
    "classifies": """\
# A comment.
application: classifies
modules:
  - { id: pixels, use: array, with: { shape: [1, 3, 9, 7] } }
  - { id: network, use: network, in: pixels, with: { model: network.onnx, classes: [a, b, "c", d, e], output: softmax } }
  - { id: steady, use: smooth, in: network, with: { windows: 4 } }
  - { id: sure, use: threshold, in: steady, with: { class: [a, b], atLeast: 0.6 } }
  - { id: again, use: network, in: pixels, when: sure, with: { model: network.onnx, classes: [a, b, c, d, e], output: logits } }
  - { id: shares, use: softmax, in: again }
  - { id: best, use: top, in: shares, with: { count: 2 } }
outputs: [steady, best]
""",
}


def arrays() -> dict[str, bytes]:
    found = {}
    for kind in ("float32", "int64", "int32", "int8", "uint8", "bool"):
        file = io.BytesIO()
        np.save(file, np.arange(6).reshape(2, 3).astype(kind))
        found[f"{kind}.npy"] = file.getvalue()
    file = io.BytesIO()
    np.savez(file, first=np.ones((1, 2), np.float32), second=np.zeros(3, np.int64))
    return {**found, "two.npz": file.getvalue()}


def recordings() -> dict[str, bytes]:
    """Each sample format, one and two channels, a chunk between, and the extensible header."""
    found = {}
    for tag, bits in ((1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)):
        for channels in (1, 2):
            samples = np.linspace(-0.5, 0.5, 8 * channels)
            data = samples.astype(f"<f{bits // 8}").tobytes() if tag == 3 else b"".join(int(128 + s * 100 if bits == 8 else s * 2 ** (bits - 1)).to_bytes(bits // 8, "little", signed=bits > 8) for s in samples)
            head = struct.pack("<HHIIHH", tag, channels, 16000, 16000 * channels * bits // 8, channels * bits // 8, bits)
            for name, form in (("plain", head), ("extensible", struct.pack("<H", 0xFFFE) + head[2:] + struct.pack("<HHIH", 22, bits, channels, tag) + bytes.fromhex("000000001000800000aa00389b71"))):
                body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"LIST\x03\0\0\0abc\0data" + struct.pack("<I", len(data)) + data
                found[f"{name}-{'float' if tag == 3 else 'int'}{bits}-{channels}.wav"] = b"RIFF" + struct.pack("<I", len(body)) + body
    return found


def write(folder: str, files: dict[str, bytes]) -> None:
    (HERE / "corpus" / folder).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (HERE / "corpus" / folder / name).write_bytes(content)


def main() -> None:
    model = HERE / "corpus" / "network.onnx"
    model.write_bytes(network())
    write("plan", plans(model))
    write("application", {name: text.encode() for name, text in APPLICATIONS.items()})
    write("array", arrays())
    write("recording", recordings())
    for folder, makers in (("onnx", MAKERS), ("caffe", LAYERS)):
        target = HERE / "corpus" / folder
        target.mkdir(parents=True, exist_ok=True)
        for name, maker in makers.items():
            to_bytes = (lambda random: maker(random)[0].SerializeToString()) if folder == "onnx" else (lambda random: maker_bundle(maker(random)))
            content = smallest(to_bytes, [*name.encode()])
            if len(content) <= MOST_BYTES:
                (target / name).write_bytes(content)


def maker_bundle(net) -> bytes:
    return net.text.encode() + b"\0" + net.weights


if __name__ == "__main__":
    main()
