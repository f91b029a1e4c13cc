"""Generating, building and running programs, for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from conftest import Workbench


def generate(bench: Workbench, model, name: str, *options: object) -> Path:
    path, folder = bench.save(model), bench.folder / name
    done = bench.call("generate", path, "-o", folder, *options)
    assert done.returncode == 0, done.stderr
    return folder


def build(folder: Path, *options: object) -> Path:
    for words in (["cmake", "-S", folder, "-B", folder / "build", *options], ["cmake", "--build", folder / "build", "-j", "2"]):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "warning:" not in done.stderr, done.stderr
    return folder / "build" / "app"


def run(program: Path, *words: object, emulator: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*emulator, str(program), *map(str, words)], capture_output=True, text=True, timeout=300)


def run_sanitized(bench: Workbench, model, sample: np.ndarray) -> None:
    """Builds a model's program with the address and undefined-behaviour sanitizers, and runs all that it can do: they have nothing to say."""
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    folder = generate(bench, model, "checked")
    # Inlined by -O3, checked kernels take minutes to compile.
    recipe = (folder / "CMakeLists.txt").read_text()
    (folder / "CMakeLists.txt").write_text(recipe.replace("-O3", "-O1"))
    program = build(folder, f"-DCMAKE_CXX_FLAGS={flags}", f"-DCMAKE_EXE_LINKER_FLAGS={flags}")
    np.save(bench.folder / "input.npy", sample)
    for words in (["run", bench.folder / "input.npy", bench.folder / "built.npy", "--runs", 2], ["--self-test"], ["bench"]):
        done = run(program, *words)
        assert done.returncode == 0 and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stderr


class Machine:
    """Where programs for a target are built and run: here, or as another processor by emulation."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.emulator: tuple[str, ...] = ()
        self.options: tuple[str, ...] = ()
        self.missing = ""
        here = os.uname().machine
        if target == "aarch64" and here != "aarch64":
            self.emulator = ("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu")
            self.options = ("-DCMAKE_TOOLCHAIN_FILE=toolchains/aarch64.cmake",)
            absent = [name for name in ("qemu-aarch64", "aarch64-linux-gnu-g++") if shutil.which(name) is None]
            if absent:
                self.missing = f"{' and '.join(absent)} missing, get it by apt-get install qemu-user g++-aarch64-linux-gnu"
        elif target.startswith("x86-64"):
            flags = Path("/proc/cpuinfo").read_text() if here == "x86_64" else ""
            if not all(f" {flag} " in flags for flag in {"x86-64-v3": ("avx2", "fma"), "x86-64-v4": ("avx512f", "avx512vl", "avx512bw", "avx512dq", "avx512cd")}[target]):
                self.missing = f"this processor runs no program for {target}"

    def program(self, bench: Workbench, model, *options: object) -> Path:
        folder = generate(bench, model, self.target, "--target", self.target, *options)
        return build(folder, *(option.replace("=toolchains", f"={folder}/toolchains") for option in self.options))

    def run(self, program: Path, *words: object) -> subprocess.CompletedProcess[str]:
        return run(program, *words, emulator=self.emulator)

    def output(self, bench: Workbench, program: Path, sample: np.ndarray) -> np.ndarray:
        np.save(bench.folder / "input.npy", sample)
        done = self.run(program, "run", bench.folder / "input.npy", bench.folder / "output.npy")
        assert done.returncode == 0, done.stderr
        return np.load(bench.folder / "output.npy")
