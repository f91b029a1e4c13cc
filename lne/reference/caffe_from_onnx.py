"""A network of convolutions as prototxt and caffemodel, with the weights of an ONNX model: for the operators that Caffe's image networks are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx
from caffe_nets import CaffeNet
from onnx import numpy_helper


class Writer:
    def __init__(self, model: onnx.ModelProto) -> None:
        graph = model.graph
        self.constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.net = CaffeNet(tuple(extent.dim_value for extent in graph.input[0].type.tensor_type.shape.dim))
        self.tops = {graph.input[0].name: "data"}
        for node in graph.node:
            attributes = {one.name: onnx.helper.get_attribute_value(one) for one in node.attribute}
            self.tops[node.output[0]] = WRITERS[node.op_type](self, node, attributes)

    def top(self, node: onnx.NodeProto, index: int = 0) -> str:
        return self.tops[node.input[index]]

    def weights(self, node: onnx.NodeProto, first: int = 1) -> list[np.ndarray]:
        return [self.constants[name] for name in node.input[first:]]


def window(attributes: dict, prefix: str = "") -> str:
    """Kernel, stride and padding, which Caffe has alike on both ends."""
    top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
    assert (top, left) == (bottom, right)
    (height, width), (down, across) = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    return f"kernel_h: {height} kernel_w: {width} stride_h: {down} stride_w: {across} pad_h: {top} pad_w: {left}"


def convolution(writer: Writer, node: onnx.NodeProto, attributes: dict) -> str:
    blobs = writer.weights(node)
    fixed = f"num_output: {blobs[0].shape[0]} group: {attributes.get('group', 1)} bias_term: {str(len(blobs) > 1).lower()} {window(attributes)}"
    return writer.net.add("Convolution", [writer.top(node)], f"convolution_param {{ {fixed} }}", blobs)


def normalization(writer: Writer, node: onnx.NodeProto, attributes: dict) -> str:
    scale, shift, mean, variance = writer.weights(node)
    one = np.ones(1, np.float32)
    normal = writer.net.add("BatchNorm", [writer.top(node)], f"batch_norm_param {{ use_global_stats: true eps: {attributes['epsilon']:.9g} }}", [mean, variance, one])
    return writer.net.add("Scale", [normal], "scale_param { bias_term: true }", [scale, shift])


def pool(kind: str) -> Callable[[Writer, onnx.NodeProto, dict], str]:
    def write(writer: Writer, node: onnx.NodeProto, attributes: dict) -> str:
        return writer.net.add("Pooling", [writer.top(node)], f"pooling_param {{ pool: {kind} {window(attributes)} }}")

    return write


def normalize_locally(writer: Writer, node: onnx.NodeProto, attributes: dict) -> str:
    return writer.net.add("LRN", [writer.top(node)], f"lrn_param {{ local_size: {attributes['size']} alpha: {attributes['alpha']:.9g} beta: {attributes['beta']:.9g} k: {attributes['bias']:.9g} }}")


def inner_product(writer: Writer, node: onnx.NodeProto, attributes: dict) -> str:
    blobs = writer.weights(node)
    return writer.net.add("InnerProduct", [writer.top(node)], f"inner_product_param {{ num_output: {blobs[0].shape[0]} }}", blobs)


def layer(kind: str, parameters: str = "") -> Callable[[Writer, onnx.NodeProto, dict], str]:
    return lambda writer, node, attributes: writer.net.add(kind, [writer.tops[name] for name in node.input if name in writer.tops], parameters)


WRITERS = {
    "Conv": convolution,
    "BatchNormalization": normalization,
    "MaxPool": pool("MAX"),
    "AveragePool": pool("AVE"),
    "GlobalAveragePool": layer("Pooling", "pooling_param { pool: AVE global_pooling: true }"),
    "LRN": normalize_locally,
    "Gemm": inner_product,
    "Relu": layer("ReLU"),
    "Add": layer("Eltwise", "eltwise_param { operation: SUM }"),
    "Concat": layer("Concat"),
    "Softmax": layer("Softmax"),
    "Flatten": layer("Flatten"),
}


def caffe_from(model: onnx.ModelProto) -> CaffeNet:
    """@raises KeyError for an operator that is not in WRITERS"""
    return Writer(model).net
