"""The table of operators in the manual is what the command supports. `python lne/reference/test_manual.py` writes it anew."""

import json
import subprocess
import sys
from pathlib import Path

LNE = Path(__file__).resolve().parent.parent
MANUAL = LNE.parent / "docs" / "reference" / "lne-operators.md"

INTRODUCTION = """# Operators that LNE imports

Written by `lne/reference/test_manual.py` from the operators' own definitions.

ONNX of opsets 9 to 28, with fixed sizes; an open batch is taken as 1. All is computed in float32: integers and truth values are floats
there (exact up to 2^24), float16 and float64 weights are converted. What depends on constants only (shape arithmetic, dequantized weights)
is computed at import, integers with all their bits. Weights must be constant. A model with other operators is refused with the list of all
of them.

"""
CAFFE_INTRODUCTION = """

Caffe networks: a prototxt and its caffemodel, newer files and those of version 1 (`layers`, upper-case types). Layers run as in the test
phase; `Input` layers and `input` fields give the inputs.

"""


def rows_as_table(rows: list[tuple[str, str]]) -> str:
    width, room = (max(len(row[i]) for row in rows) for i in range(2))
    rows.insert(1, ("-" * width, "-" * room))
    return "\n".join(f"| {left:<{width}} | {right:<{room}} |" for left, right in rows)


def table(command) -> str:
    known = json.loads(subprocess.run([command, "operators"], capture_output=True, text=True, check=True).stdout)
    onnx = [("ONNX", "what is supported"), *((", ".join(sorted(operator["onnx"])), operator["summary"]) for operator in known["onnx"])]
    caffe = [("Caffe", "what is supported"), *((layer["type"], layer["summary"]) for layer in known["caffe"])]
    return INTRODUCTION + rows_as_table(onnx) + CAFFE_INTRODUCTION + rows_as_table(caffe) + "\n"


def test_the_manual_lists_what_is_there(lne):
    assert MANUAL.read_text() == table(lne)


if __name__ == "__main__":
    MANUAL.write_text(table(sys.argv[1] if len(sys.argv) > 1 else LNE / "build" / "lne"))
