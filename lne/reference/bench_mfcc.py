"""How much faster the audio front end is than librosa, per clip on one core.

usage: python lne/reference/bench_mfcc.py [--clips 200] [--rounds 15] [--json FILE]

Both compute the same blocks of clips in turn (a pair of times per block and round), on one core, with one thread and after a warm-up, each
clip by a call of its own. The figure is the median of the paired ratios, with a 95 % interval from the bootstrap over blocks.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[name] = "1"

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mfcc_front import Front, build_library, librosa_mfcc  # noqa: E402
from speech import clips  # noqa: E402

WARM_UP_S = 2.0
BLOCK_CLIPS = 20


def pin_to_one_core() -> int | None:
    """@returns the core, or None where a process can't choose."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def seconds_per_clip(action, block: list[np.ndarray]) -> float:
    """Processor time, so that what else runs on the core does not count."""
    before = time.process_time()
    for clip in block:
        action(clip)
    return (time.process_time() - before) / len(block)


def measure(front: Front, blocks: list[list[np.ndarray]], rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Times per clip [round, block] of librosa and of the front end."""
    until = time.perf_counter() + WARM_UP_S
    while time.perf_counter() < until:
        for clip in blocks[0]:
            librosa_mfcc(clip)
            front(clip)
    pairs = [[(seconds_per_clip(librosa_mfcc, block), seconds_per_clip(front, block)) for block in blocks] for _ in range(rounds)]
    times = np.array(pairs)
    return times[..., 0], times[..., 1]


def interval(ratios: np.ndarray) -> list[float]:
    """95 % interval of the median ratio, blocks drawn with replacement."""
    random = np.random.default_rng(1)
    per_block = np.median(ratios, axis=0)
    draws = random.integers(0, per_block.size, (2000, per_block.size))
    return np.quantile(np.median(per_block[draws], axis=1), [0.025, 0.975]).tolist()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    core = pin_to_one_core()
    everything = [clip for _, clip in clips(step=10)]
    samples = everything[:: max(1, len(everything) // arguments.clips)][: arguments.clips]
    with tempfile.TemporaryDirectory() as folder:
        front = Front(build_library(Path(folder), "-march=native"))
        blocks = [samples[at : at + BLOCK_CLIPS] for at in range(0, len(samples), BLOCK_CLIPS)]
        reference, ours = measure(front, blocks, arguments.rounds)
        error = max(np.abs(front(clip) - librosa_mfcc(clip)).max() / np.abs(librosa_mfcc(clip)).max() for clip in samples)
    ratios = reference / ours
    result = {
        "processor": platform.processor() or platform.machine(),
        "core": core,
        "clips": len(samples),
        "rounds": arguments.rounds,
        "librosaMedianUs": float(np.median(reference) * 1e6),
        "lneMedianUs": float(np.median(ours) * 1e6),
        "ratioMedian": float(np.median(ratios)),
        "ratioInterval95": interval(ratios),
        "largestRelativeError": float(error),
    }
    low, high = result["ratioInterval95"]
    print(f"librosa {result['librosaMedianUs']:.0f} us, LNE {result['lneMedianUs']:.1f} us per clip of one second (call from Python counted in both)")
    print(f"{result['ratioMedian']:.1f} x faster, 95 % interval {low:.1f} to {high:.1f}; largest relative difference {error:.1e}")
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
