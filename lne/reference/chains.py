"""An application of two networks on real clips, with what ONNX Runtime and librosa make of them."""

import numpy as np
import soundfile
from conftest import reference
from mfcc_front import librosa_mfcc
from models import ModelBuilder, audio_metadata, keyword_net
from speech import RATE_HZ, clips

CHAIN = """\
# A small network listens all the time; a larger one runs only when that hears speech.
application: wake-and-command
modules:
  - { id: sound, use: wav, with: { from: wake.onnx } }
  - { id: mfcc, use: mfcc, in: sound, with: { from: wake.onnx } }
  - { id: features, use: normalize, in: mfcc, with: { from: wake.onnx } }
  - { id: wake, use: network, in: features, with: { model: wake.onnx } }
  - { id: heard, use: softmax, in: wake }
  - { id: awake, use: threshold, in: heard, with: { class: speech, atLeast: 0.5 } }
  - { id: command, use: network, in: features, when: awake, with: { model: command.onnx } }
  - { id: word, use: softmax, in: command }
  - { id: best, use: top, in: word, with: { count: 3 } }
outputs: [heard, word, best]
"""


def wake_net(classes=("speech", "other")):
    """A small network on the features of the large one."""
    builder = ModelBuilder((1, 1, 40, 32), 9)
    x = builder.add("Relu", [builder.conv("input", 1, 8, (3, 3), (2, 2), bias=True)])
    x = builder.add("Relu", [builder.conv(x, 8, 16, (3, 3), (2, 2), bias=True)])
    x = builder.add("Flatten", [builder.add("GlobalAveragePool", [x])], axis=1)
    x = builder.add("Gemm", [x, builder.normal(len(classes), 16), builder.normal(len(classes), scale=0.1)], transB=1)
    return builder.model([x], metadata={**audio_metadata(), "classes": list(classes)})


def softmax(logits):
    shares = np.exp(logits.astype(np.float64) - logits.max())
    return shares / shares.sum()


def features_of(clip, metadata):
    mean, deviation = (np.array(metadata["preprocessing"]["normalization"][key])[:, None] for key in ("mean", "std"))
    return ((librosa_mfcc(clip, top_db=None) - mean) / deviation)[None, None].astype(np.float32)


class Chain:
    """The two networks, real clips, and what ONNX Runtime and librosa make of them."""

    def __init__(self, bench):
        self.bench, metadata = bench, audio_metadata()
        wake, (command, _) = wake_net(), keyword_net("kws9", audio=metadata)
        bench.save(wake, "wake.onnx"), bench.save(command, "command.onnx")
        self.clips = [np.round(clip * 32768) / np.float32(32768) for _, clip in list(clips(600))]
        inputs = [features_of(clip, metadata) for clip in self.clips]
        self.heard = [softmax(reference(wake, features)[0]) for features in inputs]
        self.words = [softmax(reference(command, features)[0]) for features in inputs]
        # Some clips shall wake the second network, and some not; none may lie so near the bound that rounding decides.
        shares = sorted(float(share[0]) for share in self.heard)
        wide = max(range(1, len(shares)), key=lambda i: shares[i] - shares[i - 1])
        self.bound = round((shares[wide - 1] + shares[wide]) / 2, 6)
        assert min(abs(share[0] - self.bound) for share in self.heard) > 1e-4
        self.paths = [bench.folder / f"clip{i}.wav" for i in range(len(self.clips))]
        for path, clip in zip(self.paths, self.clips):
            soundfile.write(path, clip, RATE_HZ, subtype="PCM_16")
        self.file = self.write(CHAIN.replace("atLeast: 0.5", f"atLeast: {self.bound}"))

    def write(self, text, name="application.yml"):
        (self.bench.folder / name).write_text(text)
        return self.bench.folder / name

    def generate(self, folder, *options):
        done = self.bench.call("generate", "--application", self.file, "-o", self.bench.folder / folder, "--golden", ",".join(map(str, self.paths[:4])), *options)
        assert done.returncode == 0, done.stderr
        return self.bench.folder / folder
