"""What machines get with --json, the same everywhere: one JSON object a line, times in ISO form, nothing else on stdout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

__all__ = ["JsonOption", "print_json"]

JsonOption = Annotated[bool, typer.Option("--json", help="For machines: one JSON object a line.")]


def print_json(*rows: Mapping[str, Any]) -> None:
    """Prints each of *rows* on a line of its own."""
    for row in rows:
        typer.echo(json.dumps(row, ensure_ascii=False, default=as_text))


def as_text(value: Any) -> str:
    """What JSON has no type for."""
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
