"""What a stage knows, in one SQLite file: its jobs, who waits for each, which events were taken in, and which are still to be said.

State and what is said of it change in one transaction; so each event is said at least once, and takes effect once.
"""

import json
import re
import sqlite3
import threading
import uuid
from datetime import datetime, timezone

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ENDS = ("succeeded", "failed", "cancelled")
#: What events must say beside job, tool and run, by their type.
NEEDED = {
    "sedge.job.requested.v1": ("parameters", "inputs", "machine", "again"),
    "sedge.job.cancel-requested.v1": (),
}
TABLES = """
CREATE TABLE IF NOT EXISTS job (
  id TEXT PRIMARY KEY, request TEXT NOT NULL, context TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,
  outputs TEXT, failure TEXT, duration_ms INTEGER, requested_at TEXT NOT NULL, finished_at TEXT);
CREATE TABLE IF NOT EXISTS attempt (
  job TEXT NOT NULL, number INTEGER NOT NULL, started_at TEXT NOT NULL, finished_at TEXT, outcome TEXT, PRIMARY KEY (job, number));
CREATE TABLE IF NOT EXISTS waiting (job TEXT NOT NULL, run TEXT NOT NULL, PRIMARY KEY (job, run));
CREATE TABLE IF NOT EXISTS inbox (event TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, event TEXT NOT NULL);
"""


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Job:
    """A job as it was asked for, and which attempt at it this is."""

    def __init__(self, row):
        self.id, self.attempt = row["id"], row["attempt"]
        request = json.loads(row["request"])
        self.tool, self.parameters, self.inputs = request["tool"], request["parameters"], request["inputs"]
        self.context = json.loads(row["context"])


class Ledger:
    def __init__(self, path, stage):
        self.stage = stage
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.executescript(TABLES)

    def _transaction(self):
        return Transaction(self._database, self._lock)

    def _say(self, do, kind, subject_tokens, about, data, context):
        """Writes an event to the outbox. @param kind e.g. `job.started`"""
        subject, event = self._event(kind, subject_tokens, about, data, context)
        do("INSERT INTO outbox (subject, event) VALUES (?, ?)", (subject, event))

    def _event(self, kind, subject_tokens, about, data, context):
        words = [token.replace(".", "-") for token in subject_tokens]
        envelope = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": f"/services/{self.stage}"}
        envelope |= {"type": f"sedge.{kind}.v1", "subject": about, "time": now(), "datacontenttype": "application/json"}
        return ".".join([f"sedge.{kind}", *words]), json.dumps({**envelope, **context, "data": data})

    def register(self, registered, url):
        definition = registered["definition"]
        with self._transaction() as do:
            data = {"tool": registered, "stageUrl": url}
            self._say(do, "tool.registered", (self.stage, definition["name"]), registered["digest"], data, {})

    def take_in(self, body):
        """Notes what an event asks. Gives False for what is no event of ours, and never will be."""
        try:
            event = json.loads(body)
            kind, data, about = event["type"], event["data"], f"{event['source']} {event['id']}"
            fields = {name: data[name] for name in ("job", "tool", "run", *NEEDED[kind])}
            is_ours = fields["tool"]["stage"] == self.stage and event["subject"] == data["job"]
            if not is_ours or not DIGEST.fullmatch(data["job"]) or not isinstance(data["run"], str):
                return False
        except (ValueError, KeyError, TypeError):
            return False
        with self._transaction() as do:
            if do("INSERT OR IGNORE INTO inbox VALUES (?)", (about,)).rowcount == 0:
                return True
            if kind == "sedge.job.requested.v1":
                self._requested(do, event)
            else:
                self._left(do, data)
        return True

    def _requested(self, do, event):
        data = event["data"]
        context = {name: event[name] for name in ("correlationid", "traceparent") if name in event}
        do("INSERT OR IGNORE INTO waiting VALUES (?, ?)", (data["job"], data["run"]))
        known = do("SELECT * FROM job WHERE id = ?", (data["job"],)).fetchone()
        if known is None:
            values = (data["job"], json.dumps(data), json.dumps(context), now())
            do("INSERT INTO job (id, request, context, state, requested_at) VALUES (?, ?, ?, 'queued', ?)", values)
        elif known["state"] == "succeeded" and not data["again"]:
            self._say_end(do, Job(known), known["state"], json.loads(known["outputs"]), known["duration_ms"], None)
        elif known["state"] in ENDS:
            values = (json.dumps(data), json.dumps(context), now(), data["job"])
            do("UPDATE job SET state = 'queued', request = ?, context = ?, requested_at = ?, finished_at = NULL WHERE id = ?", values)

    def _left(self, do, data):
        """A run waits no longer: a job for which nobody waits is not begun; one under way finds out by itself."""
        do("DELETE FROM waiting WHERE job = ? AND run = ?", (data["job"], data["run"]))
        row = do("SELECT * FROM job WHERE id = ? AND state = 'queued'", (data["job"],)).fetchone()
        if row and not self._is_wanted(do, data["job"]):
            self._end(do, Job(row), "cancelled", None, None, None)

    @staticmethod
    def _is_wanted(do, job):
        return do("SELECT 1 FROM waiting WHERE job = ?", (job,)).fetchone() is not None

    def is_cancel_requested(self, job):
        with self._transaction() as do:
            return not self._is_wanted(do, job)

    def begin(self):
        """Begins an attempt at the oldest job that waits for one. Gives None where none does. Only one thread calls this: what is said to
        run when it does was left by a process that is dead, or by a failure that nobody foresaw."""
        with self._transaction() as do:
            do("UPDATE attempt SET finished_at = ?, outcome = 'preempted' WHERE finished_at IS NULL", (now(),))
            do("UPDATE job SET state = 'queued' WHERE state = 'running'")
            row = do("SELECT * FROM job WHERE state = 'queued' ORDER BY requested_at LIMIT 1").fetchone()
            if row is None:
                return None
            do("UPDATE job SET state = 'running', attempt = attempt + 1 WHERE id = ?", (row["id"],))
            job = Job(do("SELECT * FROM job WHERE id = ?", (row["id"],)).fetchone())
            do("INSERT INTO attempt (job, number, started_at) VALUES (?, ?, ?)", (job.id, job.attempt, now()))
            self._say(do, "job.started", self._tokens(job), job.id, {**self._about(job), "worker": self._worker()}, job.context)
            return job

    def put_back(self, job):
        with self._transaction() as do:
            self._end_attempt(do, job, "failed")
            do("UPDATE job SET state = 'queued' WHERE id = ?", (job.id,))

    def end(self, job, state, outputs=None, duration_ms=None, failure=None):
        """Notes the end of a job, and what is to be said of it. @param outputs by name: the artifact's id, kind, kindVersion, sizeBytes"""
        with self._transaction() as do:
            self._end(do, job, state, outputs, duration_ms, failure)

    def _end(self, do, job, state, outputs, duration_ms, failure):
        self._end_attempt(do, job, state)
        values = (state, outputs and json.dumps(outputs), failure and json.dumps(failure), duration_ms, now(), job.id)
        do("UPDATE job SET state = ?, outputs = ?, failure = ?, duration_ms = ?, finished_at = ? WHERE id = ?", values)
        for name, made in (outputs or {}).items():
            tool = {"tool": job.tool["digest"], "toolName": job.tool["name"], "toolVersion": job.tool["version"]}
            sources = [item for given in job.inputs.values() for item in (given if isinstance(given, list) else [given])]
            data = {**made, "derivedFrom": sorted(set(sources)), "producedBy": {"job": job.id, "output": name, **tool}}
            self._say(do, "artifact.stored", (made["kind"],), made["artifact"], data, job.context)
        self._say_end(do, job, state, outputs, duration_ms, failure)

    def _say_end(self, do, job, state, outputs, duration_ms, failure):
        more = failure or {}
        if state == "succeeded":
            ids = {name: made["artifact"] for name, made in outputs.items()}
            more = {"outputs": ids, "durationMs": duration_ms}
        self._say(do, f"job.{state}", self._tokens(job), job.id, {**self._about(job), **more}, job.context)

    @staticmethod
    def _end_attempt(do, job, outcome):
        values = (now(), outcome, job.id, job.attempt)
        do("UPDATE attempt SET finished_at = ?, outcome = ? WHERE job = ? AND number = ? AND finished_at IS NULL", values)

    def progress(self, job, data):
        """An event that may be dropped, and so is not kept here. Gives its subject and text."""
        return self._event("job.progress", self._tokens(job), job.id, {**self._about(job), **data}, job.context)

    def _tokens(self, job):
        return (self.stage, job.tool["name"])

    @staticmethod
    def _about(job):
        return {"job": job.id, "attempt": job.attempt, "tool": job.tool}

    def _worker(self):
        return f"stranger:{self.stage}"

    def next_to_say(self):
        with self._transaction() as do:
            row = do("SELECT * FROM outbox ORDER BY sequence LIMIT 1").fetchone()
            return row and tuple(row)

    def was_said(self, sequence):
        with self._transaction() as do:
            do("DELETE FROM outbox WHERE sequence = ?", (sequence,))

    def view(self, job):
        """A job as `GET /v1/jobs/{id}` shows it; None where the stage has never heard of it."""
        with self._transaction() as do:
            row = do("SELECT * FROM job WHERE id = ?", (job,)).fetchone()
            attempts = do("SELECT * FROM attempt WHERE job = ? ORDER BY number", (job,)).fetchall()
        if row is None:
            return None
        request, outputs = json.loads(row["request"]), json.loads(row["outputs"] or "null")
        tool = {name: request["tool"][name] for name in ("name", "version", "digest")}
        asked = {name: request[name] for name in ("parameters", "inputs", "machine")}
        times = {"requestedAt": row["requested_at"], "dueAt": row["requested_at"], "finishedAt": row["finished_at"]}
        return {
            **{"id": row["id"], "stage": self.stage, "state": row["state"], "tool": tool, **asked, "attempt": row["attempt"]},
            "attempts": [self._attempt_view(attempt) for attempt in attempts],
            "outputs": outputs and {name: made["artifact"] for name, made in outputs.items()},
            "durationMs": row["duration_ms"],
            "failure": json.loads(row["failure"] or "null"),
            **times,
        }

    def _attempt_view(self, row):
        times = {"startedAt": row["started_at"], "finishedAt": row["finished_at"]}
        return {"number": row["number"], "worker": self._worker(), **times, "outcome": row["outcome"], "failure": None}


class Transaction:
    """All or nothing, one at a time."""

    def __init__(self, database, lock):
        self._database, self._lock = database, lock

    def __enter__(self):
        self._lock.acquire()
        self._database.execute("BEGIN IMMEDIATE")
        return self._database.execute

    def __exit__(self, kind, *_):
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")
        self._lock.release()
