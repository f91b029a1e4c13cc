"""Bars as in figures 13 to 15 of the Bonseyes paper: how many times faster than the reference each engine runs a net."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine import ENGINES

GROUPS = {
    "image classification": ["alexnet", "resnet50", "googlenet", "squeezenet11", "mobilenetv2"],
    "pose estimation": ["pose-resnet18", "pose-resnet50"],
    "keyword spotting": ["kws-cnn", "kws-ds-cnn", "kws1", "kws3", "kws9", "ds-kws1", "ds-kws3", "ds-kws9", "kws-cnn-p640", "kws1-p640"],
}
REFERENCES = ["im2col-gemm", "onnxruntime"]
OURS = "sedge"


def reference_of(results: dict[str, dict], nets: list[str]) -> str:
    """im2col with OpenBLAS where it was measured for all nets, else ONNX Runtime."""
    return next(name for name in REFERENCES if all(name in results[net]["ms"] for net in nets))


def draw(results: dict[str, dict], path: Path) -> None:
    """One panel a group, one cluster of bars a net, over the group's reference."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plot

    names = list(dict.fromkeys(name for result in results.values() for name in result["ms"]))
    names.sort(key=lambda name: (name not in REFERENCES, name == OURS, name not in ENGINES, name))
    groups = {title: [net for net in nets if net in results] for title, nets in GROUPS.items()}
    groups = {title: nets for title, nets in groups.items() if nets}
    figure, axes = plot.subplots(len(groups), 1, figsize=(15, 4.2 * len(groups)), squeeze=False, layout="constrained")
    colours = {name: plot.get_cmap("tab20")(index % 20) for index, name in enumerate(names)}
    colours[OURS] = "black"
    for axis, (title, nets) in zip(axes[:, 0], groups.items()):
        width, reference = 0.85 / len(names), reference_of(results, nets)
        for index, name in enumerate(names):
            heights = [results[net]["ms"][reference] / results[net]["ms"][name] if name in results[net]["ms"] else 0 for net in nets]
            axis.bar([place + (index - (len(names) - 1) / 2) * width for place in range(len(nets))], heights, width, label=name, color=colours[name])
        axis.axhline(1, color="grey", linewidth=0.8)
        axis.set_xticks(range(len(nets)), nets)
        axis.set_ylabel(f"times faster than {reference}")
        axis.set_title(title)
        axis.grid(axis="y", alpha=0.3)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(8, len(names)), fontsize="small")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
