"""A bystander: watches for artifacts of a kind, does its work with each, and uploads what came of it with `derivedFrom`.

usage: bystander.py --nats nats://HOST:4222 --api http://HOST:7350

A workflow waits for it by a step `review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 5m } }`. It reads
`sedge.artifact.stored.<kind>`, and asks nobody for leave.
"""

import argparse
import json
import time

from nats import Nats
from sedge_http import Refused, ask, upload

INDEXED_WITHIN_S = 30


def read_report(api, artifact):
    """The report of an artifact. The event may come before the index, which reads the same events, knows of it."""
    deadline = time.monotonic() + INDEXED_WITHIN_S
    while True:
        try:
            return ask("GET", f"{api}/v1/artifacts/{artifact}/files/report.json")
        except Refused as refusal:
            if refusal.status != 404 or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "api"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    broker = Nats(options.nats, timeout_s=None)
    broker.subscribe("sedge.artifact.stored.report-sample")
    print("watching", flush=True)
    while True:
        stored = broker.next_message().json()["data"]
        # What was uploaded, by itself or others, has no job that made it.
        if stored.get("producedBy") is None:
            continue
        report = read_report(options.api, stored["artifact"])
        value = 40 + report["value"]
        files = {"report.json": json.dumps({"value": value}).encode()}
        upload(options.api, "report.sample", {"metrics": {"value": value}}, files, [stored["artifact"]])


main()
