"""A worker outside: takes the jobs of one tool from the broker, and ends them at the stage that owns them.

usage: worker.py --nats nats://HOST:4222 --stage http://HOST:PORT --api http://HOST:7350 --tool judge-value

It knows two documents, docs/reference/asyncapi.json and /v1/openapi.json, and nothing else of Sedge.
"""

import argparse
import json
import os
import re
import signal
import threading
import time

from broker import Broker
from nats import NotLetIn
from sedge_http import Refused, ask, patiently, upload

HEARTBEAT_S = 1
#: Pauses before an event comes again, the last of which is repeated: its stage may be away for long.
AGAIN_S = (1, 1, 2, 3, 5, 10)
PULL_S = 2
LOOK_S = 0.1
REQUESTED = "sedge.job.requested.v1"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def judge(value, parameters, check):
    """The work itself: an opinion about a value. @param check called often; raises where the work is to end"""
    until = time.monotonic() + float(os.environ.get("JUDGE_TAKES_S", "0"))
    while time.monotonic() < until:
        check()
        time.sleep(LOOK_S)
    return 10 * value * parameters["strictness"]


class Lost(Exception):
    """The claim is not ours any more: the job is somebody else's."""


class Ending(Exception):
    """This worker was told to end."""


class BadInput(Exception):
    """What no further attempt can mend."""


class Claim:
    """A job that is ours, for as long as we say so often enough."""

    def __init__(self, stage, job, worker, stop):
        self.place = f"{stage}/v1/jobs/{job}"
        self.given = ask("POST", f"{self.place}/claim", {"worker": worker})
        self.fence = {"attempt": self.given["attempt"], "token": self.given["token"]}
        self._is_lost = self._is_unwanted = False
        self._stop = stop
        self._is_over = threading.Event()
        threading.Thread(target=self._beat, daemon=True).start()

    def _beat(self):
        while not self._is_over.wait(HEARTBEAT_S):
            try:
                self._is_unwanted = ask("POST", f"{self.place}/heartbeat", self.fence)["isCancelRequested"]
            except Refused as refusal:
                # Where its database is away, the stage may have it back before the lease is over.
                self._is_lost = self._is_lost or not refusal.is_passing
            except OSError:
                pass  # the stage is away, for which the same holds

    def check(self):
        """@raises where there is no more reason to work on"""
        if self._is_lost:
            raise Lost
        if self._stop.is_set():
            raise Ending("the worker was told to end")
        if self._is_unwanted:
            raise RuntimeError("nobody waits for the job any more")

    def end(self, verb, **words):
        """Kept until the stage knows it, so that what was done is not done again because the stage was away for a moment."""
        try:
            patiently(lambda: ask("POST", f"{self.place}/{verb}", {**self.fence, **words}), self._assert_ours)
        finally:
            self._is_over.set()

    def _assert_ours(self):
        if self._is_lost or self._stop.is_set():
            raise Lost


def work(claim, api):
    started = time.monotonic()
    source = claim.given["inputs"]["of"]
    report = patiently(lambda: ask("GET", f"{api}/v1/artifacts/{source}/files/report.json"), claim.check)
    if not isinstance(report, dict) or not isinstance(report.get("value"), (int, float)):
        raise BadInput("it holds no value")
    value = judge(report["value"], claim.given["parameters"], claim.check)
    claim.check()
    files = {"report.json": json.dumps({"value": value}).encode()}
    # An artifact is its content: uploaded twice, it is one.
    artifact = patiently(lambda: upload(api, "report.sample", {"metrics": {"value": value}}, files, [source]), claim.check)
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


def take(job, options, stop):
    """Does one job. Gives whether its event need not come again: the job is at its end, by whomever."""
    try:
        claim = Claim(options.stage, job, options.name, stop)
        try:
            work(claim, options.api)
        except Lost:
            pass
        except (BadInput, ValueError) as error:
            words = f"report.json of the input 'of': {error}"
            claim.end("fail", **{"class": "permanent"}, code="JUDGE_INPUT_INVALID", message=words)
        except Exception as error:  # noqa: BLE001 whatever it is, the stage is told; the job begins anew, here or elsewhere
            if isinstance(error, Refused) and error.status == 409:
                raise  # the lease was lost: the job is somebody else's
            claim.end("fail", **{"class": "transient"}, code="JUDGE_FAILED", message=str(error))
    except (Refused, OSError, Lost):
        pass  # somebody else has the job, our lease was lost, the stage is away, or it has not heard of the job yet: it reads the same events
    try:
        return ask("GET", f"{options.stage}/v1/jobs/{job}")["state"] in ("succeeded", "failed", "cancelled")
    except (Refused, OSError):
        return False


class Delivery:
    """An event that is ours until we answer: said so often that the broker gives it to nobody else meanwhile."""

    def __init__(self, broker, message):
        self._broker, self._message = broker, message
        self._is_over = threading.Event()
        threading.Thread(target=self._keep, daemon=True).start()

    def _keep(self):
        try:
            while not self._is_over.wait(HEARTBEAT_S):
                self._broker.call(lambda connection: connection.still_at_work(self._message), self._is_over)
        except NotLetIn:
            pass  # who answers is told as well

    def answer(self, is_done):
        """Where the answer gets lost with a connection, the event comes again, and the job is at its end then."""
        self._is_over.set()

        def tell(connection):
            if is_done:
                connection.acknowledge(self._message)
            else:
                connection.give_back(self._message, AGAIN_S[min(self._message.deliveries, len(AGAIN_S)) - 1])

        if self._broker.stop.is_set():
            self._broker.once(tell)
        else:
            self._broker.call(tell)


def serve(broker, options):
    """Takes jobs one after the other until it is told to end."""
    broker.call(lambda connection: print(f"waiting for jobs of {options.tool}", flush=True))
    while not broker.stop.is_set():
        message = broker.call(lambda connection: connection.pull("SEDGE_EVENTS", f"worker-{options.tool}", PULL_S))
        if message is None:
            continue
        job = job_in(message)
        if job is None:
            broker.call(lambda connection: connection.refuse(message))
            continue
        delivery = Delivery(broker, message)
        delivery.answer(take(job, options, broker.stop))


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "stage", "api", "tool"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--name", default=f"judge-{os.getpid()}")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        serve(Broker(options.nats, stop), options)
    except NotLetIn as refusal:
        raise SystemExit(f"{refusal}; correct user and password of --nats") from None


main()
