"""The part of Caffe's network format that the exporter writes, once for both encodings: prototxt text and protobuf bytes.

Field numbers are those of the public BVLC format (caffe.proto); the wire encoding is that of Protocol Buffers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Fields = list[tuple[str, Any]]


@dataclass(frozen=True)
class Enum:
    """An enumeration value: a bare word in text, a number in bytes."""

    word: str
    number: int


@dataclass(frozen=True)
class CaffeLayer:
    """A layer with its parameters and weights."""

    name: str
    type: str
    bottoms: list[str]
    tops: list[str]
    parameters: list[tuple[str, Fields]] = field(default_factory=list)  # (message name, fields)
    blobs: list[np.ndarray] = field(default_factory=list)
    phase: Enum | None = None  # None: in both phases


TRAIN, TEST = Enum("TRAIN", 0), Enum("TEST", 1)  # Phase
POOL_AVERAGE = Enum("AVE", 1)  # PoolingParameter.PoolMethod
ELTWISE_SUM = Enum("SUM", 1)  # EltwiseParameter.EltwiseOp

# message name in LayerParameter -> (field number, {field: number})
_MESSAGES: dict[str, tuple[int, dict[str, int]]] = {
    "convolution_param": (
        106,
        {
            "num_output": 1,
            "bias_term": 2,
            "group": 5,
            "pad_h": 9,
            "pad_w": 10,
            "kernel_h": 11,
            "kernel_w": 12,
            "stride_h": 13,
            "stride_w": 14,
        },
    ),
    "batch_norm_param": (139, {"use_global_stats": 1, "eps": 3}),
    "scale_param": (142, {"bias_term": 4}),
    "pooling_param": (121, {"pool": 1, "global_pooling": 12}),
    "inner_product_param": (117, {"num_output": 1, "bias_term": 2}),
    "eltwise_param": (110, {"operation": 1}),
    "input_param": (143, {"shape": 1}),
    "reshape_param": (133, {"shape": 1}),
    "param": (6, {"lr_mult": 3}),
    "hdf5_data_param": (112, {"source": 1, "batch_size": 2}),
}


def layer_text(layer: CaffeLayer) -> str:
    """A layer as prototxt."""
    lines = ["layer {", f'  name: "{layer.name}"', f'  type: "{layer.type}"']
    lines += [f'  bottom: "{name}"' for name in layer.bottoms] + [f'  top: "{name}"' for name in layer.tops]
    if layer.phase:
        lines.append(f"  include {{ phase: {layer.phase.word} }}")
    for message, fields in layer.parameters:
        lines.append(f"  {message} {{")
        lines += [f"    {_field_text(name, value)}" for name, value in fields]
        lines.append("  }")
    return "\n".join([*lines, "}"]) + "\n"


def _field_text(name: str, value: Any) -> str:
    if name == "shape":
        return "shape { " + " ".join(f"dim: {size}" for size in value) + " }"
    if isinstance(value, bool):
        return f"{name}: {'true' if value else 'false'}"
    if isinstance(value, Enum):
        return f"{name}: {value.word}"
    if isinstance(value, str):
        return f'{name}: "{value}"'
    return f"{name}: {value:.9g}" if isinstance(value, float) else f"{name}: {value}"


def network_bytes(name: str, layers: list[CaffeLayer]) -> bytes:
    """A NetParameter with all weights: the content of a caffemodel."""
    return _text(1, name) + b"".join(_message(100, _layer_bytes(layer)) for layer in layers)


def _layer_bytes(layer: CaffeLayer) -> bytes:
    content = _text(1, layer.name) + _text(2, layer.type)
    content += b"".join(_text(3, name) for name in layer.bottoms) + b"".join(_text(4, name) for name in layer.tops)
    content += b"".join(_message(7, _blob_bytes(blob)) for blob in layer.blobs)
    for message, fields in layer.parameters:
        number, numbers = _MESSAGES[message]
        content += _message(number, b"".join(_field_bytes(numbers[key], value) for key, value in fields))
    return content


def _blob_bytes(blob: np.ndarray) -> bytes:
    shape = _message(1, b"".join(_varint(size) for size in blob.shape))  # BlobShape.dim, packed
    return _message(7, shape) + _message(5, np.ascontiguousarray(blob, "<f4").tobytes())  # BlobProto.shape, .data


def _field_bytes(number: int, value: Any) -> bytes:
    if isinstance(value, (list, tuple)):  # BlobShape
        return _message(number, _message(1, b"".join(_varint(size) for size in value)))
    if isinstance(value, str):
        return _text(number, value)
    if isinstance(value, float):
        return _varint(number << 3 | 5) + struct.pack("<f", value)
    return _varint(number << 3) + _varint(value.number if isinstance(value, Enum) else int(value))


def _text(number: int, value: str) -> bytes:
    return _message(number, value.encode("utf-8"))


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Base 128, low groups first: 300 = 0b10_0101100 -> AC 02."""
    result = bytearray()
    while value > 0x7F:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)
