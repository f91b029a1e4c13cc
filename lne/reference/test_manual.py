"""The tables of operators and modules in the manual are what the command supports. `python lne/reference/test_manual.py COMMAND` writes them anew."""

import json
import subprocess
import sys
from pathlib import Path

LNE = Path(__file__).resolve().parent.parent
MANUAL = LNE.parent / "docs" / "reference" / "lne-operators.md"

MODULES = LNE.parent / "docs" / "reference" / "applications.md"

INTRODUCTION = """# Operators that LNE imports

Written by `lne/reference/test_manual.py` from the operators' own definitions.

ONNX of opsets 9 to 28, with fixed sizes; an open batch is taken as 1. All is computed in float32: integers and truth values are floats
there (exact up to 2^24), float16 and float64 weights are converted. What depends on constants only (shape arithmetic, dequantized weights)
is computed at import, integers with all their bits. Weights must be constant. A model with other operators is refused with the list of all
of them. Where a network computes with NaN, ReLU, Clip, Max, Min and pooling may give a number instead, as the vector instructions for them do.

"""
CAFFE_INTRODUCTION = """

Caffe networks: a prototxt and its caffemodel, newer files and those of version 1 (`layers`, upper-case types). Layers run as in the test
phase; `Input` layers and `input` fields give the inputs.

"""

MODULES_INTRODUCTION = """# Application files

An application is a chain of modules, in YAML. The first part is written by hand in `lne/reference/test_manual.py`, the table of modules by
the modules themselves. How to make one: [make an application](../how-to/make-an-application.md).

```yaml
application: wake-and-command # letters, digits, - and _
modules: # in the order in which they run
  - id: sound # a name of your own
    use: wav # one of the modules below
    with: { sampleRateHz: 16000, clipMs: 1000 } # its parameters
  - id: features
    use: mfcc
    in: sound # whose result it takes; a list where it takes several; `id.output` of a network with several outputs
    when: awake # optional: runs only when this condition holds, and so does everything that takes its result
outputs: [features] # optional: else every result that no module takes, conditions apart
```

Read is the part of YAML 1.2 that this needs: maps, lists, `{ }` and `[ ]`, quoted and plain text, comments. Anchors, tags, block scalars and
text over several lines are refused. A mistake is told with file, line, column and what to do; where two modules do not fit, both are named.

Values are of five kinds: **sound** (samples of one channel), **tensor** (numbers of a shape), **scores** (shares of classes that sum to one),
**condition** (holds or not), **answer** (classes by rank). A network takes a tensor whose extents, ones apart, are those of its input. Where
a model carries how its input is prepared (`extract-mfcc` and its normalization), the modules before it must do exactly that.

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


def modules_table(command) -> str:
    known = json.loads(subprocess.run([command, "modules"], capture_output=True, text=True, check=True).stdout)
    head = ("`use`", "what it does", "takes", "gives", "`with`")
    rows = [head, *((f"`{module['name']}`", module["summary"], module["takes"] or "from outside", module["gives"], module["parameters"]) for module in known)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rows.insert(1, tuple("-" * width for width in widths))
    return MODULES_INTRODUCTION + "\n".join("| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths)) + " |" for row in rows) + "\n"


def test_the_manual_lists_what_is_there(lne):
    assert MANUAL.read_text() == table(lne)
    assert MODULES.read_text() == modules_table(lne)


if __name__ == "__main__":
    command = sys.argv[1] if len(sys.argv) > 1 else LNE / "build" / "lne"
    MANUAL.write_text(table(command))
    MODULES.write_text(modules_table(command))
