"""A whole stage of somebody else's: it says which tools it has, takes the jobs of all of them, and answers for them. Sedge's own service
of that stage is not started then.

usage: stage.py --nats nats://training:PASSWORD@HOST:4222 --api http://HOST:7350 --home FOLDER --port N --tool FOLDER [--tool FOLDER …]

A tool is a folder with `tool.json`: what `tool.yaml` says (docs/how-to/add-a-tool.md), as JSON, with a runtime of the kind `process`. It
knows two documents, docs/reference/asyncapi.json and /v1/openapi.json, and nothing else of Sedge. One thread reads what is asked of the
stage, one says what became of it, one works: one job at a time, each as often as it must until it has an end.
"""

import argparse
import json
import os
import signal
import sys
import threading
import time

from nats import Nats
from stage_http import serve
from stage_ledger import Ledger
from stage_work import Cancelled, Failure, Tool, work

STREAM = "SEDGE_EVENTS"
ACK_WAIT_NS = 10_000_000_000
AGAIN_S = 1
LOOK_S = 0.1
#: Attempts at a job whose failures may pass, e.g. because the store was away.
ATTEMPTS = 4


class Stage:
    """What the threads share: the options, the tools by name, and the ledger, in which everything is written before it is done."""

    def __init__(self, options):
        self.options = options
        self.tools = {tool.name: tool for tool in map(Tool, options.tool)}
        stages = {tool.definition["stage"] for tool in self.tools.values()}
        if len(stages) != 1:
            raise SystemExit(f"the tools are of {len(stages)} stages; one process is one stage")
        self.name = stages.pop()
        os.makedirs(options.home, exist_ok=True)
        self.ledger = Ledger(os.path.join(options.home, "ledger.sqlite"), self.name)
        self.url = f"http://127.0.0.1:{options.port}"

    def listen(self):
        """Takes what runs ask of the stage. An event is done with when the ledger has it, so a kill at any moment loses none."""
        broker = Nats(self.options.nats)
        consumer = f"{self.name}-jobs"
        subjects = [f"sedge.job.{verb}.{self.name}.*" for verb in ("requested", "cancel-requested")]
        subjects.append(f"sedge.replay.{consumer}.>")  # a dead letter that somebody sends again
        config = {"durable_name": consumer, "filter_subjects": subjects, "ack_policy": "explicit"}
        config |= {"ack_wait": ACK_WAIT_NS, "deliver_policy": "all", "max_deliver": -1, "max_ack_pending": 1}
        path = f"$JS.API.CONSUMER.DURABLE.CREATE.{STREAM}.{consumer}"
        broker.ask(path, {"stream_name": STREAM, "config": config})
        while True:
            message = broker.pull(STREAM, consumer)
            if message is None:
                continue
            if self.ledger.take_in(message.body):
                broker.acknowledge(message)
            else:
                broker.refuse(message)

    def speak(self):
        """Says what the ledger wants said, in its order, each until the broker has it."""
        broker = Nats(self.options.nats)
        while True:
            said = self.ledger.next_to_say()
            if said is None:
                time.sleep(LOOK_S)
                continue
            sequence, subject, event = said
            envelope = json.loads(event)
            broker.store(subject, event, f"{envelope['source']} {envelope['id']}")
            self.ledger.was_said(sequence)

    def work(self):
        """Does jobs, oldest first."""
        broker = Nats(self.options.nats)
        while True:
            job = self.ledger.begin()
            if job is None:
                time.sleep(LOOK_S)
                continue
            self.attempt(job, broker)

    def attempt(self, job, broker):
        started = time.monotonic()

        def tell(line):
            data = {name: line[name] for name in ("done", "total", "unit", "metrics") if name in line}
            broker.publish(*self.ledger.progress(job, data))

        try:
            tool = self.tools.get(job.tool["name"])
            if tool is None or tool.digest != job.tool["digest"]:
                raise Failure("permanent", "TOOL_CHANGED", f"{job.tool['name']} is another one now; run the workflow again")
            place = os.path.join(self.options.home, "work", job.id.removeprefix("sha256:"))
            is_wanted = lambda: not self.ledger.is_cancel_requested(job.id)  # noqa: E731
            outputs = work(job, tool, {"api": self.options.api, "place": place, "tell": tell, "is_wanted": is_wanted})
        except Cancelled:
            self.ledger.end(job, "cancelled")
        except Failure as failure:
            if failure.kind == "transient" and job.attempt < ATTEMPTS:
                self.ledger.put_back(job)
                time.sleep(AGAIN_S)
                return
            self.ledger.end(job, "failed", failure={"class": failure.kind, "code": failure.code, "message": str(failure)})
        else:
            took = int(1000 * (time.monotonic() - started))
            self.ledger.end(job, "succeeded", outputs=outputs, duration_ms=took)


def steadily(act):
    """Does something for ever: the broker may go away, and comes back. What nobody foresaw is told, and tried again as well."""
    while True:
        try:
            act()
        except Exception as error:  # noqa: BLE001 a thread that ended would leave a stage that only seems to live
            print(f"{act.__name__}: {error!r}; again", file=sys.stderr, flush=True)
            time.sleep(AGAIN_S)


def main():
    parser = argparse.ArgumentParser()
    for name in ("nats", "api", "home"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tool", action="append", required=True)
    stage = Stage(parser.parse_args())
    serve(stage.options.port, stage.ledger)
    for tool in stage.tools.values():
        stage.ledger.register(tool.registered, stage.url)
    for act in (stage.listen, stage.speak, stage.work):
        threading.Thread(target=steadily, args=(act,), daemon=True).start()
    print(f"the stage {stage.name} at {stage.url}", flush=True)
    # What is under way is begun anew at the next start, from what the tool left in its scratch folder.
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


main()
