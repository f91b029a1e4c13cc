"""Canonical JSON (RFC 8785), so that equal values are equal bytes."""

from __future__ import annotations

import json
import math
from typing import Any


def canonical_json(value: Any) -> str:
    """Keys in UTF-16 order, no spaces, numbers as ECMAScript writes them."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(canonical_json(item) for item in value) + "]"
    items = sorted(value.items(), key=lambda item: item[0].encode("utf-16-be"))
    return "{" + ",".join(f"{canonical_json(name)}:{canonical_json(item)}" for name, item in items) + "}"


def _number(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    # Python and ECMAScript both write the shortest digits that read back equal; they differ in where the exponent starts.
    mantissa, _, exponent = repr(value).partition("e")
    if exponent and -7 <= int(exponent) < 0:
        digits = mantissa.lstrip("-").replace(".", "")
        return ("-" if value < 0 else "") + "0." + "0" * (-int(exponent) - 1) + digits
    return f"{mantissa}e{int(exponent):+d}" if exponent else mantissa
