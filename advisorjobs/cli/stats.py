"""`advisorjobs stats`: how each queue stands, once or watched."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.settings import Settings

if TYPE_CHECKING:
    from advisorjobs.queue_stats import QueueStats

__all__ = ["command"]

command = typer.Typer(rich_markup_mode=None)


@command.command(name="stats")
def stats(
    watch: Annotated[bool, typer.Option("--watch", help="Again and again, until ctrl-c.")] = False,
    every: Annotated[float, typer.Option(metavar="SECONDS", min=0.1, help="How often, with --watch.")] = 1.0,
    as_json: JsonOption = False,
) -> None:
    """Shows how many jobs wait, run, failed and ended.

    For each queue, with what holds it up. completed, failed and cancelled are jobs that ended so and were not cleaned
    away; oldest is how long the one has waited that waits longest of those next in line.

    \b
    Examples:
      advisorjobs stats
      advisorjobs stats --watch
      advisorjobs stats --watch --every 10 --json
      advisorjobs stats --json | jq 'select(.failed > 0) | .queue'

    \b
    --json: {"queue", "waiting", "active", "completed", "failed", "delayed",
    "paused", "cancelled", "is_paused", "pause", "oldest_waiting_at",
    "closed_until", "rate", "running", "workers"} for each queue.
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask
    from advisorjobs.queue_stats import read_queue_stats

    with opened(Settings.from_environment()) as connection:

        def look() -> list[QueueStats]:
            return read_queue_stats(ask(connection, "get_queue_stats", {"queue": None}))

        if watch:
            watch_stats(look, every, as_json=as_json)
        else:
            show(look(), as_json=as_json)


def show(found: Sequence[QueueStats], *, as_json: bool) -> None:
    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.stats_table import stats_table

    if as_json:
        print_json(*map(json_of_stats, found))
    else:
        output = console()
        output.print(stats_table(found, output.width))


def watch_stats(look: Callable[[], Sequence[QueueStats]], every: float, *, as_json: bool) -> None:
    """Shows what *look* says every so many seconds: in place on a terminal, one after the other elsewhere."""
    from rich.live import Live

    from advisorjobs.cli.consoles import console
    from advisorjobs.cli.stats_table import stats_table

    output = console()
    if as_json or not output.is_terminal:
        while True:
            show(look(), as_json=as_json)
            time.sleep(every)
    with Live(console=output, auto_refresh=False) as live:
        while True:
            live.update(stats_table(look(), output.width, output.height - 1), refresh=True)
            time.sleep(every)


def json_of_stats(found: QueueStats) -> dict[str, Any]:
    """With the names of the Python fields."""
    from advisorjobs.cli.limit_texts import json_of

    return {name: json_of(getattr(found, name)) for name in found.__slots__}
