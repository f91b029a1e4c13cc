"""Caffe networks written for the tests: a prototxt of layers, and a caffemodel in the wire format, of the newer version or of version 1."""

from __future__ import annotations

import numpy as np

V1_TYPES = {
    "Concat": 3, "Convolution": 4, "Dropout": 6, "Flatten": 8, "InnerProduct": 14, "LRN": 15, "Pooling": 17, "ReLU": 18, "Sigmoid": 19, "Softmax": 20,
    "Split": 22, "TanH": 23, "Eltwise": 25, "Power": 26, "Slice": 33, "AbsVal": 35, "Deconvolution": 39,
}  # fmt: skip


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def chunk(number: int, content: bytes | str) -> bytes:
    content = content.encode() if isinstance(content, str) else content
    return varint(number * 8 + 2) + varint(len(content)) + content


def blob(array: np.ndarray, is_old: bool) -> bytes:
    data = chunk(5, array.astype("<f4").tobytes())
    if is_old:
        shape = (1,) * (4 - array.ndim) + array.shape
        return b"".join(varint(number * 8) + varint(extent) for number, extent in enumerate(shape, 1)) + data
    return data + chunk(7, chunk(1, b"".join(varint(extent) for extent in array.shape)))


def upper(name: str) -> str:
    return {"InnerProduct": "INNER_PRODUCT", "AbsVal": "ABSVAL", "ReLU": "RELU", "TanH": "TANH"}.get(name, name.upper())


class CaffeNet:
    """Collects layers with seeded random weights. Names of bottoms and tops are those of the layers."""

    def __init__(self, shape: tuple[int, ...], seed: int = 0, is_old: bool = False) -> None:
        self.random = np.random.default_rng(seed)
        self.shape, self.is_old = shape, is_old
        self.text = 'name: "test"\ninput: "data"\n' + "".join(f"input_dim: {extent}\n" for extent in shape)
        self.weights = chunk(1, "test")
        self.count = 0

    def normal(self, *shape: int, scale: float = 1.0) -> np.ndarray:
        return (self.random.standard_normal(shape) * scale).astype(np.float32)

    def add(self, type_: str, bottoms: list[str], parameters: str = "", blobs: list[np.ndarray] = (), tops: int = 1, in_place: bool = False) -> str | list[str]:
        name = f"{type_.lower()}{self.count}"
        self.count += 1
        made = [bottoms[0]] if in_place else [name] if tops == 1 else [f"{name}_{i}" for i in range(tops)]
        word, kind = ("layers", upper(type_)) if self.is_old else ("layer", f'"{type_}"')
        self.text += f'{word} {{\n  name: "{name}"\n  type: {kind}\n' + "".join(f'  bottom: "{bottom}"\n' for bottom in bottoms) + "".join(f'  top: "{top}"\n' for top in made) + f"  {parameters}\n}}\n"
        packed = b"".join(chunk(6 if self.is_old else 7, blob(array, self.is_old)) for array in blobs)
        self.weights += chunk(2, chunk(4, name) + varint(5 * 8) + varint(V1_TYPES[type_]) + packed) if self.is_old else chunk(100, chunk(1, name) + chunk(2, type_) + packed)
        return made[0] if tops == 1 else made

    def conv(self, x: str, channels: int, out: int, kernel: tuple[int, int], parameters: str = "", group: int = 1, bias: bool = True, transposed: bool = False) -> str:
        shape = (channels, out // group, *kernel) if transposed else (out, channels // group, *kernel)
        blobs = [self.normal(*shape, scale=(2.0 / (channels // group * kernel[0] * kernel[1])) ** 0.5)] + ([self.normal(out, scale=0.1)] if bias else [])
        fixed = f"num_output: {out} kernel_h: {kernel[0]} kernel_w: {kernel[1]} group: {group} bias_term: {str(bias).lower()}"
        return self.add("Deconvolution" if transposed else "Convolution", [x], f"convolution_param {{ {fixed} {parameters} }}", blobs)

    def batch_norm(self, x: str, channels: int) -> str:
        mean, variance = self.normal(channels, scale=0.3), self.random.uniform(0.5, 1.5, channels).astype(np.float32)
        return self.add("BatchNorm", [x], "batch_norm_param { use_global_stats: true eps: 0.001 }", [mean * 7, variance * 7, np.array([7.0], np.float32)])

    def scale(self, x: str, channels: int) -> str:
        return self.add("Scale", [x], "scale_param { bias_term: true }", [self.random.uniform(0.5, 1.5, channels).astype(np.float32), self.normal(channels, scale=0.2)])

    def sample(self) -> np.ndarray:
        return np.random.default_rng(99).standard_normal(self.shape).astype(np.float32)
