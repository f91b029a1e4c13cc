"""What the benchmarks that look at one net after the other share: their options, and results that are written as they come."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from nets import NETS, write

LNE = Path(__file__).resolve().parent.parent / "build" / "lne"


def parser_of(manual: str | None, work: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=manual, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help=work)
    parser.add_argument("--nets", default=",".join(NETS))
    parser.add_argument("--lne", default=str(LNE))
    parser.add_argument("--json", type=Path)
    parser.add_argument("--table", type=Path)
    return parser


def run_studies(parser: argparse.ArgumentParser, study: Callable[[argparse.Namespace, str], dict], table: Callable[[dict[str, dict]], str]) -> None:
    arguments = parser.parse_args()
    nets = [net for net in arguments.nets.split(",") if net]
    if unknown := [net for net in nets if net not in NETS]:
        parser.error(f"no such net: {', '.join(unknown)}")
    results: dict[str, dict] = {}
    for net in nets:
        write(arguments.work, net)
        print(f"{net} …", file=sys.stderr, flush=True)
        results[net] = study(arguments, net)
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")
        if arguments.table:
            arguments.table.write_text(table(results))
    print(table(results))
