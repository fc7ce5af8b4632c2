"""Where commands print: the terminal, by its own width, or elsewhere with room for every column. NO_COLOR holds."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

__all__ = ["console", "plain_table"]

ROOM = 240


def console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, width=None if terminal else ROOM)


def plain_table(*headings: str, numbers: tuple[str, ...] = ()) -> Table:
    """A table without lines; columns named in *numbers* are flush right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(heading, justify="right" if heading in numbers else "left", no_wrap=True)
    return table
