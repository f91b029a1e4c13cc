"""Adds a value to those of its inputs. Uses nothing but Python's standard library and the published contract."""

import json
import os
import signal
import sys
import time


def say(**line):
    print(json.dumps(line), flush=True)


def note(path, words):
    if path:
        with open(path, "a", encoding="utf-8") as log:
            log.write(words + "\n")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    with open(os.environ["SEDGE_JOB"], encoding="utf-8") as file:
        job = json.load(file)
    parameters = job["parameters"]
    note(parameters["log"], f"start {job['job']}")
    if "TRACEPARENT" in os.environ:
        say(type="log", level="info", message=f"the trace is {os.environ['TRACEPARENT']}")
    parts = max(1, parameters["pauseMs"] // 50)
    for part in range(parts):
        say(type="progress", done=part + 1, total=parts, unit="part")
        time.sleep(parameters["pauseMs"] / 1000 / parts)
    inputs = [item for given in job["inputs"].values() for item in (given if isinstance(given, list) else [given])]
    total = parameters["value"]
    for item in inputs:
        with open(os.path.join(item["path"], "report.json"), encoding="utf-8") as file:
            total += json.load(file)["value"]
    say(type="log", level="info", message=f"the sum is {total}")
    output = job["outputs"]["report"]["path"]
    for name, content in (("report.json", {"value": total}), ("metadata.json", {"metrics": {"value": total}})):
        with open(os.path.join(output, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    if parameters["sizeMb"]:
        with open(os.path.join(output, "ballast"), "wb") as file:
            for _ in range(parameters["sizeMb"]):
                file.write(str(total).encode().ljust(1 << 20))
    note(parameters["log"], f"end {job['job']}")


main()
