"""The tests that the onnx package carries for single operators, for every operator that LNE imports: all pass, or are skipped with a reason.

The manual lists what is skipped; `python lne/reference/test_onnx_nodes.py [COMMAND]` writes that page anew.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
from conftest import LNE, Workbench
from onnx import helper, numpy_helper
from onnx.backend.test.loader import load_model_tests

MANUAL = LNE.parent / "docs" / "reference" / "lne-onnx-node-tests.md"
TYPES = {np.dtype(kind) for kind in ("float32", "int64", "int32", "int8", "uint8", "bool")}
LEFT_OUT = {
    "test_dropout_default_mask": "a result that is not computed",
    "test_dropout_default_mask_ratio": "a result that is not computed",
    "test_averagepool_2d_ceil_last_window_starts_on_pad": "its expected values are rounded to four digits",
    "test_resize_downsample_scales_linear_align_corners": "corners are aligned by the whole size, as ONNX Runtime does",
    "test_resize_downsample_scales_cubic_align_corners": "corners are aligned by the whole size, as ONNX Runtime does",
}


class Skip(Exception):
    pass


def known_operators(bench: Workbench) -> set[str]:
    return {name for operator in json.loads(bench.call("operators").stdout)["onnx"] for name in operator["onnx"]} | {"Constant"}


def cases(bench: Workbench):
    """Name, model, inputs and outputs of each test whose operators are all known."""
    known = known_operators(bench)
    for case in load_model_tests(kind="node"):
        if case.model is not None and all(node.op_type in known and node.domain in ("", "ai.onnx") for node in case.model.graph.node):
            yield case.name, case.model, *case.data_sets[0]
    for kind in ("pytorch-operator", "pytorch-converted"):
        for case in sorted(load_model_tests(kind=kind), key=lambda case: case.name):
            folder = Path(case.model_dir)
            model = onnx.load(folder / "model.onnx")
            if all(node.op_type in known for node in model.graph.node):
                arrays = lambda what: [numpy_helper.to_array(onnx.TensorProto.FromString(path.read_bytes())) for path in sorted(folder.glob(f"test_data_set_0/{what}_*.pb"), key=lambda path: int(path.stem.split("_")[-1]))]
                yield f"{kind}/{case.name}", model, arrays("input"), arrays("output")


def check_types(arrays) -> None:
    for array in arrays:
        if not isinstance(array, np.ndarray):
            raise Skip("sequences and optional values are not supported")
        if array.dtype not in TYPES:
            raise Skip(f"its interface has the type {array.dtype}")


def with_constants(model: onnx.ModelProto, names: list[str], inputs: list[np.ndarray], kept: int) -> onnx.ModelProto:
    """The model with all inputs but the first `kept` as constants; without any input left it gets one that nothing reads."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    values = [value for value in model.graph.input if value.name in names[:kept]]
    del model.graph.input[:]
    model.graph.input.extend(values or [helper.make_tensor_value_info("unused", onnx.TensorProto.FLOAT, [1])])
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in zip(names[kept:], inputs[kept:]))
    return model


def run(bench: Workbench, model: onnx.ModelProto, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Results by name. @raises Skip with LNE's own words where it refuses the model"""
    path = bench.save(model)
    checked = bench.call("import", path)
    if checked.returncode != 0:
        assert checked.returncode == 1, checked.stderr
        raise Skip(re.sub(r"^.*?model\.onnx: | with \d+ elements$|\[LNE_\w+\]|(node|input) '[^']*'( \(\w+\))?:? ?", "", checked.stderr.splitlines()[0]).removeprefix("lne: ").strip())
    np.savez(bench.folder / "in.npz", **(inputs or {"unused": np.zeros(1, np.float32)}))
    done = bench.call("run", path, bench.folder / "in.npz", bench.folder / "out.npz", "--backend", "interpreter")
    assert done.returncode == 0, done.stderr
    return dict(np.load(bench.folder / "out.npz"))


def compare(results: dict[str, np.ndarray], model: onnx.ModelProto, outputs: list[np.ndarray]) -> None:
    for info, wanted in zip(model.graph.output, outputs):
        got = results[info.name]
        assert got.shape == wanted.shape and got.dtype == wanted.dtype, f"{got.dtype} {got.shape} in place of {wanted.dtype} {wanted.shape}"
        finite = np.isfinite(wanted.astype(np.float64))
        np.testing.assert_array_equal(got[~finite], wanted[~finite])
        largest = np.abs(wanted[finite].astype(np.float64)).max(initial=0)
        difference = np.abs(got[finite].astype(np.float64) - wanted[finite]).max(initial=0)
        bound = 2e-5 * largest if wanted.dtype == np.float32 else 1 if wanted.dtype in (np.int8, np.uint8) and wanted.size > 100 else 0
        assert difference <= bound, f"off by {difference} where the largest is {largest}"


def attempt(bench: Workbench, name: str, model: onnx.ModelProto, inputs, outputs) -> None:
    if name in LEFT_OUT:
        raise Skip(LEFT_OUT[name])
    check_types([*inputs, *outputs])
    names = [value.name for value in model.graph.input][: len(inputs)]
    reason = None
    # All computed where that is possible; else what has to be constant is constant.
    for kept in dict.fromkeys((len(inputs), min(1, len(inputs)), 0)):
        try:
            changed = with_constants(model, names, inputs, kept)
            return compare(run(bench, changed, dict(zip(names[:kept], inputs[:kept]))), changed, outputs)
        except Skip as skip:
            reason = reason or skip if "constant" not in str(skip) else skip
    raise reason


def judge(bench: Workbench) -> tuple[list[str], dict[str, list[str]], dict[str, str]]:
    """Names that pass, names by the reason for which they are skipped, and what went wrong by name."""
    passed, skipped, failed = [], defaultdict(list), {}
    for name, model, inputs, outputs in cases(bench):
        try:
            attempt(bench, name, model, inputs, outputs)
            passed.append(name)
        except Skip as skip:
            skipped[str(skip)].append(name)
        except AssertionError as error:
            failed[name] = str(error)
    return passed, skipped, failed


def page(passed: list[str], skipped: dict[str, list[str]]) -> str:
    rows = sorted((reason.replace("|", "\\|"), len(names), ", ".join(sorted(name.removeprefix("test_") for name in names))) for reason, names in skipped.items())
    table = [("reason", "tests", "which"), *((reason, str(count), names) for reason, count, names in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(3)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in table]
    lines.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return (
        "# Tests of the onnx package\n\nWritten by `lne/reference/test_onnx_nodes.py`, which runs every test of a single operator that the onnx package carries and whose operators LNE\nimports. "
        f"{len(passed)} pass. {sum(map(len, skipped.values()))} are skipped, for these reasons:\n\n" + "\n".join(lines) + "\n"
    )


def test_every_node_test_passes_or_is_skipped_with_a_reason(bench):
    passed, skipped, failed = judge(bench)
    assert not failed, "\n".join(f"{name}: {what}" for name, what in failed.items())
    assert len(passed) > 500
    assert MANUAL.read_text() == page(passed, skipped)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        verdict = judge(Workbench(Path(sys.argv[1]) if len(sys.argv) > 1 else LNE / "build" / "lne", Path(folder)))
    MANUAL.write_text(page(*verdict[:2]))
    print(f"{len(verdict[0])} pass, {sum(map(len, verdict[1].values()))} are skipped, {len(verdict[2])} fail")
    for name, what in verdict[2].items():
        print(name, what.replace("\n", " ")[:300])
