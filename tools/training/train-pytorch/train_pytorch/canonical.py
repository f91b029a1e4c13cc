"""Canonical JSON (RFC 8785), so that equal values are equal bytes."""

from __future__ import annotations

import json
import math
from decimal import Decimal
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
    """The shortest digits that read back equal, which Python finds too; only where the exponent starts differs (1e-7, 1e21)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} has no JSON form")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    point = len(text) + exponent  # digits before the decimal point: 0.0012 -> 12, -2
    if 0 < point <= 21:
        written = text.ljust(point, "0") if exponent >= 0 else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        written = "0." + "0" * -point + text
    else:
        written = (text if len(text) == 1 else f"{text[0]}.{text[1:]}") + f"e{point - 1:+d}"
    return ("-" if sign else "") + written
