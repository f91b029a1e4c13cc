"""As much of Sedge's HTTP API as a small worker needs; the whole is described at /v1/openapi.json.

The access token, where one is asked for, is in SEDGE_TOKEN.
"""

import hashlib
import json
import os
import urllib.error
import urllib.request


class Refused(Exception):
    """An answer that is not well: its status, and its `code` where there is one."""

    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status = status
        self.code = body.get("code") if isinstance(body, dict) else None


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
        headers = {"content-type": "application/octet-stream", "upload-offset": "0"}
        ask("PATCH", f"{api}/v1/uploads/{begun['id']}/files/{path}", content, headers)
    return ask("POST", f"{api}/v1/uploads/{begun['id']}/complete")["id"]
