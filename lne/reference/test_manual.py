"""The table of operators in the manual is what the command supports. `python lne/reference/test_manual.py` writes it anew."""

import json
import subprocess
from pathlib import Path

LNE = Path(__file__).resolve().parent.parent
MANUAL = LNE.parent / "docs" / "reference" / "lne-operators.md"


def table(command) -> str:
    operators = json.loads(subprocess.run([command, "operators"], capture_output=True, text=True, check=True).stdout)
    rows = [(", ".join(sorted(operator["onnx"])), operator["summary"]) for operator in operators]
    width, room = (max(len(row[i]) for row in [*rows, ("ONNX", "what is supported")]) for i in range(2))
    lines = [f"| {left:<{width}} | {right:<{room}} |" for left, right in [("ONNX", "what is supported"), ("-" * width, "-" * room), *rows]]
    return "# Operators that LNE imports\n\nWritten by `lne/reference/test_manual.py` from the operators' own definitions. Batch 1, float32.\n\n" + "\n".join(lines) + "\n"


def test_the_manual_lists_what_is_there(lne):
    assert MANUAL.read_text() == table(lne)


if __name__ == "__main__":
    MANUAL.write_text(table(LNE / "build" / "lne"))
