"""JSON lines on standard output: progress (at most five a second), log lines and the final error."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any, TextIO

MIN_PROGRESS_INTERVAL_S = 0.2


class Protocol:
    """Speaks the tool contract's line protocol."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._next_progress_s = 0.0

    def progress(self, done: int, total: int, metrics: dict[str, float]) -> None:
        """Reports progress in iterations; lines that come too fast are dropped, the last one never."""
        now_s = time.monotonic()
        if now_s < self._next_progress_s and done < total:
            return
        self._next_progress_s = now_s + MIN_PROGRESS_INTERVAL_S
        finite = {name: round(value, 6) for name, value in metrics.items() if math.isfinite(value)}
        self._line({"type": "progress", "done": done, "total": total, "unit": "iteration", "metrics": finite})

    def log(self, message: str, level: str = "info") -> None:
        """Writes a log line of the given level (debug, info, warn or error)."""
        self._line({"type": "log", "level": level, "message": message})

    def error(self, code: str, message: str) -> None:
        """Writes the last line of a failed run."""
        self._line({"type": "error", "code": code, "message": message})

    def _line(self, value: dict[str, Any]) -> None:
        self._stream.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._stream.flush()
