"""The work of a stage: an artifact's files are fetched, a program is run on them, and what it made is uploaded.

A program finds its job in SEDGE_JOB, as docs/how-to/add-a-tool.md says, and speaks in lines of JSON.
"""

import ctypes
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error

from sedge_http import Refused, ask, download, upload

CANCELLED = 130
TRANSIENT = 75
THREADS = 1
PR_SET_PDEATHSIG = 1


class Failure(Exception):
    """A job that did not come to a result. @param kind permanent, or transient where another attempt may do better"""

    def __init__(self, kind, code, message):
        super().__init__(message)
        self.kind, self.code = kind, code


class Cancelled(Exception):
    """Nobody waits for the job any more."""


class Tool:
    """A folder with `tool.json`. Its digest names the definition and every file of the folder."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        with open(os.path.join(folder, "tool.json"), encoding="utf-8") as file:
            self.definition = json.load(file)
        self.name = self.definition["name"]
        hashed = hashlib.sha256()
        for root, folders, names in os.walk(self.folder):
            folders[:] = sorted(name for name in folders if name != "__pycache__")
            for path in (os.path.join(root, name) for name in sorted(names)):
                with open(path, "rb") as file:
                    hashed.update(f"{os.path.relpath(path, self.folder)}\0".encode() + file.read() + b"\0")
        self.digest = f"sha256:{hashed.hexdigest()}"
        self.registered = {"definition": self.definition, "digest": self.digest, "machine": {}}


def work(job, tool, around):
    """Does a job. Gives its outputs by name: each the artifact's id, kind, kindVersion and sizeBytes. @raises Failure, Cancelled"""
    attempt = os.path.join(around["place"], f"attempt-{job.attempt}")
    try:
        lay_out(job, tool, attempt, around)
        run(tool, os.path.join(attempt, "job.json"), around)
        sources = [item for given in job.inputs.values() for item in (given if isinstance(given, list) else [given])]
        ports = tool.definition["outputs"].items()
        outputs = {name: hand_in(os.path.join(attempt, name), port, sources, around["api"]) for name, port in ports}
    except Refused as refusal:
        kind = "permanent" if 400 <= refusal.status < 500 else "transient"
        raise Failure(kind, "STAGE_API_REFUSED", str(refusal)) from None
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise Failure("transient", "STAGE_IO", str(error)) from None
    shutil.rmtree(around["place"], ignore_errors=True)
    return outputs


def lay_out(job, tool, attempt, around):
    """Makes the folders of an attempt, and job.json. What a tool keeps for its next attempt is in the folder that they share."""
    scratch = os.path.join(around["place"], "scratch")
    os.makedirs(scratch, exist_ok=True)
    for name in tool.definition["outputs"]:
        os.makedirs(os.path.join(attempt, name), exist_ok=True)
    inputs = {}
    for name, given in job.inputs.items():
        place = os.path.join(attempt, "inputs", name)
        if isinstance(given, list):
            inputs[name] = [fetch(around["api"], item, os.path.join(place, str(n))) for n, item in enumerate(given)]
        else:
            inputs[name] = fetch(around["api"], given, place)
    outputs = {name: {"path": os.path.join(attempt, name), "kind": port["kind"]} for name, port in tool.definition["outputs"].items()}
    asked = {"job": job.id, "attempt": job.attempt, "inputs": inputs, "outputs": outputs, "parameters": job.parameters}
    with open(os.path.join(attempt, "job.json"), "w", encoding="utf-8") as file:
        json.dump({**asked, "scratch": scratch, "threads": THREADS}, file)


def fetch(api, artifact, folder):
    """An artifact as a folder of its files, each compared with its digest."""
    shown = ask("GET", f"{api}/v1/artifacts/{artifact}")
    for file in shown["files"]:
        target = os.path.normpath(os.path.join(folder, file["path"]))
        if not target.startswith(folder + os.sep):
            raise Failure("permanent", "STAGE_INPUT", f"{artifact}: the path '{file['path']}' leads out of its folder")
        os.makedirs(os.path.dirname(target), exist_ok=True)
        download(f"{api}/v1/artifacts/{artifact}/files/{file['path']}", target, file["digest"])
    return {"path": folder, "id": artifact, "kind": shown["kind"], "metadata": shown["metadata"]}


def run(tool, job_file, around):
    """Runs the tool's program to its end. @raises Failure, Cancelled"""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("SEDGE_")}
    command = tool.definition["runtime"]["command"]
    said = {}
    surroundings = {"cwd": tool.folder, "env": {**environment, "SEDGE_JOB": job_file}, "preexec_fn": die_with_parent}
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", **surroundings) as program:
        for text in program.stdout:
            line = line_in(text)
            if line.get("type") == "progress":
                around["tell"](line)
            elif line.get("type") == "error":
                said = line
            if not around["is_wanted"]():
                program.send_signal(signal.SIGTERM)
    if program.returncode == 0:
        return
    if not around["is_wanted"]():
        raise Cancelled
    kind = "transient" if program.returncode in (TRANSIENT, CANCELLED) or program.returncode < 0 else "permanent"
    words = said.get("message", f"{command[0]} ended with {program.returncode}")
    raise Failure(kind, said.get("code", "TOOL_FAILED"), words)


def die_with_parent():
    """A program whose stage was killed must not write into the scratch folder that the next attempt works in."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def line_in(text):
    try:
        value = json.loads(text)
        return value if isinstance(value, dict) else {}
    except ValueError:
        return {}


def hand_in(folder, port, sources, api):
    """Uploads what a tool left in an output's folder."""
    with open(os.path.join(folder, "metadata.json"), encoding="utf-8") as file:
        metadata = json.load(file)
    files = {}
    for root, _, names in os.walk(folder):
        for path in (os.path.join(root, name) for name in sorted(names)):
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            if relative != "metadata.json":
                with open(path, "rb") as file:
                    files[relative] = file.read()
    artifact = upload(api, port["kind"], metadata, files, sorted(set(sources)))
    shown = ask("GET", f"{api}/v1/artifacts/{artifact}")
    return {"artifact": artifact, **{name: shown[name] for name in ("kind", "kindVersion", "sizeBytes")}}
