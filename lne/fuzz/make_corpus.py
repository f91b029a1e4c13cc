"""Writes the corpus that fuzzing starts from: a small model of each ONNX operator, and of each kind of Caffe layer.

usage: python lne/fuzz/make_corpus.py        (with the reference environment)
"""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "reference"))

from operators import MAKERS  # noqa: E402
from test_caffe import LAYERS  # noqa: E402

MOST_BYTES = 6000


def smallest(make, seed: list[int]) -> bytes:
    """The shortest of several random models: fuzzing small ones is fast."""
    return min((make(np.random.default_rng([index, *seed])) for index in range(12)), key=len)


def main() -> None:
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
