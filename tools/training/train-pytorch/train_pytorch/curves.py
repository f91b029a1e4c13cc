"""The training report: `report.json` with every point, and `report.html`, one page with the plots drawn in it."""

from __future__ import annotations

import html
from pathlib import Path

from .canonical import canonical_json

_WIDTH, _HEIGHT, _MARGIN = 640, 240, 48
_LEFT = 68  # room for the numbers of the upright axis

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:720px;margin:2em auto;padding:0 1em;color:#1d2733}
svg{width:100%;height:auto;background:#f8fafb;border:1px solid #dde3e8}table{border-collapse:collapse}
td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #e5eaee}th{font-weight:600}
text{font:11px system-ui,sans-serif;fill:#566}.legend span{margin-right:1.5em}"""


def write_report(directory: Path, title: str, rows: list[dict[str, float]], metrics: dict[str, float]) -> None:
    """Writes the report's files. @param rows points of the curve: iteration, learningRate, trainLoss, validationLoss, validationAccuracy"""
    document = {"title": title, "metrics": metrics, "points": rows}
    (directory / "report.json").write_text(canonical_json(document) + "\n", "utf-8")
    (directory / "report.html").write_text(_page(title, rows, metrics), "utf-8")


def _page(title: str, rows: list[dict[str, float]], metrics: dict[str, float]) -> str:
    losses = _plot(
        rows, [("trainLoss", "#c2571a", "training loss"), ("validationLoss", "#1663a8", "validation loss")], None
    )
    accuracy = _plot(rows, [("validationAccuracy", "#1663a8", "validation accuracy")], (0.0, 1.0))
    rates = _plot(rows, [("learningRate", "#57803a", "learning rate")], None)
    facts = "".join(
        f"<tr><th>{html.escape(name)}</th><td>{value:.6g}</td></tr>" for name, value in sorted(metrics.items())
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>\n<h1>{html.escape(title)}</h1>\n<table>{facts}</table>\n"
        f"<h2>Loss</h2>\n{losses}\n<h2>Accuracy</h2>\n{accuracy}\n<h2>Learning rate</h2>\n{rates}\n"
        "<p>The training loss is the mean since the point before, on augmented clips with mixed and smoothed labels where these are on; "
        "it may lie above the validation loss.</p>\n</body></html>\n"
    )


def _plot(rows: list[dict[str, float]], series: list[tuple[str, str, str]], span: tuple[float, float] | None) -> str:
    values = [row[name] for row in rows for name, _, _ in series]
    low, high = span or (0.0, max(values, default=1.0) or 1.0)
    last = max((row["iteration"] for row in rows), default=1)

    def x(iteration: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _MARGIN) * iteration / last

    def y(value: float) -> float:
        return _HEIGHT - _MARGIN / 2 - (_HEIGHT - _MARGIN) * (value - low) / (high - low)

    parts = [f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">']
    for step in range(5):
        value = low + (high - low) * step / 4
        parts.append(f'<path d="M{_LEFT} {y(value):.1f}H{_WIDTH - _MARGIN}" stroke="#dde3e8"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>')
        parts.append(
            f'<text x="{x(last * step / 4):.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{last * step / 4:.0f}</text>'
        )
    for name, color, _ in series:
        points = " ".join(f"{x(row['iteration']):.1f},{y(row[name]):.1f}" for row in rows)
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2" points="{points}"/>')
    legend = "".join(f'<span><b style="color:{color}">&#9632;</b> {label}</span>' for _, color, label in series)
    return "".join(parts) + f'</svg><p class="legend">{legend}</p>'
