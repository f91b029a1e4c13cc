"""A third party's tool behind HTTP: adds a value to those that it reads. Python's standard library and the published contract, nothing else.

usage: python3 server.py [port]        0 takes a free port; the address is printed
"""

import hashlib
import json
import shutil
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

NAME = "sum-values-http"
# The version is a digest of what the results depend on. Here that is this file, so an edit runs the jobs again.
VERSION = "sha256:" + hashlib.sha256(Path(__file__).read_bytes()).hexdigest()


class Job:
    """One attempt: its folder, what was asked for, and whether it is still wanted."""

    def __init__(self, request):
        self.request = request
        self.folder = Path(tempfile.mkdtemp(prefix="sum-values-"))
        self.is_wanted = threading.Event()
        self.is_wanted.set()

    def place(self, *parts):
        """A path inside the folder. Names come from outside, so what could lead elsewhere is refused."""
        strange = [part for part in parts if part in ("", ".", "..") or set("/\\\0") & set(part)]
        if strange:
            raise ValueError(f"{strange[0]!r} is no name of a file or folder")
        return self.folder.joinpath(*parts)

    def remove(self):
        self.is_wanted.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


class Cancelled(Exception):
    pass


def work(job, say):
    """The tool itself. Progress and log lines are those of every runtime; the last line says how it ended."""
    parameters = job.request["parameters"]
    parts = max(1, parameters["pauseMs"] // 50)
    for part in range(parts):
        if not job.is_wanted.is_set():
            raise Cancelled
        say({"type": "progress", "done": part + 1, "total": parts, "unit": "part"})
        time.sleep(parameters["pauseMs"] / 1000 / parts)
    total = parameters["value"]
    for path in sorted(job.place("inputs").rglob("report.json")):
        total += json.loads(path.read_text("utf-8"))["value"]
    say({"type": "log", "level": "info", "message": f"the sum is {total}"})
    output = job.place("outputs", "report")
    output.mkdir(parents=True)
    (output / "report.json").write_text(json.dumps({"value": total}))
    (output / "metadata.json").write_text(json.dumps({"metrics": {"value": total}}))
    return {"report": ["metadata.json", "report.json"]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    jobs = {}

    def do_GET(self):
        self.attempt(self.read)

    def do_PUT(self):
        self.attempt(self.take)

    def attempt(self, answer):
        """What is wrong with a request is told to whoever sent it."""
        try:
            answer(self.parts())
        except ValueError as error:
            self.answer(400, {"message": str(error)})

    def read(self, parts):
        if parts == ["v1", "tool"]:
            return self.answer(200, {"name": NAME, "version": VERSION})
        job = self.job(parts)
        path = job and len(parts) >= 6 and parts[3] == "outputs" and job.place("outputs", *parts[4:])
        if not path or not path.is_file():
            return self.answer(404, {"message": f"there is no {self.path}"})
        return self.answer(200, path.read_bytes())

    def take(self, parts):
        body = self.rfile.read(int(self.headers["content-length"])) if self.headers["content-length"] else self.chunks()
        if len(parts) == 3 and parts[:2] == ["v1", "jobs"]:
            request = json.loads(body)
            if not isinstance(request, dict) or not isinstance(request.get("parameters"), dict):
                raise ValueError("the job is no object with parameters")
            self.jobs[parts[2]] = Job(request)
            return self.answer(201, {})
        job = self.job(parts)
        if not job or parts[3] != "inputs":
            return self.answer(404, {"message": f"there is no {self.path}"})
        path = job.place("inputs", *parts[4:])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return self.answer(201, {})

    def do_POST(self):
        parts = self.parts()
        job = self.job(parts)
        if not job or parts[3:] != ["run"]:
            return self.answer(404, {"message": f"there is no {self.path}"})
        self.send_response(200)
        self.send_header("content-type", "application/x-ndjson")
        self.send_header("connection", "close")
        self.end_headers()
        self.close_connection = True

        def say(line):
            self.wfile.write(json.dumps(line).encode() + b"\n")
            self.wfile.flush()

        try:
            # W3C trace context of the attempt, where the run is traced: a tool with spans of its own would go on from here.
            if trace := self.headers["traceparent"]:
                say({"type": "log", "level": "info", "message": f"the trace is {trace}"})
            say({"type": "result", "status": "succeeded", "outputs": work(job, say)})
        except (Cancelled, BrokenPipeError, ConnectionResetError):
            pass
        except Exception as error:
            say({"type": "result", "status": "failed", "class": "permanent", "code": "SUM_FAILED", "message": str(error)})

    def do_DELETE(self):
        parts = self.parts()
        job = self.jobs.pop(parts[2], None) if len(parts) == 3 else None
        if not job:
            return self.answer(404, {"message": f"there is no {self.path}"})
        job.remove()
        return self.answer(200, {})

    def parts(self):
        return [urllib.parse.unquote(part) for part in urllib.parse.urlsplit(self.path).path.strip("/").split("/")]

    def job(self, parts):
        return self.jobs.get(parts[2]) if len(parts) > 3 and parts[:2] == ["v1", "jobs"] else None

    def chunks(self):
        """Files are sent in chunks, since their length is not announced."""
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def answer(self, status, body):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/octet-stream" if isinstance(body, bytes) else "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main():
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8765), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


main()
