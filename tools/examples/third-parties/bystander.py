"""A bystander: watches for artifacts of a kind, does its work with each, and uploads what came of it with `derivedFrom`.

usage: bystander.py --nats nats://HOST:4222 --api http://HOST:7350

A workflow waits for it by a step `review: { await: { kind: report.sample, derivedFrom: $one.report, timeout: 5m } }`. It reads
`sedge.artifact.stored.<kind>`, and asks nobody for leave. What is said while it is not connected nobody repeats: so it looks through the list
of artifacts as well, from time to time.
"""

import argparse
import json
import os
import queue
import signal
import sys
import threading
import time

from broker import Broker
from nats import NotLetIn
from sedge_http import Refused, ask, patiently, upload

KIND = "report.sample"
SUBJECT = "sedge.artifact.stored.report-sample"
INDEXED_WITHIN_S = 30
LOOK_THROUGH_S = 10
PAGE = 100
LOOK_S = 0.1
#: The broker says something every two minutes: what is silent for longer is gone.
SILENT_S = 150


class Ending(Exception):
    """This bystander was told to end."""


class Watch:
    """Finds artifacts to work on, each once."""

    def __init__(self, api, stop):
        self.api, self.stop = api, stop
        self.found = queue.Queue()
        self._seen = set()
        # What was there before is none of its business.
        newest = patiently(lambda: ask("GET", f"{api}/v1/artifacts?kind={KIND}&limit=1"), self.check)["items"]
        self._since = newest[0]["storedAt"] if newest else ""
        self._noting = threading.Lock()

    def check(self):
        if self.stop.is_set():
            raise Ending

    def note(self, artifact, produced_by):
        """Gives whether it is new. What was uploaded, by itself or others, has no job that made it, or not yet: a worker uploads first."""
        if produced_by is None:
            return True
        with self._noting:
            is_new = artifact not in self._seen
            self._seen.add(artifact)
        if is_new:
            self.found.put(artifact)
        return is_new

    def hear(self, connection):
        """Notes what is stored, for as long as the connection holds."""
        connection.subscribe(SUBJECT)
        print("watching", flush=True)
        while True:
            try:
                stored = connection.next_message().json()["data"]
                self.note(stored["artifact"], stored.get("producedBy"))
            except (ValueError, KeyError, TypeError) as error:
                print(f"an event that is none: {error!r}", file=sys.stderr, flush=True)

    def look_through(self):
        """Notes what is listed and was not heard of, newest first."""
        cursor = ""
        while cursor is not None:
            page = ask("GET", f"{self.api}/v1/artifacts?kind={KIND}&limit={PAGE}{cursor}")
            later = [item for item in page["items"] if item["storedAt"] > self._since]
            are_new = [self.note(item["id"], item["producedBy"]) for item in later]
            goes_on = all(are_new) and len(later) == len(page["items"]) and page["nextCursor"]
            cursor = f"&cursor={page['nextCursor']}" if goes_on else None


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


def review(watch, artifact):
    """The work itself."""
    report = patiently(lambda: read_report(watch.api, artifact), watch.check)
    until = time.monotonic() + float(os.environ.get("REVIEW_TAKES_S", "0"))
    while time.monotonic() < until:
        watch.check()
        time.sleep(LOOK_S)
    value = 40 + report["value"]
    files = {"report.json": json.dumps({"value": value}).encode()}
    patiently(lambda: upload(watch.api, KIND, {"metrics": {"value": value}}, files, [artifact]), watch.check)


def serve(watch):
    """Works on what is found until it is told to end."""
    look_at = time.monotonic()
    while not watch.stop.is_set():
        if time.monotonic() > look_at:
            patiently(watch.look_through, watch.check)
            look_at = time.monotonic() + LOOK_THROUGH_S
        try:
            artifact = watch.found.get(timeout=LOOK_S)
        except queue.Empty:
            continue
        try:
            review(watch, artifact)
        except (Refused, ValueError, KeyError, TypeError) as error:
            print(f"{artifact} is left out: {error!r}", file=sys.stderr, flush=True)


def listen(broker, watch, refusals):
    try:
        while not broker.stop.is_set():
            broker.call(watch.hear)
    except NotLetIn as refusal:
        refusals.append(refusal)
        broker.stop.set()


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "api"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    refusals = []
    try:
        watch = Watch(options.api, stop)
        threading.Thread(target=listen, args=(Broker(options.nats, stop, SILENT_S), watch, refusals), daemon=True).start()
        serve(watch)
    except Ending:
        pass
    if refusals:
        raise SystemExit(f"{refusals[0]}; correct user and password of --nats")


main()
