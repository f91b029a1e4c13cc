"""Rates a value in steps, with a checkpoint after each. The parameter `fault` names the one thing that it does wrong, if any."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STEPS = 8
JOB = json.loads(Path(os.environ["SEDGE_JOB"]).read_text("utf-8"))
FAULT = JOB["parameters"]["fault"]
STEP_S = JOB["parameters"]["workMs"] / 1000 / STEPS
KNOWN = {"job", "attempt", "inputs", "outputs", "parameters", "scratch", "threads"}


def say(**line):
    print(json.dumps(line), flush=True)


def refuse(words):
    if FAULT == "blames-nobody":
        raise ValueError(words)
    if FAULT == "aborts":
        os.abort()
    if FAULT == "hopes":
        sys.exit(75)
    if FAULT == "hangs":
        time.sleep(3600)
    say(type="error", code="RATE_INPUT_INVALID", message=words)
    sys.exit(1)


def read_value():
    path = Path(JOB["inputs"]["of"]["path"], "report.json")
    try:
        value = json.loads(path.read_text("utf-8"))["value"]
    except (ValueError, TypeError, KeyError) as error:
        if FAULT == "swallows":
            return 0
        return refuse(f"report.json of the input 'of': {error}")
    if FAULT == "scribbles":
        path.chmod(0o644)
        path.write_text(json.dumps({"value": value, "seen": True}))
    return value


def start():
    """The checkpoint: the step that is done, and the sum up to it."""
    place = Path(JOB["scratch"], "checkpoint")
    if not place.exists():
        return 0, 0
    lines = place.read_text("utf-8").splitlines()
    return int(lines[0]) if lines else 0, int(lines[1]) if len(lines) > 1 else 0


def keep(step, total):
    place = Path(JOB["scratch"], "checkpoint")
    draft = place.with_suffix(".draft")
    draft.write_text(f"{step}\n{total}\n")
    draft.replace(place)


def keep_half(step):
    """What a crash in the midst of writing leaves."""
    Path(JOB["scratch"], "checkpoint").write_text(f"{step}\n")


def work(value):
    step, total = (0, 0) if FAULT == "counts-on" else start()
    if FAULT == "counts-on":
        total = start()[1]
    while step < STEPS:
        if FAULT == "half-kept":
            keep_half(step + 1)
        time.sleep(STEP_S)
        step, total = step + 1, total + value
        keep(step, total)
        done = STEPS - step if FAULT == "backwards" else step + (STEPS if FAULT == "overshoots" else 0)
        say(type="progress", done=done, total=STEPS, unit="step")
    return total


def write(total):
    report, words = (Path(JOB["outputs"][name]["path"]) for name in ("report", "words"))
    content = {"value": total}
    if FAULT == "clock":
        content["at"] = time.time()
    if FAULT == "job-id":
        content["job"] = JOB["job"]
    (report / "report.json").write_text(json.dumps(content))
    name = "rating" if FAULT == "other-metric" else "value"
    metrics = {name: str(total) if FAULT == "text-metric" else total}
    (report / "metadata.json").write_text(json.dumps({"metrics": metrics}))
    text = f"rated {total}\n"
    (words / ("words" if FAULT == "other-file" else "source")).write_text(text)
    size = {} if FAULT == "no-size" else {"sizeBytes": len(text)}
    if FAULT != "no-metadata":
        (words / "metadata.json").write_text(json.dumps({"name": "words.txt", "format": "file", **size}))


def main():
    deaf = signal.SIG_IGN if FAULT == "deaf" else lambda *_: sys.exit(130)
    signal.signal(signal.SIGTERM, deaf)
    if FAULT == "fails":
        refuse("it never works")
    if FAULT == "closed" and not KNOWN.issuperset(JOB):
        refuse(f"job.json has unknown fields: {sorted(set(JOB) - KNOWN)}")
    if FAULT == "one-place":
        # Only one at a time: the other finds it taken.
        place = Path("/tmp", f"rated-value-{os.getuid()}")
        try:
            place.mkdir()
        except FileExistsError:
            refuse("another one is at work")
    try:
        total = work(read_value())
        write(total)
    finally:
        if FAULT == "one-place":
            place.rmdir()
    if FAULT == "false-alarm":
        say(type="error", code="RATE_ODD", message="something was odd")
    if FAULT == "orphan":
        subprocess.Popen(["sleep", "30"], start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if FAULT == "own-folder":
        Path(__file__).with_name("cache.json").write_text(json.dumps(time.time()))


main()
