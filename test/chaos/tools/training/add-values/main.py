"""Adds a value to those of its inputs, takes its time, and fails when it is told to. Standard library and published contract only."""

import json
import os
import sys
import time


def note(parameters, job, what):
    """Notes an execution where the stage can't: one short write at the end of a file is whole or not at all."""
    if parameters["ledger"]:
        with open(parameters["ledger"], "ab", buffering=0) as file:
            file.write(f"{what} {job['job']} {job['attempt']}\n".encode())


def main():
    with open(os.environ["SEDGE_JOB"], encoding="utf-8") as file:
        job = json.load(file)
    parameters = job["parameters"]
    note(parameters, job, "begin")
    time.sleep(parameters["pauseMs"] / 1000)
    if parameters["fail"]:
        note(parameters, job, "fail")
        print(json.dumps({"type": "error", "code": "ASKED_TO_FAIL", "message": "the parameter fail is set"}), flush=True)
        sys.exit(1)
    total = parameters["value"]
    for item in job["inputs"].get("all", []):
        with open(os.path.join(item["path"], "report.json"), encoding="utf-8") as file:
            total += json.load(file)["value"]
    output = job["outputs"]["report"]["path"]
    # What differs from job to job makes artifacts of their own, so that a lost one is not made good by another job.
    report = {"value": total, "salt": parameters["salt"]}
    for name, content in (("report.json", report), ("metadata.json", {"metrics": {"value": total}})):
        with open(os.path.join(output, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    if parameters["sizeKb"]:
        with open(os.path.join(output, "ballast"), "wb") as file:
            file.write((str(total).encode() * 1024)[:1024] * parameters["sizeKb"])
    note(parameters, job, "end")


main()
