"""What exploring the benchmark's nets takes and finds: seconds, the learned plan beside the exact optimum, the plan beside single plugins.

    python3 lne/bench/explorations.py --work FOLDER [--nets a,b] [--seeds 5] [--rounds 9] [--core 1] [--json FILE] [--table FILE]

Each net is explored with nothing known (its own SEDGE_HOME, which is removed first), so compilers and measurements run as for a new user. Then the
learning is done again for the other seeds over the same measurements. A learned plan's *gap* is the largest over the seeds. *Learning* is the mean
of the last 50 episodes over the mean of the exploring ones, the largest over the seeds: below 1 it got better with every seed. *Best single* is the
median over the rounds of time of the best single-plugin program / time of the plan that is used, with its 95 % bootstrap interval; *faster* means that
the interval lies above 1.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
from pathlib import Path

from bench import formatted, interval
from studies import parser_of, run_studies


def explore(arguments: argparse.Namespace, net: str, home: Path, *options: object) -> dict:
    words = [arguments.lne, "explore", arguments.work / f"{net}.onnx", "-o", home / "plan.json", "--json", *options]
    if arguments.core is not None:
        words = ["taskset", "-c", arguments.core, *words]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, env={**os.environ, "SEDGE_HOME": str(home)})
    if done.returncode != 0:
        raise SystemExit(f"{net}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


def single_plugin(programs: list[dict]) -> dict:
    """The used plan beside the best program of one plugin alone."""
    used = next(program for program in programs if program["isUsed"])
    singles = [program for program in programs if any(name.startswith("only ") for name in program["plans"])]
    best = min(singles, key=lambda program: program["measuredUs"])
    if best is used:
        return {"plugin": best["plans"], "ratio": 1.0, "interval": [1.0, 1.0], "faster": False}
    ratios = [theirs / ours for theirs, ours in zip(best["roundsUs"], used["roundsUs"])]
    low, high = interval(ratios)
    return {"plugin": best["plans"], "ratio": statistics.median(ratios), "interval": [low, high], "faster": low > 1}


def study(arguments: argparse.Namespace, net: str) -> dict:
    home = (arguments.work / "explorations" / net).resolve()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    first = explore(arguments, net, home, "--rounds", arguments.rounds)
    learned = [first["learned"]] + [explore(arguments, net, home, "--rounds", 0, "--seed", seed)["learned"] for seed in range(2, arguments.seeds + 1)]
    seconds = first["seconds"]
    compiling = seconds["compiling"] + seconds["building programs"]
    return {
        "layers": len(first["layers"]),
        "candidates": first["candidates"],
        "seconds": seconds,
        "compiling_s": compiling,
        "besides_s": sum(seconds.values()) - compiling,
        "gap": [one["aboveOptimum"] for one in learned],
        "exact": first["optimum"]["isExact"],
        "learning": [one["meanOfLast50"] / one["meanOfFirst"] for one in learned],
        "used": next(program["plans"] for program in first["programs"] if program["isUsed"]),
        "difference": next(program["difference"] for program in first["programs"] if program["isUsed"]),
        "single": single_plugin(first["programs"]),
        "programs_us": {" = ".join(program["plans"]): program["measuredUs"] for program in first["programs"]},
    }


def table(results: dict[str, dict]) -> str:
    head = ["net", "layers", "candidates", "compiling s", "besides s", "gap", "learning", "used", "best single", "95 %", "faster"]
    rows = []
    for net, one in results.items():
        low, high = one["single"]["interval"]
        gap = f"{round(100 * max(one['gap']), 2) + 0.0:.2f} %" + ("" if one["exact"] else " of the best known")
        rows.append([net, one["layers"], one["candidates"], f"{one['compiling_s']:.0f}", f"{one['besides_s']:.1f}", gap, f"{max(one['learning']):.2f}", one["used"][0],
                     f"{one['single']['ratio']:.2f} ({one['single']['plugin'][0].removeprefix('only ')})", f"{low:.2f} to {high:.2f}", "yes" if one["single"]["faster"] else "no"])
    return formatted(head, [[str(cell) for cell in row] for row in rows])


def main() -> None:
    parser = parser_of(__doc__, "folder for nets and what is kept of each")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--core", type=int, help="pin to this core; compilers too")
    run_studies(parser, study, table)


if __name__ == "__main__":
    main()
