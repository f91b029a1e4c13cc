"""The tool as Sedge starts it: outputs, protocol, interruption, and results that repeat bit for bit."""

import hashlib
import json
import signal
from pathlib import Path

import onnx
import pytest
import torch
import yaml
from conftest import TOOL, JobWriter, lines_of, start

from train_pytorch.job import read_job
from train_pytorch.protocol import Protocol
from train_pytorch.results import wilson_interval
from train_pytorch.run import run_job

AVERAGED = {
    "averaging": 0.9,
    "mixup": 0.2,
    "dropout": 0.1,
    "labelSmoothing": 0.1,
    "weightDecay": 0.01,
    "schedule": "cosine",
    "warmupIterations": 3,
}


def digests(job: Path) -> dict[str, str]:
    """The digest of each output file."""
    files = [path for kind in ("model", "curves") for path in sorted((job.parent / kind).iterdir())]
    return {f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run_here(job: Path) -> list[dict]:
    """Runs a job in this process and gives its protocol lines."""
    import io

    stream = io.StringIO()
    run_job(read_job({"SEDGE_JOB": str(job)}), Protocol(stream), lambda: False)
    return lines_of(stream.getvalue())


def test_a_job_gives_both_artifacts_and_reports_progress(write_job: JobWriter) -> None:
    job = write_job()
    process = start(job)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    lines = lines_of(output)
    assert {"progress", "log"} == {line["type"] for line in lines}
    last = [line for line in lines if line["type"] == "progress"][-1]
    assert (last["done"], last["total"], last["unit"]) == (12, 12, "iteration")
    model, curves = job.parent / "model", job.parent / "curves"
    assert sorted(path.name for path in model.iterdir()) == [
        "architecture.json",
        "deploy.prototxt",
        "metadata.json",
        "model.caffemodel",
        "model.onnx",
        "solver.prototxt",
        "train_val.prototxt",
    ]
    metadata = json.loads((model / "metadata.json").read_text())
    assert metadata["classes"] == ["low", "high", "noise"]
    assert metadata["input"] == {"name": "input", "shape": [1, 1, 20, 17], "layout": "NCHW", "dtype": "float32"}
    assert len(metadata["preprocessing"]["normalization"]["mean"]) == 20
    assert metadata["sizeBytes"] == (model / "model.onnx").stat().st_size
    inside = json.loads(onnx.load(model / "model.onnx").metadata_props[0].value)
    assert inside == {name: metadata[name] for name in ("classes", "input", "preprocessing", "output")}
    report = json.loads((curves / "metadata.json").read_text())
    assert report["metrics"]["iterations"] == 12
    declared = yaml.safe_load((TOOL / "tool.yaml").read_text("utf-8"))["outputs"]["curves"]["metrics"]
    assert sorted(report["metrics"]) == sorted(declared)
    assert [row["iteration"] for row in json.loads((curves / "report.json").read_text())["points"]] == [4, 8, 12]
    assert "<svg" in (curves / "report.html").read_text()


def test_an_interval_around_accuracy_is_wilsons() -> None:
    # Newcombe (1998), table I: 81 of 263, and none of 20.
    assert [round(bound, 4) for bound in wilson_interval(81 / 263, 263)] == [0.2553, 0.3662]
    assert [round(bound, 4) for bound in wilson_interval(0.0, 20)] == [0.0, 0.1611]


def test_the_network_learns(write_job: JobWriter) -> None:
    job = write_job(
        architecture="kws-res", iterations=60, batchSize=16, validationEvery=60, checkpointEvery=60, learningRate=0.002
    )
    run_here(job)
    assert json.loads((job.parent / "curves/metadata.json").read_text())["metrics"]["validationAccuracy"] >= 0.9


@pytest.mark.parametrize("dataset", [True, False])
def test_equal_jobs_give_equal_bytes_in_other_folders(write_job: JobWriter, dataset: bool) -> None:
    first, second = (write_job(name, dataset=dataset, **AVERAGED) for name in ("one", "two"))
    run_here(first)
    run_here(second)
    assert digests(first) == digests(second)
    other = write_job("three", dataset=dataset, **{**AVERAGED, "seed": 2})
    run_here(other)
    assert digests(other)["model/model.onnx"] != digests(first)["model/model.onnx"]


def test_killed_anywhere_and_started_again_gives_the_bytes_of_an_undisturbed_run(write_job: JobWriter) -> None:
    undisturbed = write_job("undisturbed", iterations=40, **AVERAGED)
    run_here(undisturbed)
    killed = write_job("killed", iterations=40, **AVERAGED)
    for stop_at in (7, 23):
        process = start(killed)
        assert process.stdout
        for line in process.stdout:
            if json.loads(line).get("done", 0) >= stop_at:
                break
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert not (killed.parent / "model").exists()
    lines = run_here(killed)
    assert "goes on from the checkpoint" in lines[1]["message"]
    assert digests(killed) == digests(undisturbed)


def test_checkpoint_distance_does_not_change_the_result(write_job: JobWriter) -> None:
    first, second = write_job("one"), write_job("two", checkpointEvery=1000)
    run_here(first)
    run_here(second)
    assert digests(first)["model/model.onnx"] == digests(second)["model/model.onnx"]


def test_cancelled_it_writes_a_checkpoint_and_ends_with_130(write_job: JobWriter) -> None:
    job = write_job(iterations=100000, checkpointEvery=100000)
    process = start(job)
    assert process.stdout
    for line in process.stdout:
        if json.loads(line).get("done", 0) >= 5:
            break
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert (job.parent / "scratch/checkpoint.pt").exists()


@pytest.mark.parametrize("damage", ["cut", "flipped", "other job"])
def test_a_checkpoint_that_does_not_fit_is_not_used(write_job: JobWriter, damage: str) -> None:
    fresh = write_job("fresh")
    run_here(fresh)
    job = write_job("damaged", seed=2 if damage == "other job" else 1)
    run_here(job)
    path = job.parent / "scratch/checkpoint.pt"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= damage == "flipped"
    path.write_bytes(content[:500] if damage == "cut" else content)
    job = write_job("damaged")
    run_here(job)
    assert digests(job) == digests(fresh)


def test_a_given_architecture_takes_the_parameters_place(write_job: JobWriter) -> None:
    job = write_job(network={"name": "mine", "layers": [{"kernel": [3, 3], "channels": 4}]})
    run_here(job)
    assert json.loads((job.parent / "model/metadata.json").read_text())["name"] == "mine"


@pytest.mark.parametrize(
    ("edit", "code"),
    [({"parameters": {}}, "TRAIN_PARAMETERS"), ({"inputs": {}}, "TRAIN_JOB"), ({"threads": 0}, "TRAIN_JOB")],
)
def test_a_bad_job_ends_with_a_coded_line(write_job: JobWriter, edit: dict, code: str) -> None:
    job = write_job()
    job.write_text(json.dumps({**json.loads(job.read_text()), **edit}))
    process = start(job)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 1
    assert lines_of(output)[-1]["type"] == "error"
    assert lines_of(output)[-1]["code"] == code


def test_a_rate_that_is_far_too_high_is_reported_as_divergence(write_job: JobWriter) -> None:
    from train_pytorch.errors import TrainError

    job = write_job(learningRate=1e30)
    with pytest.raises(TrainError, match="lower learningRate") as caught:
        run_here(job)
    assert caught.value.code == "TRAIN_DIVERGED"


def test_a_gpu_is_used_where_there_is_one_and_the_processor_elsewhere(write_job: JobWriter) -> None:
    wanted = "on cuda" if torch.cuda.is_available() else "on cpu"
    job = write_job(device="auto")
    assert wanted in run_here(job)[0]["message"]
