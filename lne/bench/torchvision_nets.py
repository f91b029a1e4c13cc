"""Networks as PyTorch exports them, beside those that the engine was tuned on: squeeze-and-excitation, hard and soft swish, groups, dense blocks,
shuffled channels, attention.

    ENVIRONMENT/bin/python lne/bench/torchvision_nets.py FOLDER [NET ...]

writes NET.onnx and NET.input.npy with seeded weights. Then `bench.py --work FOLDER --nets tv-resnet18,… --engines onnxruntime,openvino`. The
environment: torch==2.15.0, torchvision==0.29.2, onnx==1.23.2.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torchvision import models

OPSET = 17
SEED = 7

NETS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "tv-resnet18": (models.resnet18, 224),
    "tv-mobilenetv3-small": (models.mobilenet_v3_small, 224),
    "tv-mobilenetv3-large": (models.mobilenet_v3_large, 224),
    "tv-efficientnet-b0": (models.efficientnet_b0, 224),
    "tv-mnasnet": (models.mnasnet1_0, 224),
    "tv-shufflenetv2": (models.shufflenet_v2_x1_0, 224),
    "tv-densenet121": (models.densenet121, 224),
    "tv-inceptionv3": (lambda: models.inception_v3(aux_logits=False, init_weights=False), 299),
    "tv-regnety-400mf": (models.regnet_y_400mf, 224),
    "tv-resnext50": (models.resnext50_32x4d, 224),
    "tv-lraspp": (lambda: models.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None), 224),
    "tv-convnext-tiny": (models.convnext_tiny, 224),
    "tv-vit": (lambda: models.VisionTransformer(image_size=224, patch_size=16, num_layers=4, num_heads=3, hidden_dim=192, mlp_dim=768), 224),
}


class OneOutput(nn.Module):
    """Segmentation networks give several results by name; the map is the one that counts."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result = self.network(x)
        return result["out"] if isinstance(result, dict) else result


def seed(network: nn.Module) -> None:
    """Statistics that differ by channel, and no layer that is zero as some are before training."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.7, 1.3)
            module.bias.data.normal_(0, 0.1)
        elif isinstance(module, nn.Linear) and not module.weight.data.any():
            module.weight.data.normal_(0, 0.05)


def write(folder: Path, name: str) -> None:
    make, size = NETS[name]
    torch.manual_seed(SEED)
    network = OneOutput(make().eval())
    seed(network)
    sample = torch.randn(1, 3, size, size)
    torch.onnx.export(network, (sample,), str(folder / f"{name}.onnx"), dynamo=False, opset_version=OPSET, input_names=["input"], output_names=["output"])
    np.save(folder / f"{name}.input.npy", sample.numpy())


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(NETS)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        write(folder, name)


if __name__ == "__main__":
    main()
