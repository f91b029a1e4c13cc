"""A worker outside: takes the jobs of one tool from the broker, and ends them at the stage that owns them.

usage: worker.py --nats nats://HOST:4222 --stage http://HOST:PORT --api http://HOST:7350 --tool judge-value

It knows two documents, docs/reference/asyncapi.json and /v1/openapi.json, and nothing else of Sedge.
"""

import argparse
import json
import os
import re
import threading
import time

from nats import Nats
from sedge_http import Refused, ask, upload

HEARTBEAT_S = 1
AGAIN_S = 1
REQUESTED = "sedge.job.requested.v1"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def judge(value, parameters):
    """The work itself: an opinion about a value."""
    time.sleep(float(os.environ.get("JUDGE_TAKES_S", "0")))
    return 10 * value * parameters["strictness"]


class Claim:
    """A job that is ours, for as long as we say so often enough."""

    def __init__(self, stage, job, worker, still_at_work):
        self.place = f"{stage}/v1/jobs/{job}"
        self.given = ask("POST", f"{self.place}/claim", {"worker": worker})
        self.fence = {"attempt": self.given["attempt"], "token": self.given["token"]}
        self.is_wanted = True
        self._is_over = threading.Event()
        threading.Thread(target=self._beat, args=(still_at_work,), daemon=True).start()

    def _beat(self, still_at_work):
        while not self._is_over.wait(HEARTBEAT_S):
            try:
                still_at_work()
                lease = ask("POST", f"{self.place}/heartbeat", self.fence)
                self.is_wanted = not lease["isCancelRequested"]
            except Refused:
                self.is_wanted = False
            except OSError:
                pass  # the stage is away; it may be back before the lease is over

    def end(self, verb, **words):
        self._is_over.set()
        ask("POST", f"{self.place}/{verb}", {**self.fence, **words})


class BadInput(Exception):
    """What no further attempt can mend."""


def work(claim, api):
    started = time.monotonic()
    source = claim.given["inputs"]["of"]
    report = ask("GET", f"{api}/v1/artifacts/{source}/files/report.json")
    if not isinstance(report, dict) or not isinstance(report.get("value"), (int, float)):
        raise BadInput("it holds no value")
    value = judge(report["value"], claim.given["parameters"])
    if not claim.is_wanted:
        raise RuntimeError("nobody waits for the job any more")
    files = {"report.json": json.dumps({"value": value}).encode()}
    artifact = upload(api, "report.sample", {"metrics": {"value": value}}, files, [source])
    claim.end("complete", outputs={"report": artifact}, durationMs=int(1000 * (time.monotonic() - started)))


def job_in(message):
    """The id of the job that an event asks for; None where it is no such event, or one of a version that is not ours."""
    try:
        event = message.json()
    except ValueError:
        return None
    if not isinstance(event, dict) or event.get("type") != REQUESTED:
        return None
    job = event.get("subject")
    return job if isinstance(job, str) and DIGEST.fullmatch(job) else None


def take(job, options, still_at_work):
    """Does one job. Gives whether its event need not come again: the job is at its end, by whomever."""
    try:
        claim = Claim(options.stage, job, options.name, still_at_work)
        try:
            work(claim, options.api)
        except (BadInput, ValueError) as error:
            words = f"report.json of the input 'of': {error}"
            claim.end("fail", **{"class": "permanent"}, code="JUDGE_INPUT_INVALID", message=words)
        except Exception as error:  # noqa: BLE001 whatever it is, the stage is told
            if isinstance(error, Refused) and error.status == 409:
                raise  # the lease was lost: the job is somebody else's
            claim.end("fail", **{"class": "transient"}, code="JUDGE_FAILED", message=str(error))
    except (Refused, OSError):
        pass  # somebody else has the job, our lease was lost, the stage is away, or it has not heard of the job yet: it reads the same events
    try:
        return ask("GET", f"{options.stage}/v1/jobs/{job}")["state"] in ("succeeded", "failed", "cancelled")
    except (Refused, OSError):
        return False


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "stage", "api", "tool"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--name", default=f"judge-{os.getpid()}")
    options = parser.parse_args()
    broker = Nats(options.nats)
    print(f"waiting for jobs of {options.tool}", flush=True)
    while True:
        message = broker.pull("SEDGE_EVENTS", f"worker-{options.tool}")
        if message is None:
            continue
        job = job_in(message)
        if job is None:
            broker.refuse(message)
        elif take(job, options, lambda: broker.still_at_work(message)):
            broker.acknowledge(message)
        else:
            broker.give_back(message, AGAIN_S)


main()
