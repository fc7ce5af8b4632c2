"""`advisorjobs queues`: the queues as this machine works them and the database limits them, each value with its origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import typer

from advisorjobs.backoff import Backoff
from advisorjobs.cli.bulk import clean
from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.in_force import InForce, look
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.limit_texts import SETTINGS, json_of, origin_text, state_text, value_text
from advisorjobs.cli.queue_limits import limit
from advisorjobs.cli.queue_pauses import pause, resume
from advisorjobs.limits import Origin
from advisorjobs.queues import QUEUES, Queue, RateLimit, known_queue, queue_settings
from advisorjobs.rates import rate_text
from advisorjobs.settings import Settings, effective_queue

__all__ = ["command", "described"]

command = typer.Typer(rich_markup_mode=None, no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Value:
    """A setting of a queue as people and as machines read it (times in seconds), and what set it."""

    text: str
    value: Any
    origin: str


@command.callback()
def group() -> None:
    """Shows the queues and their settings, limits and pauses them.

    \b
    Examples:
      advisorjobs queues show
      advisorjobs queues pause emails --until 2h --reason "the mail server moves"
      advisorjobs queues resume emails
      advisorjobs queues limit emails --rate 200/min
    """


@command.command(name="show")
def show(
    queue: Annotated[
        str | None,
        typer.Argument(metavar="QUEUE", help="This queue only.", show_default=False, autocompletion=queue_names),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Shows settings, limits and pauses, and what set each.

    A star marks a value that isn't from the queue table; below stands what set it. Limits and pauses are the
    database's. Without one, those of the table are shown.

    \b
    Examples:
      advisorjobs queues show
      advisorjobs queues show emails

    \b
    --json: {"queue", "slots", "priority", "rate_limit", "retries", "backoff",
    "timeout", "limits"} for each queue, most as {"value", "origin"}, times in
    seconds; then {"pause": …}, {"rule": …} and {"key": …} for each that is set.
    """
    settings = Settings.from_environment()
    found = look(settings)
    everything = found if isinstance(found, InForce) else None
    names = shown_queues(queue, everything)
    rows = {name: dict(in_force(settings, name, everything)) for name in names}
    if as_json:
        print_objects(rows, everything and everything.of(queue))
    else:
        print_queues(rows)
        if everything is not None:
            print_in_force(everything.of(queue), all_rules=queue is not None)
    if everything is None:
        typer.echo(f"advisorjobs: rate limits are the queue table's, as no database could be asked ({found})", err=True)


command.command(name="pause")(pause)
command.command(name="resume")(resume)
command.command(name="limit")(limit)
command.command(name="clean")(clean)


def shown_queues(queue: str | None, everything: InForce | None) -> list[str]:
    """*queue*, or all of the table and others of which something is set. Raises UnknownJob for one that nobody knows."""
    if queue is not None:
        return [queue if everything is not None and queue in everything.queues else known_queue(queue)]
    others = everything.remarkable() if everything is not None else []
    return [*QUEUES, *(name for name in others if name not in QUEUES)]


def in_force(settings: Settings, name: str, everything: InForce | None) -> Iterator[tuple[str, Value]]:
    """As `described`, with the database's rate limit where there is one."""
    limits = everything.queues.get(name) if everything is not None else None
    for label, value in described(settings, name):
        if label == SETTINGS["rate"] and limits is not None:
            rate = limits.rate.value
            yield label, Value(value_text(rate), json_of(rate), origin_text(limits.rate, limits.change))
        else:
            yield label, value


def described(settings: Settings, name: str) -> Iterator[tuple[str, Value]]:
    """The settings of queue *name* in the order in which they are shown."""
    row, here = queue_settings(name), effective_queue(settings, name)
    for key in ("slots", "priority", "rate_limit", "retries", "backoff", "timeout"):
        value = getattr(here, key)
        yield key.replace("_", " "), Value(as_text(value), as_figure(value), origin_of(settings, row, here, key))


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
            return rate_text(value)
        case timedelta():
            return duration(value)
        case Backoff():
            return backoff_text(value)
    return str(value)


def as_figure(value: Any) -> Any:
    match value:
        case timedelta():
            return value.total_seconds()
        case Backoff():
            return [value.delay(attempt).total_seconds() for attempt in range(1, 4)]
    return json_of(value)


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


def print_objects(rows: dict[str, dict[str, Value]], everything: InForce | None) -> None:
    for name, values in rows.items():
        settings_of = {
            key.replace(" ", "_"): {"value": value.value, "origin": value.origin} for key, value in values.items()
        }
        limits = everything.queues.get(name) if everything is not None else None
        print_json({"queue": name, **settings_of, "limits": json_of(limits)})
    print_json(*(everything.objects() if everything is not None else ()))


def print_in_force(everything: InForce, *, all_rules: bool) -> None:
    """The limits beside the rate, where there are any, and the pauses, rules and keys."""
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console, plain_table

    output, marked = console(), []
    headings = ("running", "rate each", "running each", "turns", "now")
    table = plain_table("queue", *headings, numbers=headings[:3])
    for name in everything.remarkable():
        limits = everything.queues[name]
        values = (limits.running, limits.organization_rate, limits.organization_running, limits.fair)
        table.add_row(name, *(value_text(setting.value) for setting in values), state_text(limits))
        if limits.change is not None and limits.rate.origin is Origin.TABLE:
            marked.append(f"{name}: {limits.change}")
    if table.row_count:
        output.print()
        output.print(table)
        output.print("each: of each organization", style="dim")
    for line in (*marked, *everything.lines(all_rules=all_rules)):
        output.print(printable(line), highlight=False, markup=False, soft_wrap=True)
