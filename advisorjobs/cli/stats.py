"""`advisorjobs stats`: what each queue holds now, and what ended within the last hour."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from advisorjobs.settings import Settings

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)
COLUMNS = ("queue", "waiting", "delayed", "active", "failed", "completed", "mean_ms", "oldest_s")


@command.command(name="stats")
def stats(
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one JSON object a line.")] = False,
) -> None:
    """Counts jobs per queue: waiting, delayed, active and failed now, completed within the last hour."""
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    with opened(Settings.from_environment()) as connection:
        counts = with_idle_queues(ask(connection, "queue_counts"))
    if as_json:
        for row in counts:
            typer.echo(json.dumps(row))
        return
    print_counts(counts)


def with_idle_queues(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queues of the table in its order, then others that hold something."""
    from advisorjobs.queues import QUEUES

    found = {row["queue"]: row for row in counts}
    nothing = {"waiting": 0, "delayed": 0, "active": 0, "failed": 0, "completed": 0, "mean_ms": None, "oldest_s": None}
    rows = [found.pop(name, {"queue": name, **nothing}) for name in QUEUES]
    return [*rows, *found.values()]


def print_counts(counts: list[dict[str, Any]]) -> None:
    from advisorjobs.cli.consoles import console, plain_table

    headings = ("waiting", "delayed", "active", "failed", "completed (1 h)", "mean time", "oldest waits")
    table = plain_table("queue", *headings, numbers=headings)
    for row in counts:
        mean = f"{row['mean_ms'] / 1000:.2f} s" if row["mean_ms"] is not None else ""
        oldest = f"{row['oldest_s']:.0f} s" if row["oldest_s"] is not None else ""
        table.add_row(row["queue"], *(str(row[key]) for key in COLUMNS[1:6]), mean, oldest)
    console().print(table)
