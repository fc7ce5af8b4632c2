"""The readable account of what came out: templates/documents/account.txt.j2, with rich's markup for emphasis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import jinja2
from rich.console import Console
from rich.markup import escape

from advisorjobs.services.documents.extraction import FIELDS

__all__ = ["account", "printable"]

LINES_SHOWN = 12


def account(outcomes: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Prints the account of *outcomes* (see cli/outcome.py) on *console*."""
    console.print(rendered(outcomes), highlight=False, soft_wrap=True, end="")


def rendered(outcomes: Sequence[Mapping[str, Any]]) -> str:
    environment = jinja2.Environment(
        autoescape=False,  # the output is a terminal's, and `finalize` makes every value harmless there
        finalize=lambda value: escape(printable(str(value))),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    source = (files("advisorjobs.templates") / "documents" / "account.txt.j2").read_text("utf-8")
    failed = sum(each["status"] == "failed" for each in outcomes)
    return environment.from_string(source).render(
        outcomes=outcomes, fields=FIELDS, lines_shown=LINES_SHOWN, failed=failed, completed=len(outcomes) - failed
    )


def printable(text: str) -> str:
    """*text* without what would steer a terminal: a document may hold escape sequences."""
    return "".join(char if char.isprintable() else " " for char in text)
