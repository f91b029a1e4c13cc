"""Generating, building and running programs, for the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
from conftest import Workbench, reference, relative_error


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


def build_checked(folder: Path) -> Path:
    """The program under the address and undefined-behaviour sanitizers. Its weights are arrays, so that what is read beside them is seen too."""
    flags = "-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    # Optimized, checked kernels take minutes to compile, the portable ones a quarter of an hour.
    recipe = folder / "CMakeLists.txt"
    recipe.write_text(recipe.read_text().replace("-O3", "-O0"))
    return build(folder, f"-DCMAKE_CXX_FLAGS={flags}", f"-DCMAKE_EXE_LINKER_FLAGS={flags}", "-DAPP_NO_ASSEMBLER=ON")


def run_checked(program: Path, *words: object, code: int = 0) -> str:
    """@returns what it printed, after it ended with that code and no sanitizer found anything"""
    done = run(program, *words)
    assert done.returncode == code and "Sanitizer" not in done.stderr and "runtime error" not in done.stderr, done.stdout + done.stderr
    return done.stdout


def check_network(bench: Workbench, model, sample: np.ndarray, *options: object) -> None:
    """Runs all that a model's program can do under the sanitizers: they have nothing to say, and the result is right."""
    program = build_checked(generate(bench, model, "checked", *options))
    np.save(bench.folder / "input.npy", sample)
    run_checked(program, "run", bench.folder / "input.npy", bench.folder / "output.npy", "--runs", 2)
    assert relative_error(np.load(bench.folder / "output.npy"), reference(model, sample)) <= 1e-4
    run_checked(program, "--self-test")
    run_checked(program, "bench", "--runs", 2)


def run(program: Path, *words: object, emulator: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*emulator, str(program), *map(str, words)], capture_output=True, text=True, timeout=300)


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
