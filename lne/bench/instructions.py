"""Instructions that a run takes on aarch64: generated programs beside ncnn, both under qemu-aarch64 with a plugin that counts.

    python3 lne/bench/instructions.py --work FOLDER [--nets a,b] [--json FILE] [--table FILE]

What loading takes cancels out: a count is the difference between three runs and one, halved. One thread, FP32. This machine runs no program for
aarch64 at its own speed, so plans are chosen by estimates. ncnn comes as its wheel for aarch64 (the version of lne/bench/requirements.txt), with the
interpreter and libraries of Debian's arm64 packages: `apt-get download` into FOLDER, nothing is installed. Instructions are not time: memory and how
many instructions a processor starts at once don't count.

Needs apt-get install qemu-user g++-aarch64-linux-gnu gcc, and an environment with lne/bench/requirements.txt.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
from convert import convert
from nets import NETS, write

HERE = Path(__file__).resolve().parent
PYTHON = "python3.11"
PACKAGES = ("libc6", "libgcc-s1", "libstdc++6", "libgomp1", "zlib1g", "libexpat1", "libffi8", "libbz2-1.0", "liblzma5", "libssl3", f"{PYTHON}-minimal", f"lib{PYTHON}-minimal", f"lib{PYTHON}-stdlib")


def run(words: list[object], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(list(map(str, words)), cwd=folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words[:3]))} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return done


def counter(work: Path) -> Path:
    path = work / "count_instructions.so"
    run(["gcc", "-O2", "-shared", "-fPIC", "-o", path, HERE / "count_instructions.c"])
    return path


def root_of_debian(work: Path) -> Path:
    """A folder with the arm64 packages unpacked."""
    root, place = work / "arm64", work / "arm64-packages"
    if (root / "usr" / "bin" / PYTHON).exists():
        return root
    for folder in ("lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    apt = ["apt-get", "-q", "-o", "APT::Architecture=arm64", "-o", "APT::Architectures::=arm64", "-o", f"Dir::State::lists={place}/lists", "-o", f"Dir::Cache={place}/cache"]
    run([*apt, "update"])
    run([*apt, "download", *(f"{name}:arm64" for name in PACKAGES)], place)
    for package in place.glob("*.deb"):
        run(["dpkg", "-x", package, root])
    return root


def module_of_ncnn(work: Path) -> Path:
    """The folder of ncnn's extension module for aarch64; the package's own Python files want more than that."""
    folder = work / "ncnn-aarch64"
    if not list(folder.glob("ncnn*.so")):
        wanted = re.search(r"^ncnn==\S+", (HERE / "requirements.txt").read_text(), re.MULTILINE)[0]
        platforms = [word for tag in ("manylinux_2_17_aarch64", "manylinux_2_28_aarch64") for word in ("--platform", tag)]
        run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", *platforms, "--python-version", PYTHON.removeprefix("python"), "-d", folder, wanted])
        with zipfile.ZipFile(next(folder.glob("ncnn-*.whl"))) as wheel:
            for name in wheel.namelist():
                # Libraries lie where the module looks for them: ncnn.libs beside its folder.
                if name.startswith("ncnn.libs/"):
                    wheel.extract(name, work)
                elif name.startswith("ncnn/ncnn.") and name.endswith(".so"):
                    (folder / Path(name).name).write_bytes(wheel.read(name))
    return folder


def count(words: list[object], root: Path, plugin: Path) -> int:
    done = run(["qemu-aarch64", "-L", root, "-plugin", plugin, *words])
    return int(re.search(r"^instructions (\d+)$", done.stderr, re.MULTILINE)[1])


def per_run(words_for_runs, root: Path, plugin: Path) -> int:
    return (count(words_for_runs(3), root, plugin) - count(words_for_runs(1), root, plugin)) // 2


def program(arguments: argparse.Namespace, net: str) -> Path:
    tree = arguments.work / "programs-aarch64" / net
    run([arguments.lne, "generate", arguments.work / f"{net}.onnx", "-o", tree, "--target", "aarch64"])
    run(["cmake", "-S", tree, "-B", tree / "build", f"-DCMAKE_TOOLCHAIN_FILE={tree}/toolchains/aarch64.cmake", "-DAPP_STATIC=ON"])
    run(["cmake", "--build", tree / "build", "-j", os.cpu_count() or 1])
    return tree / "build" / "app"


def table(results: dict[str, dict[str, float]]) -> str:
    rows = [[net, *(f"{found[name] / 1e6:.3f}" if name in found else "-" for name in ("ours", "ncnn")), f"{found['ncnn'] / found['ours']:.2f}" if "ncnn" in found else "-"] for net, found in results.items()]
    head = ["net", "ours", "ncnn", "ncnn / ours"]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    line = lambda cells: "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths)) + " |"
    ratios = [found["ncnn"] / found["ours"] for found in results.values() if "ncnn" in found]
    mean = f" Geometric mean of the ratios over {len(ratios)} nets: {float(np.exp(np.mean(np.log(ratios)))):.2f}." if ratios else ""
    return "\n".join([line(head), line(["-" * width for width in widths]), *map(line, rows)]) + f"\n\nMillions of instructions of aarch64 a run.{mean}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for nets, conversions, programs and what is downloaded")
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--lne", default=str(HERE.parent / "build" / "lne"))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    arguments = parser.parse_args()
    arguments.work = arguments.work.resolve()
    arguments.work.mkdir(parents=True, exist_ok=True)
    nets = [net for net in arguments.nets.split(",") if net]
    if unknown := [net for net in nets if net not in NETS]:
        parser.error(f"no such net: {', '.join(unknown)}")
    plugin, root, module = counter(arguments.work), root_of_debian(arguments.work), module_of_ncnn(arguments.work)
    results: dict[str, dict[str, int]] = {}
    for net in nets:
        write(arguments.work, net)
        convert(arguments.work, net, ["ncnn"], None)
        app, sample = program(arguments, net), arguments.work / f"{net}.input.npy"
        found = {"ours": per_run(lambda runs: [app, "run", sample, arguments.work / "result.npy", "--runs", runs], root, plugin)}
        param, weights = (arguments.work / "ncnn" / f"{net}.{ending}" for ending in ("param", "bin"))
        if param.exists():
            extents = ",".join(map(str, np.load(sample).shape[1:]))
            found["ncnn"] = per_run(lambda runs: [root / "usr" / "bin" / PYTHON, "-S", HERE / "ncnn_runs.py", module, param, weights, runs, extents], root, plugin)
        results[net] = found
        print(f"{net}: {found}", flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
    print(table(results))
    if arguments.table:
        arguments.table.write_text(table(results))


if __name__ == "__main__":
    main()
