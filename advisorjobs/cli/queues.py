"""`advisorjobs queues`: the queue table as this machine works it, and where each value comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer

from advisorjobs.backoff import Backoff
from advisorjobs.queues import QUEUES, Queue, RateLimit, known_queue, queue_settings
from advisorjobs.settings import Settings, effective_queue

__all__ = ["command", "described"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="The queues and their settings.")


@dataclass(frozen=True, slots=True)
class Value:
    """A setting of a queue as people read it, and what set it."""

    text: str
    origin: str


@command.callback()
def group() -> None:
    """The queues and their settings."""


@command.command(name="show")
def show(
    queue: Annotated[str | None, typer.Argument(help="This queue only.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one JSON object a line.")] = False,
) -> None:
    """Shows slots, priority, limits, retries and back-off of each queue; what isn't from the table is marked."""
    settings = Settings.from_environment()
    names = [known_queue(queue)] if queue else list(QUEUES)
    rows = {name: dict(described(settings, name)) for name in names}
    if as_json:
        for name, values in rows.items():
            settings_of = {key: {"value": value.text, "origin": value.origin} for key, value in values.items()}
            typer.echo(json.dumps({"queue": name, **settings_of}, ensure_ascii=False))
        return
    print_queues(rows)


def described(settings: Settings, name: str) -> Iterator[tuple[str, Value]]:
    """The settings of queue *name* in the order in which they are shown."""
    row, here = queue_settings(name), effective_queue(settings, name)
    for key in ("slots", "priority", "rate_limit", "retries", "backoff", "timeout"):
        yield key.replace("_", " "), Value(as_text(getattr(here, key)), origin_of(settings, row, here, key))


def origin_of(settings: Settings, row: Queue, here: Queue, key: str) -> str:
    if getattr(row, key) == getattr(here, key):
        return "table"
    override = settings.overrides.get(row.name)
    if override is not None and getattr(override, key, None) == getattr(here, key):
        return f"ADVISORJOBS_{row.name.upper().replace('-', '_')}_{key.upper()}"
    return "WORKER_CONCURRENCY"


def as_text(value: Any) -> str:
    match value:
        case None:
            return "–"
        case RateLimit():
            return f"{value.starts} / {duration(value.per).removeprefix('1 ')}"
        case timedelta():
            return duration(value)
        case Backoff():
            return backoff_text(value)
    return str(value)


def backoff_text(backoff: Backoff) -> str:
    delays = [backoff.delay(attempt).total_seconds() for attempt in range(1, 4)]
    return f"{delays[0]:g} s" if len(set(delays)) == 1 else f"{', '.join(f'{delay:g}' for delay in delays)} … s"


def duration(length: timedelta) -> str:
    seconds = length.total_seconds()
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"


def print_queues(rows: dict[str, dict[str, Value]]) -> None:
    from advisorjobs.cli.consoles import console, plain_table

    output, marked = console(), []
    headings = tuple(next(iter(rows.values())))
    table = plain_table("queue", *headings, numbers=headings)
    for name, values in rows.items():
        cells = [f"{value.text}{'' if value.origin == 'table' else ' *'}" for value in values.values()]
        table.add_row(name, *cells)
        marked += [f"* {name} {key}: {value.origin}" for key, value in values.items() if value.origin != "table"]
    output.print(table)
    for line in marked:
        output.print(line, highlight=False)
