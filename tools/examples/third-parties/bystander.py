"""A bystander: watches for artifacts of a kind, does its work with each, and uploads what came of it with `derivedFrom`.

usage: bystander.py --nats nats://HOST:4222 --api http://HOST:7350

A workflow waits for it by a step `review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 5m } }`. It reads
`sedge.artifact.stored.<kind>`, and asks nobody for leave.
"""

import argparse
import json

from nats import Nats
from sedge_http import ask, upload


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
        report = ask("GET", f"{options.api}/v1/artifacts/{stored['artifact']}/files/report.json")
        value = 40 + report["value"]
        files = {"report.json": json.dumps({"value": value}).encode()}
        upload(options.api, "report.sample", {"metrics": {"value": value}}, files, [stored["artifact"]])


main()
