"""Generated programs against other engines: one thread, FP32, one pinned core, interleaved rounds of CPU time.

    python3 lne/bench/bench.py --work FOLDER [--nets a,b] [--engines x,y] [--rounds 9] [--variants v,w] [--json FILE] [--table FILE] [--chart FILE]

In each round every engine gets its runs of a net, one engine after the other; what counts is the ratio of the round's minima, fastest other
engine / generated program. Reported is the median over the rounds with its 95 % bootstrap interval; *ahead* means that the interval lies above 1.
Outputs are compared with ONNX Runtime's. Engines come from lne/bench/requirements.txt; those that can't be loaded are listed with the reason.

`--variants` times further programs of ours in the same rounds: each plugin alone (with the reference kernels where it has none), the best kernels
for a processor without AVX-512, the explored plan, and `im2col-gemm`: im2col and OpenBLAS's GEMM, which stands in for Caffe as the paper's
reference. They never count as *sedge*.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from convert import convert
from engine import ENGINES
from nets import NETS, write

HERE = Path(__file__).resolve().parent
OURS = "sedge"

# Programs of ours besides the plan of ranks: options of `lne generate`.
VARIANTS: dict[str, list[str]] = {
    "explored": [],
    "only-vector": ["--plugins", "vector"],
    "only-winograd": ["--plugins", "winograd"],
    "only-core": ["--plugins", "core"],
    "avx2": ["--target", "x86-64-v3"],
    "im2col-gemm": ["--plugins", "openblas"],
}

# What the paper reports for its own engine, as times faster: at most over Caffe and over PyTorch; mean and most over six engines.
PAPER = {"im2col-gemm": 3.5, "pytorch": 15.0}
PAPER_SIX = {"mean": 2.0, "most": 5.0}


class Peer:
    """An engine's process, which stays alive over all rounds of a net."""

    def __init__(self, engine: str, folder: Path, net: str, python: str, core: int) -> None:
        words = ["taskset", "-c", str(core), python, str(HERE / "engine.py"), engine, str(folder), net]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.start = self.read()

    def read(self) -> dict:
        for line in self.process.stdout:
            if line.startswith("@@"):
                return json.loads(line[2:])
        return {"error": "the process ended"}

    def ask(self, command: str) -> dict:
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        return self.read()

    def times(self, runs: int, warmup: int) -> list[float]:
        return self.ask(f"run {runs} {warmup}").get("cpu_ms", [])

    def output(self, path: Path) -> np.ndarray:
        self.ask(f"save {path}")
        return np.load(path)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(20)


class Program:
    """The generated program, started afresh in each round."""

    def __init__(self, arguments: argparse.Namespace, net: str, name: str = OURS, options: Sequence[object] = ()) -> None:
        folder, self.core = arguments.work, arguments.core
        self.tree = folder / "programs" / (net if name == OURS else f"{net}.{name}")
        self.input, self.result = folder / f"{net}.input.npy", folder / "programs" / f"{self.tree.name}.npy"
        for words in ([arguments.lne, "generate", folder / f"{net}.onnx", "-o", self.tree, *options], ["cmake", "-S", self.tree, "-B", self.tree / "build"], ["cmake", "--build", self.tree / "build"]):
            done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(f"{net}: {' '.join(map(str, words[:2]))} failed:\n{done.stderr[-2000:]}")

    def times(self, runs: int, warmup: int) -> list[float]:
        words = ["taskset", "-c", str(self.core), self.tree / "build" / "app", "run", self.input, self.result, "--runs", runs, "--warmup", warmup]
        return json.loads(subprocess.run(list(map(str, words)), capture_output=True, text=True, check=True).stdout)["cpu_ms"]


def interval(ratios: list[float], samples: int = 2000) -> tuple[float, float]:
    """95 % bootstrap interval of the median; seeded, so that a table can be made again."""
    generator = random.Random(1)
    medians = sorted(statistics.median(generator.choices(ratios, k=len(ratios))) for _ in range(samples))
    return medians[int(samples * 0.025)], medians[int(samples * 0.975)]


def relative_error(got: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.abs(got.ravel().astype(np.float64) - wanted.ravel()).max() / max(np.abs(wanted).max(), 1e-30))


def start_peers(net: str, arguments: argparse.Namespace) -> tuple[dict[str, Peer], dict[str, str]]:
    """The engines that can run a net, and why the others can't."""
    peers, failed = {}, {}
    for engine in arguments.engines:
        peer = Peer(engine, arguments.work, net, arguments.pythons.get(engine, sys.executable), arguments.core)
        if "error" in peer.start:
            failed[engine] = peer.start["error"]
            peer.close()
        else:
            peers[engine] = peer
    if "onnxruntime" not in peers:
        raise RuntimeError(f"{net}: without ONNX Runtime there is no reference: {failed.get('onnxruntime', 'not among --engines')}")
    return peers, failed


def variant_options(name: str, net: str, arguments: argparse.Namespace) -> list[object]:
    if name != "explored":
        return VARIANTS[name]
    plan = arguments.work / "programs" / f"{net}.plan.json"
    if not plan.exists():
        subprocess.run([arguments.lne, "explore", str(arguments.work / f"{net}.onnx"), "-o", str(plan)], check=True, stderr=subprocess.DEVNULL)
    return ["--plan", plan]


def rounds_of(net: str, runners: dict[str, Peer | Program], estimate: float, arguments: argparse.Namespace) -> dict[str, list[float]]:
    """The least time of each runner in each round. What is many times slower than the rest runs in the first two rounds only."""
    minima: dict[str, list[float]] = {name: [] for name in runners}
    for index in range(arguments.rounds):
        for name, runner in runners.items():
            known = minima[name][-1] if minima[name] else runner.start["estimate"] if isinstance(runner, Peer) else estimate
            is_slow = known > 10 * estimate
            if index >= 2 and is_slow:
                continue
            runs = 1 if is_slow else max(3, min(200, int(arguments.chunk_ms / known)))
            minima[name].append(min(runner.times(runs, max(1 if is_slow else 2, runs // 5))))
    return minima


def measure(net: str, arguments: argparse.Namespace) -> dict:
    folder = arguments.work
    program = Program(arguments, net, options=["--plan", arguments.plan] if arguments.plan else [])
    variants = {name: Program(arguments, net, name, variant_options(name, net, arguments)) for name in arguments.variants}
    peers, failed = start_peers(net, arguments)
    minima = rounds_of(net, {OURS: program, **peers, **variants}, min(peer.start["estimate"] for peer in peers.values()), arguments)
    wanted = peers["onnxruntime"].output(folder / "programs" / "reference.npy")
    errors = {engine: relative_error(peer.output(folder / "programs" / "peer.npy"), wanted) for engine, peer in peers.items()}
    errors |= {name: relative_error(np.load(one.result), wanted) for name, one in {OURS: program, **variants}.items()}
    for peer in peers.values():
        peer.close()
    ratios = [min(minima[engine][i] for engine in peers if i < len(minima[engine])) / minima[OURS][i] for i in range(arguments.rounds)]
    low, high = interval(ratios)
    fastest = min(peers, key=lambda engine: min(minima[engine]))
    return {
        "ms": {engine: min(times) for engine, times in minima.items()},
        "rounds_ms": minima,
        "error": errors,
        "failed": failed,
        "fastest": fastest,
        "ratio": statistics.median(ratios),
        "interval": [low, high],
        "ahead": low > 1,
    }


def formatted(head: list[str], rows: list[list[str]]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda cells: "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths)) + " |"
    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)]) + "\n"


def geometric_mean(values: Sequence[float]) -> float:
    return float(np.exp(np.mean(np.log(values))))


def table(results: dict[str, dict]) -> str:
    results = {net: results[net] for net in sorted(results, key=lambda net: ([*NETS].index(net) if net in NETS else len(NETS), net))}
    shown = [name for name in [*ENGINES, *VARIANTS] if any(name in result["ms"] for result in results.values())]
    rows = []
    for net, result in results.items():
        times = [f"{result['ms'][name]:.3g}" if name in result["ms"] else "-" for name in shown]
        low, high = result["interval"]
        rows.append([net, f"{result['ms'][OURS]:.3g}", *times, f"{result['ratio']:.2f} ({result['fastest']})", f"{low:.2f} to {high:.2f}", "yes" if result["ahead"] else "no", f"{result['error'][OURS]:.0e}"])
    mean = geometric_mean([result["ratio"] for result in results.values()])
    text = formatted(["net", OURS, *shown, "fastest other / ours", "95 %", "ahead", "error"], rows)
    return f"{text}\nCPU ms (minimum). Geometric mean of the ratios over {len(rows)} nets: {mean:.2f}.\n\n{speedups(results)}"


def speedups(results: dict[str, dict]) -> str:
    """Times faster than each engine over all nets, beside the paper's figures for its own."""
    rows, six = [], []
    for name in [*ENGINES, *VARIANTS]:
        ratios = [result["ms"][name] / result["ms"][OURS] for result in results.values() if name in result["ms"]]
        if not ratios:
            continue
        six += ratios if name in ENGINES else []
        rows.append([name, f"{geometric_mean(ratios):.2f}", f"{min(ratios):.2f}", f"{max(ratios):.2f}", f"at most {PAPER[name]}" if name in PAPER else ""])
    rows.append(["all engines", f"{geometric_mean(six):.2f}", f"{min(six):.2f}", f"{max(six):.2f}", f"over six engines: mean {PAPER_SIX['mean']}, at most {PAPER_SIX['most']}"])
    return formatted(["times faster than", "mean", "least", "most", "the paper's own engine"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for nets, conversions and programs")
    parser.add_argument("--nets", default=",".join(NETS), help="names, also of further models in the folder (NET.onnx and NET.input.npy), as tensorflow_nets.py writes them")
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=PYTHON", help="an interpreter of its own for an engine")
    parser.add_argument("--onnx2tf", type=Path, help="command that converts to TFLite: onnx2tf==1.29.24 with tensorflow-cpu==2.19.0 and protobuf==4.25.5, in an environment of its own")
    parser.add_argument("--lne", default=str(HERE.parent / "build" / "lne"))
    parser.add_argument("--plan", help="a plan for every net, for instance to forbid plugins")
    parser.add_argument("--variants", default="", help=f"further programs of ours: {', '.join(VARIANTS)}")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--chunk-ms", type=float, default=60, help="timed work per engine and round")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    parser.add_argument("--chart", type=Path, help="bars of each net as .svg or .png (needs matplotlib)")
    arguments = parser.parse_args()
    arguments.engines = [engine for engine in arguments.engines.split(",") if engine]
    arguments.pythons = dict(pair.split("=", 1) for pair in arguments.python)
    nets = [net for net in arguments.nets.split(",") if net]
    arguments.variants = [name for name in arguments.variants.split(",") if name]
    unknown = [net for net in nets if net not in NETS and not (arguments.work / f"{net}.onnx").exists()] + [engine for engine in arguments.engines if engine not in ENGINES] + [name for name in arguments.variants if name not in VARIANTS]
    if unknown:
        parser.error(f"no such net, engine or variant: {', '.join(unknown)}")
    # The driver must not disturb the core that is measured.
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {arguments.core} or {arguments.core})
    results: dict[str, dict] = {}
    for net in nets:
        if net in NETS:
            write(arguments.work, net)
        convert(arguments.work, net, arguments.engines, arguments.onnx2tf)
        results[net] = measure(net, arguments)
        print(table(results) if net == nets[-1] else f"{net}: {results[net]['ratio']:.3f} of {results[net]['fastest']}", flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    if arguments.table:
        arguments.table.write_text(table(results))
    if arguments.chart:
        from chart import draw

        draw(results, arguments.chart)


if __name__ == "__main__":
    main()
