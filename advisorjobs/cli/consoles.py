"""Where commands print: the terminal, by its own width, or elsewhere with room for every column. NO_COLOR holds."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Literal

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["console", "fitting", "plain_table", "print_rows"]

ROOM = 240
GAP = 2
LEAST = 8
"""Cells that are left of the column that is cut."""


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


def print_rows(
    output: Console,
    rows: Sequence[Mapping[str, str]],
    *,
    numbers: tuple[str, ...] = (),
    spare: tuple[str, ...] = (),
    cut: str = "",
) -> None:
    """Prints *rows* (heading -> cell, the same headings in each) so that no line is longer than the terminal.

    Where they don't fit, columns named in *spare* are left out, empty ones first, then in their order; at last the cells
    of *cut* are cut.
    """
    widths = {name: max(cell_len(name), *(cell_len(row[name]) for row in rows)) for name in rows[0]}
    shown = fitting(widths, output.width, sorted(spare, key=lambda name: any(row[name] for row in rows)))
    if cut in shown:
        too_much = sum(widths[name] for name in shown) + GAP * (len(shown) - 1) - output.width
        widths[cut] -= min(max(too_much, 0), max(widths[cut] - LEAST, 0))
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, GAP, 0, 0))
    for name in shown:
        justify: Literal["left", "right"] = "right" if name in numbers else "left"
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis", width=widths[name])
    for row in rows:
        table.add_row(*(Text(row[name]) for name in shown))
    output.print(table)


def fitting(widths: Mapping[str, int], room: int, spare: Sequence[str]) -> list[str]:
    """The headings for which there is *room*: without as many of *spare*, in that order, as must go."""
    shown = list(widths)
    for name in spare:
        if sum(widths[each] for each in shown) + GAP * (len(shown) - 1) <= room:
            break
        shown.remove(name)
    return shown
