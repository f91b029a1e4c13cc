"""As much of Sedge's HTTP API as a small worker needs; the whole is described at /v1/openapi.json.

The access token, where one is asked for, is in SEDGE_TOKEN.
"""

import hashlib
import http.client
import json
import os
import sys
import time
import urllib.error
import urllib.request


class Refused(Exception):
    """An answer that is not well: its status, and its `code` where there is one."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.code = body.get("code") if isinstance(body, dict) else None

    @property
    def is_passing(self):
        """What answers so may answer otherwise a little later: e.g. its database or store is away."""
        return self.status >= 500 or self.status == 429


#: Pauses before something is tried again; the last is repeated.
PAUSES_S = (0.2, 0.5, 1, 2, 5, 10)
LOOK_S = 0.1


def patiently(act, check=lambda: None):
    """Does what may be done twice, until it is done: who should answer may be away for a while.

    @param check called meanwhile, often; raises where there is no more reason to wait @raises what passes by no waiting
    """
    failures = 0
    while True:
        try:
            return act()
        except Refused as refusal:
            if not refusal.is_passing:
                raise
            reason = refusal
        except OSError as error:
            reason = error
        if failures == 0:
            print(f"{reason}; trying again", file=sys.stderr, flush=True)
        until = time.monotonic() + PAUSES_S[min(failures, len(PAUSES_S) - 1)]
        failures += 1
        while time.monotonic() < until:
            check()
            time.sleep(LOOK_S)


def ask(method, url, body=None, headers=None):
    """Sends JSON, or bytes as they are, and reads JSON."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    kind = {} if body is None or isinstance(body, bytes) else {"content-type": "application/json"}
    token = os.environ.get("SEDGE_TOKEN")
    shown = {"authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(url, data=data, method=method, headers={**kind, **shown, **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        try:
            raise Refused(error.code, json.loads(text)) from None
        except json.JSONDecodeError:
            raise Refused(error.code, text) from None
    except http.client.HTTPException as error:
        raise ConnectionError(f"{url}: {error!r}") from None


def download(url, target, digest):
    """Writes what an address gives to a file. @raises ValueError where it is not what the digest says"""
    token = os.environ.get("SEDGE_TOKEN")
    shown = {"authorization": f"Bearer {token}"} if token else {}
    hashed = hashlib.sha256()
    with urllib.request.urlopen(urllib.request.Request(url, headers=shown), timeout=30) as answer:
        with open(target, "wb") as file:
            while block := answer.read(1 << 20):
                hashed.update(block)
                file.write(block)
    if f"sha256:{hashed.hexdigest()}" != digest:
        raise ValueError(f"{url} gives other bytes than {digest}")


def upload(api, kind, metadata, files, derived_from):
    """Uploads an artifact, each file in one chunk. Gives its id."""
    listed = [{"path": path, "sizeBytes": len(content)} for path, content in files.items()]
    begun = ask(
        "POST", f"{api}/v1/uploads", {"kind": kind, "metadata": metadata, "files": listed, "derivedFrom": derived_from}
    )
    for path, content in files.items():
        headers = {"content-type": "application/offset+octet-stream", "upload-offset": "0"}
        ask("PATCH", f"{api}/v1/uploads/{begun['id']}/files/{path}", content, headers)
    return ask("POST", f"{api}/v1/uploads/{begun['id']}/complete")["id"]
