"""A worker outside that rates a value. `--fault` names the one thing that it does wrong, if any.

usage: rate_outside.py --nats URL --stage URL --api URL --tool NAME [--fault NAME]
"""

import argparse
import json
import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "tools" / "examples" / "third-parties"))

from nats import Nats  # noqa: E402
from sedge_http import Refused, ask, upload  # noqa: E402

HEARTBEAT_S = 0.5
AGAIN_S = 0.5
REQUESTED = "sedge.job.requested.v1"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
EVENT_FIELDS = {
    *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema"),
    *("causationid", "correlationid", "traceparent", "data"),
}
ENDS = ("succeeded", "failed", "cancelled")


class BadInput(Exception):
    pass


class NotWanted(Exception):
    pass


class Attempt:
    """A job that was claimed, and the heartbeats that keep it."""

    def __init__(self, worker, message, job):
        self.worker, self.message, self.job = worker, message, job
        self.place = f"{worker.options.stage}/v1/jobs/{job}"
        self.given = ask("POST", f"{self.place}/claim", {"worker": "rater"})
        self.fence = {"attempt": self.given["attempt"], "token": self.given["token"]}
        self.is_wanted = self.is_ours = True
        self.is_over = threading.Event()
        if not worker.has("silent"):
            threading.Thread(target=self.beat, daemon=True).start()

    def beat(self):
        while not self.is_over.wait(HEARTBEAT_S):
            try:
                self.worker.broker.still_at_work(self.message)
                answer = ask("POST", f"{self.place}/heartbeat", self.fence)
                self.is_wanted = self.is_wanted and not answer["isCancelRequested"]
            except Refused:
                self.is_ours = False
                return
            except OSError:
                pass

    def end(self, verb, **words):
        self.is_over.set()
        ask("POST", f"{self.place}/{verb}", {**self.fence, **words})


class Worker:
    def __init__(self, options):
        self.options = options
        self.broker = Nats(options.nats)

    def has(self, fault):
        return self.options.fault == fault

    def run(self):
        while True:
            message = self.broker.pull("SEDGE_EVENTS", f"worker-{self.options.tool}", wait_s=2)
            if message is None:
                continue
            job = self.job_in(message)
            if self.has("takes-early") and job:
                self.broker.acknowledge(message)
            if job is None:
                self.broker.refuse(message)
            elif self.take(message, job):
                if not self.has("thankless"):
                    self.broker.acknowledge(message)
            else:
                self.broker.give_back(message, AGAIN_S)

    def job_in(self, message):
        try:
            event = message.json()
        except ValueError:
            if self.has("trusting"):
                raise
            return None
        if not isinstance(event, dict):
            return None
        if self.has("closed") and not EVENT_FIELDS.issuperset(event):
            return None
        if self.has("needy") and "correlationid" not in event:
            return None
        if event.get("type") != REQUESTED and not self.has("any-version"):
            return None
        job = event.get("subject")
        is_good = isinstance(job, str) and (DIGEST.fullmatch(job) or self.has("led-astray"))
        return job if is_good else None

    def take(self, message, job):
        """Gives whether the event need not come again."""
        try:
            attempt = Attempt(self, message, job)
        except Refused as refusal:
            if self.has("twice") and refusal.status == 409:
                self.work_anyway(job)
            return (self.has("rash") and refusal.status == 404) or self.is_at_end(job)
        except OSError:
            if self.has("brittle"):
                raise
            return False
        try:
            self.work(attempt)
        except (BadInput, ValueError) as error:
            self.fail(attempt, "transient" if self.has("hopeful") else "permanent", f"report.json: {error}")
        except NotWanted as error:
            self.fail(attempt, "transient", str(error))
        except (Refused, OSError) as error:
            self.fail(attempt, "transient", str(error))
        return self.is_at_end(job)

    def work(self, attempt):
        source = attempt.given["inputs"]["of"]
        try:
            value = ask("GET", f"{self.options.api}/v1/artifacts/{source}/files/report.json")["value"]
        except (ValueError, TypeError, KeyError) as error:
            if not self.has("swallows"):
                raise BadInput(str(error)) from None
            value = 0
        if not attempt.is_wanted and not self.has("deaf"):
            raise NotWanted("nobody waits for the job any more")
        if not attempt.is_ours and self.has("thief"):
            attempt.fence = {"attempt": attempt.fence["attempt"] + 1, "token": attempt.fence["token"]}
        elif not attempt.is_ours and not self.has("stubborn"):
            return attempt.is_over.set()
        attempt.end("complete", outputs={"report": self.store(source, value)}, durationMs=1)

    def store(self, source, value):
        content = {"value": value, **({"at": time.time()} if self.has("clock") else {})}
        metrics = {"rating" if self.has("other-metric") else "value": value}
        kind = "source" if self.has("other-kind") else "report.rating"
        metadata = {"name": "a", "format": "file", "sizeBytes": 1} if self.has("other-kind") else {"metrics": metrics}
        path = "source" if self.has("other-kind") else "report.json"
        return upload(self.options.api, kind, metadata, {path: json.dumps(content).encode()}, [source])

    def work_anyway(self, job):
        shown = ask("GET", f"{self.options.stage}/v1/jobs/{job}")
        self.store(shown["inputs"]["of"], 1)

    def fail(self, attempt, failure_class, words):
        try:
            attempt.end("fail", **{"class": failure_class}, code="RATE_FAILED", message=words)
        except (Refused, OSError):
            attempt.is_over.set()

    def is_at_end(self, job):
        try:
            return ask("GET", f"{self.options.stage}/v1/jobs/{job}")["state"] in ENDS
        except (Refused, OSError):
            return False


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "stage", "api", "tool"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--fault", default="none")
    Worker(parser.parse_args()).run()


main()
