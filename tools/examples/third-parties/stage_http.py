"""The part of a stage's HTTP API that others need: what became of a job. The service of workflows asks when it has heard nothing for long.

It listens on this machine alone, since it asks for no token.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

JOB = re.compile(r"/v1/jobs/(sha256:[0-9a-f]{64})")
HEALTH = ("/v1/health/live", "/v1/health/ready")


def serve(port, ledger):
    """Answers from now on, beside everything else."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            found = JOB.fullmatch(self.path)
            job = ledger.view(found[1]) if found else None
            if self.path in HEALTH:
                self.answer(200, {"status": "ok"})
            elif job is None:
                code = "JOB_UNKNOWN" if found else "NOT_FOUND"
                self.answer(404, {"code": code, "message": f"there is no {self.path}", "mend": "ask for a job of this stage"})
            else:
                self.answer(200, job)

        def answer(self, status, body):
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
