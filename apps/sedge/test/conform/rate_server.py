"""The server of a tool that rates a value. The file FOLDER/fault names the one thing that it does wrong, if any.

usage: rate_server.py PORT FOLDER        it may leave something in the folder
"""

import json
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = int(sys.argv[1])
FOLDER = Path(sys.argv[2])
KNOWN = {"job", "attempt", "parameters", "threads", "inputs", "outputs"}
LOCK = FOLDER / "lock"
STEPS = 10


class Refused(Exception):
    def __init__(self, status, words):
        super().__init__(words)
        self.status = status


def has(fault):
    return (FOLDER / "fault").read_text("utf-8") == fault


def failure(code, message):
    return {"type": "result", "status": "failed", "class": "permanent", "code": code, "message": message}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    jobs = {}

    def answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_one(self, method):
        parts = [urllib.parse.unquote(part) for part in self.path.strip("/").split("/")]
        body = self.body() if method == "PUT" else b""
        try:
            if parts == ["v1", "tool"]:
                version = "sha256:" + f"{int(time.time() * 1000):064x}" if has("restless") else "sha256:" + "5" * 64
                return self.answer(200, {"name": "rated-by-server", "version": version})
            if len(parts) == 3 and method == "PUT":
                return self.describe(parts[2], body)
            if parts[2] not in self.jobs:
                raise Refused(404, "there is no such job")
            job = self.jobs[parts[2]]
            if method == "DELETE":
                return self.forget(parts[2])
            if method == "POST":
                return self.run(parts[2], job)
            strange = [part for part in parts[5:] if set("/\\\0") & set(part) or part == ".."]
            if strange and not has("open-door"):
                raise Refused(400, f"{strange[0]!r} is no name of a file")
            if method == "PUT":
                job["files"]["/".join(parts[4:])] = body
                return self.answer(201, {})
            if "/".join(parts[4:]) not in job["results"]:
                raise Refused(404, "there is no such file")
            return self.answer(200, job["results"]["/".join(parts[4:])])
        except Refused as refusal:
            return self.answer(refusal.status, {"message": str(refusal)})

    def do_GET(self):
        self.handle_one("GET")

    def do_PUT(self):
        self.handle_one("PUT")

    def do_POST(self):
        self.handle_one("POST")

    def do_DELETE(self):
        self.handle_one("DELETE")

    def describe(self, name, body):
        try:
            described = json.loads(body)
        except ValueError as error:
            if has("thin-skinned"):
                raise
            raise Refused(400, str(error)) from None
        if not isinstance(described, dict):
            raise Refused(400, "the job is no object")
        if has("closed") and not KNOWN.issuperset(described):
            raise Refused(400, f"unknown fields: {sorted(set(described) - KNOWN)}")
        if has("once-only") and name in self.jobs:
            raise Refused(409, "the job was described before")
        self.jobs[name] = {"described": described, "files": {}, "results": {}, "is_wanted": True}
        return self.answer(201, {})

    def forget(self, name):
        if not has("deaf"):
            self.jobs.pop(name)["is_wanted"] = False
        return self.answer(200, {})

    def run(self, name, job):
        self.send_response(200)
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True
        try:
            self.say(self.result(job))
        except OSError:
            job["is_wanted"] = False

    def result(self, job):
        if not has("locks"):
            return self.work(job)
        if LOCK.exists():
            return failure("LOCKED", f"{LOCK} is there")
        LOCK.touch()
        try:
            return self.work(job)
        finally:
            LOCK.unlink()

    def work(self, job):
        for step in range(STEPS):
            time.sleep(job["described"]["parameters"]["workMs"] / 1000 / STEPS)
            if not job["is_wanted"]:
                return failure("UNWANTED", "nobody waits for it")
            self.say({"type": "progress", "done": step + 1, "total": STEPS, "unit": "step"})
        try:
            value = json.loads(job["files"]["of/report.json"])["value"]
        except (ValueError, TypeError, KeyError) as error:
            return failure("RATE_INPUT", str(error))
        report = {"value": value}
        job["results"] = {
            "report/report.json": json.dumps(report).encode(),
            "report/metadata.json": json.dumps({"metrics": report}).encode(),
        }
        return {"type": "result", "status": "succeeded", "outputs": {"report": ["metadata.json", "report.json"]}}

    def say(self, line):
        self.wfile.write(json.dumps(line).encode() + b"\n")
        self.wfile.flush()

    def body(self):
        if self.headers["content-length"]:
            return self.rfile.read(int(self.headers["content-length"]))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_):
        pass


PID_FILE = FOLDER / "pid"
if PID_FILE.exists() and has("one-life"):
    sys.exit(f"{PID_FILE} is there: another server is at work")
PID_FILE.touch()
ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
