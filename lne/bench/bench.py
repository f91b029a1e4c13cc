"""Generated programs against other engines: one thread, FP32, one pinned core, interleaved rounds of CPU time.

    python3 lne/bench/bench.py --work FOLDER [--nets a,b] [--engines x,y] [--rounds 9] [--json FILE] [--table FILE]

In each round every engine gets its runs of a net, one engine after the other; what counts is the ratio of the round's minima, fastest other
engine / generated program. Reported is the median over the rounds with its 95 % bootstrap interval; *ahead* means that the interval lies above 1.
Outputs are compared with ONNX Runtime's. Engines come from lne/bench/requirements.txt; those that can't be loaded are listed with the reason.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
from convert import convert
from engine import ENGINES
from nets import NETS, write

HERE = Path(__file__).resolve().parent
OURS = "sedge"


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

    def __init__(self, lne: str, folder: Path, net: str, core: int, plan: str | None) -> None:
        self.tree = folder / "programs" / net
        self.input, self.result, self.core = folder / f"{net}.input.npy", folder / "programs" / f"{net}.npy", core
        options = ["--plan", plan] if plan else []
        for words in ([lne, "generate", folder / f"{net}.onnx", "-o", self.tree, *options], ["cmake", "-S", self.tree, "-B", self.tree / "build"], ["cmake", "--build", self.tree / "build"]):
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


def measure(net: str, folder: Path, arguments: argparse.Namespace) -> dict:
    program = Program(arguments.lne, folder, net, arguments.core, arguments.plan)
    peers, failed = {}, {}
    for engine in arguments.engines:
        peer = Peer(engine, folder, net, arguments.pythons.get(engine, sys.executable), arguments.core)
        if "error" in peer.start:
            failed[engine] = peer.start["error"]
            peer.close()
        else:
            peers[engine] = peer
    if "onnxruntime" not in peers:
        raise RuntimeError(f"{net}: without ONNX Runtime there is no reference: {failed.get('onnxruntime', 'not among --engines')}")
    minima = {engine: [] for engine in [OURS, *peers]}
    for _ in range(arguments.rounds):
        for engine in minima:
            estimate = minima[engine][-1] if minima[engine] else peers[engine].start["estimate"] if engine in peers else min(peer.start["estimate"] for peer in peers.values())
            runs = max(3, min(200, int(arguments.chunk_ms / estimate)))
            minima[engine].append(min((program if engine == OURS else peers[engine]).times(runs, max(2, runs // 5))))
    wanted = peers["onnxruntime"].output(folder / "programs" / "reference.npy")
    errors = {engine: relative_error(peer.output(folder / "programs" / "peer.npy"), wanted) for engine, peer in peers.items()}
    errors[OURS] = relative_error(np.load(program.result), wanted)
    for peer in peers.values():
        peer.close()
    ratios = [min(minima[engine][i] for engine in peers) / minima[OURS][i] for i in range(arguments.rounds)]
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


def table(results: dict[str, dict]) -> str:
    engines = [engine for engine in ENGINES if any(engine in result["ms"] for result in results.values())]
    head = ["net", OURS, *engines, "fastest other / ours", "95 %", "ahead", "error"]
    rows = []
    for net, result in results.items():
        times = [f"{result['ms'][engine]:.3g}" if engine in result["ms"] else "-" for engine in engines]
        low, high = result["interval"]
        rows.append([net, f"{result['ms'][OURS]:.3g}", *times, f"{result['ratio']:.2f} ({result['fastest']})", f"{low:.2f} to {high:.2f}", "yes" if result["ahead"] else "no", f"{result['error'][OURS]:.0e}"])
    mean = float(np.exp(np.mean([np.log(result["ratio"]) for result in results.values()])))
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda cells: "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths)) + " |"
    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)]) + f"\n\nCPU ms (minimum). Geometric mean of the ratios over {len(rows)} nets: {mean:.2f}.\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for nets, conversions and programs")
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--python", action="append", default=[], metavar="ENGINE=PYTHON", help="an interpreter of its own for an engine")
    parser.add_argument("--onnx2tf", type=Path, help="command that converts to TFLite: onnx2tf==1.29.24 with tensorflow-cpu==2.19.0 and protobuf==4.25.5, in an environment of its own")
    parser.add_argument("--lne", default=str(HERE.parent / "node" / "build" / "engine" / "lne"))
    parser.add_argument("--plan", help="a plan for every net, for instance to forbid plugins")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--chunk-ms", type=float, default=60, help="timed work per engine and round")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    arguments.engines = [engine for engine in arguments.engines.split(",") if engine]
    arguments.pythons = dict(pair.split("=", 1) for pair in arguments.python)
    nets = [net for net in arguments.nets.split(",") if net]
    unknown = [net for net in nets if net not in NETS] + [engine for engine in arguments.engines if engine not in ENGINES]
    if unknown:
        parser.error(f"no such net or engine: {', '.join(unknown)}")
    # The driver must not disturb the core that is measured.
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - {arguments.core} or {arguments.core})
    results: dict[str, dict] = {}
    for net in nets:
        write(arguments.work, net)
        convert(arguments.work, net, arguments.engines, arguments.onnx2tf)
        results[net] = measure(net, arguments.work, arguments)
        print(table(results) if net == nets[-1] else f"{net}: {results[net]['ratio']:.3f} of {results[net]['fastest']}", flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    if arguments.table:
        arguments.table.write_text(table(results))


if __name__ == "__main__":
    main()
