"""Size, building and memory of generated programs beside the bounds that LNE keeps to.

    python3 lne/bench/memory.py --work FOLDER [--nets a,b] [--json FILE] [--table FILE]

*code KB* is the file of a dynamically linked program without its weights and the vectors of its self-test, *building* how long CMake and the compiler
take for it, one file after the other.

*arena / bound* is the tensors' memory over the largest sum of tensors that live at the same time, padding of their layouts counted; *unpadded* over
the same bound without padding, with additions in place and concatenations without copies, which was computed apart from LNE. *RSS* is the peak of a
process that reads its input, runs and writes its output, linked statically for keyword nets; what it may be is weights + arena + 1.5 MB for these,
and 1.8 times the model's weights + arena + 10 MB else. KB and MB are powers of ten.
`--budget F` adds the plan whose packed weights take at most F times the model's, and both times.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import time
from pathlib import Path

import onnx
from bench import formatted
from studies import parser_of, run_studies

MB = 1e6
MIB = 1024 * 1024

# KiB; see above.
UNPADDED_KIB = {
    "alexnet": 2269, "resnet50": 7056, "googlenet": 4704, "squeezenet11": 3976, "mobilenetv2": 5880, "pose-resnet18": 3840, "pose-resnet50": 6912, "kws-cnn": 306, "kws-ds-cnn": 306,
    "kws1": 119, "kws3": 144, "kws9": 138, "ds-kws1": 125, "ds-kws3": 156, "ds-kws9": 156, "kws-cnn-p640": 488, "kws1-p640": 250,
}  # fmt: skip


def is_keyword_net(net: str) -> bool:
    return "kws" in net


def called(*words: object) -> str:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words[:3]))} failed: {done.stderr[-2000:]}")
    return done.stdout


def model_bytes(path: Path) -> int:
    return sum(len(tensor.raw_data) or 4 * len(tensor.float_data) for tensor in onnx.load(path).graph.initializer)


def build(tree: Path, folder: str, *options: str) -> tuple[Path, float]:
    """The program's path, and how many seconds building it took."""
    shutil.rmtree(tree / folder, ignore_errors=True)
    start = time.monotonic()
    called("cmake", "-S", tree, "-B", tree / folder, *options)
    called("cmake", "--build", tree / folder, "--parallel", 1)
    return tree / folder / "app", time.monotonic() - start


def program(arguments: argparse.Namespace, net: str, plan: Path | None, name: str) -> dict:
    """Code and seconds of building; peak RSS and the least time of a run."""
    tree = arguments.work / "programs" / f"{net}.{name}"
    called(arguments.lne, "generate", arguments.work / f"{net}.onnx", "-o", tree, *(["--plan", plan] if plan else []))
    app, seconds = build(tree, "build")
    data = sum((tree / "src" / name).stat().st_size for name in ("weights.bin", "golden.bin"))
    found = {"code_kb": (app.stat().st_size - data) / 1000, "building_s": seconds}
    if is_keyword_net(net):
        app, _ = build(tree, "build-static", "-DAPP_STATIC=ON")
    line = json.loads(called(app, "run", arguments.work / f"{net}.input.npy", tree / "out.npy", "--runs", 20, "--warmup", 3))
    return {**found, "rss_mb": line["rss_mb"] * MIB / MB, "ms": min(line["cpu_ms"])}


def with_budget(arguments: argparse.Namespace, net: str) -> dict:
    plan = arguments.work / "programs" / f"{net}.budget.json"
    found = json.loads(called(arguments.lne, "explore", arguments.work / f"{net}.onnx", "-o", plan, "--json", "--weight-budget", arguments.budget))
    return {**program(arguments, net, plan, "budget"), "weights_mb": next(one["weightsBytes"] for one in found["programs"] if one["isUsed"]) / MB}


def study(arguments: argparse.Namespace, net: str) -> dict:
    model = arguments.work / f"{net}.onnx"
    sizes = json.loads(called(arguments.lne, "report", model, "--runs", 0))["footprint"]
    own = model_bytes(model) / MB
    arena = sizes["instanceBytes"] / MB
    weights = sizes["weightsBytes"] / MB
    found = {"model_mb": own, "weights_mb": weights, "arena_mb": sizes["arenaBytes"] / MB, "arena_over_bound": sizes["arenaBytes"] / sizes["arenaLowerBoundBytes"]}
    found |= {"arena_over_unpadded": sizes["arenaBytes"] / (1024 * UNPADDED_KIB[net]), "scratch_mb": sizes["kernelScratchBytes"] / MB, **program(arguments, net, None, "memory")}
    found["rss_bound_mb"] = weights + arena + 1.5 if is_keyword_net(net) else 1.8 * own + arena + 10
    if arguments.budget and not is_keyword_net(net):
        found["budget"] = {**with_budget(arguments, net), "rss_bound_mb": arguments.budget * own + arena + 10}
    return found


def table(results: dict[str, dict]) -> str:
    head = ["net", "code KB", "building s", "model MB", "packed MB", "arena MB", "/ bound", "/ unpadded", "scratch MB", "RSS MB", "may be", "ms"]
    rows = []
    for net, one in results.items():
        rows.append([net, f"{one['code_kb']:.0f}", f"{one['building_s']:.1f}", f"{one['model_mb']:.3g}", f"{one['weights_mb']:.3g}", f"{one['arena_mb']:.3g}", f"{one['arena_over_bound']:.3f}", f"{one['arena_over_unpadded']:.2f}", f"{one['scratch_mb']:.3g}", f"{one['rss_mb']:.3g}", f"{one['rss_bound_mb']:.3g}", f"{one['ms']:.3g}"])
        if budget := one.get("budget"):
            rows.append([f"{net}, less weights", f"{budget['code_kb']:.0f}", f"{budget['building_s']:.1f}", "", f"{budget['weights_mb']:.3g}", "", "", "", "", f"{budget['rss_mb']:.3g}", f"{budget['rss_bound_mb']:.3g}", f"{budget['ms']:.3g}"])
    return formatted(head, rows)


def main() -> None:
    parser = parser_of(__doc__, "folder for nets and programs")
    parser.add_argument("--budget", type=float, help="also explore with this --weight-budget (nets of pictures only)")
    run_studies(parser, study, table)


if __name__ == "__main__":
    main()
