"""Entry: `python -m train_pytorch`, started by Sedge with SEDGE_JOB set."""

from __future__ import annotations

import os
import signal
import sys

from .errors import CODES, EXIT_CANCELLED, EXIT_PERMANENT, EXIT_SUCCESS, EXIT_TRANSIENT, Cancelled, TrainError
from .protocol import Protocol

HELP = """\
train-pytorch trains a convolutional network on a features artifact.

usage: SEDGE_JOB=job.json python -m train_pytorch

Sedge starts it for a workflow step:

  model:
    tool: train-pytorch
    in: { features: $features.features, dataset: $speech.dataset }   # dataset: augmentation on audio
    with: { architecture: kws-res, iterations: 3000 }

To run it by hand, write job.json with all parameters of tool.yaml:

  {"inputs": {"features": {"path": "features-directory"}},
   "outputs": {"model": {"path": "model"}, "curves": {"path": "curves"}},
   "parameters": {"architecture": "kws1", "iterations": 500, ...},
   "scratch": "scratch", "threads": 2}

features-directory holds features.h5 and metadata.json. `inputs` may also name `dataset` (dataset.h5 with the clips' audio
and background noise) and `architecture` (architecture.json; it takes the place of the parameter).
The directory `model` gets model.onnx, Caffe files, architecture.json and metadata.json; `curves` gets report.json and report.html.
Progress goes to standard output as JSON lines. Interrupted in any way, the same job started again with the same scratch
directory goes on from its last checkpoint and gives the same bytes.

exit codes: 0 done, 1 bad input, 75 try again, 130 cancelled (SIGTERM or SIGINT; a checkpoint is written)
errors:
"""


def main(arguments: list[str]) -> int:
    """Runs the tool and gives its exit code."""
    if arguments:
        width = max(map(len, CODES))
        print(HELP + "\n".join(f"  {code:{width}} {text}" for code, text in CODES.items()))
        return EXIT_SUCCESS if arguments in (["--help"], ["-h"]) else EXIT_PERMANENT
    protocol = Protocol()
    cancelled: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _: cancelled.append(received))
    try:
        _run(protocol, lambda: bool(cancelled))
    except Cancelled:
        protocol.log("cancelled; a checkpoint is written")
        return EXIT_CANCELLED
    except TrainError as error:
        protocol.error(error.code, str(error))
        return error.exit_code
    except BrokenPipeError:  # who started the tool is gone, so nobody waits for the result
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it flushes at exit
        return EXIT_CANCELLED
    except MemoryError:
        protocol.error("TRAIN_MEMORY", "training: memory ran out; lower batchSize or free memory, then try again")
        return EXIT_TRANSIENT
    except Exception as error:  # the border: whatever it is, the service gets a code
        import traceback

        traceback.print_exc()
        protocol.error(
            "TRAIN_INTERNAL", f"train-pytorch: {type(error).__name__}: {error}; please report it with the log"
        )
        return EXIT_PERMANENT
    return EXIT_SUCCESS


def _run(protocol: Protocol, is_cancelled) -> None:  # type: ignore[no-untyped-def]
    from .job import read_job

    job = read_job()
    # All are read when torch is loaded: the size of its thread pools, that threads sleep while they wait (spinning costs four
    # times the processor time when another process wants the core), and a workspace without which cuBLAS isn't repeatable.
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(job.threads)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    from .run import run_job

    try:
        run_job(job, protocol, is_cancelled)
    except torch.OutOfMemoryError as error:
        raise TrainError("TRAIN_MEMORY", f"GPU: {error}; lower batchSize", EXIT_TRANSIENT) from None
    except RuntimeError as error:
        if "can't allocate memory" not in str(error):  # how torch's CPU allocator says it
            raise
        raise MemoryError from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
