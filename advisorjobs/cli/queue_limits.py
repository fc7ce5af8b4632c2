"""`advisorjobs queues limit`: what a queue, an organization or a key may start, changed while everything runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.limit_texts import json_of, key_line, queue_line, rule_line
from advisorjobs.cli.person import ByOption, person
from advisorjobs.cli.queue_names import naming
from advisorjobs.limit_change import limit_change
from advisorjobs.limits import read_key_limits, read_organization_rules, read_queue_limits
from advisorjobs.settings import Settings

__all__ = ["limit"]


@dataclass(frozen=True, slots=True)
class Kind:
    """What may have limits: which of them, and the statements that set, reset and show them."""

    options: tuple[str, ...]
    change: str
    reset: str
    show: str
    read: Any
    line: Any


QUEUE = Kind(
    ("rate", "running", "organization_rate", "organization_running", "fair"),
    "set_queue_limit",
    "reset_queue_limit",
    "get_queue_limits",
    read_queue_limits,
    queue_line,
)
ORGANIZATION = Kind(
    ("weight", "rate", "running"),
    "set_organization_rule",
    "remove_organization_rule",
    "get_organization_rules",
    read_organization_rules,
    rule_line,
)
KEY = Kind(("rate", "running"), "set_key_limit", "remove_key_limit", "get_key_limits", read_key_limits, key_line)


OfQueue = Annotated[
    str | None,
    typer.Argument(
        metavar="QUEUE",
        help="Left out: with --key; with --organization, for each queue.",
        show_default=False,
        autocompletion=queue_names,
    ),
]


def limit(
    queue: OfQueue = None,
    rate: Annotated[str | None, typer.Option(metavar="STARTS/TIME", help="Starts: 20/s, 200/min, 5/10s.")] = None,
    running: Annotated[str | None, typer.Option(metavar="NUMBER", help="Jobs that run at once.")] = None,
    organization_rate: Annotated[str | None, typer.Option(metavar="STARTS/TIME", help="Of each organization.")] = None,
    organization_running: Annotated[str | None, typer.Option(metavar="NUMBER", help="Of each organization.")] = None,
    fair: Annotated[bool | None, typer.Option("--fair/--no-fair", help="Organizations in turn.")] = None,
    organization: Annotated[str | None, typer.Option(metavar="ID", help="A rule for it alone.")] = None,
    weight: Annotated[str | None, typer.Option(metavar="TURNS", help="Turns in a row of --organization.")] = None,
    key: Annotated[str | None, typer.Option(metavar="KEY", help="A service or account, in all queues.")] = None,
    default: Annotated[
        bool, typer.Option("--default", help="Back to the queue table; no rule; no key's limit.")
    ] = False,
    why: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept for whoever looks.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Changes what may start, over all workers.

    It holds at once. What isn't named stays; `none` takes a limit away.

    \b
    Examples:
      advisorjobs queues limit emails --rate 200/min --why "newsletter"
      advisorjobs queues limit emails --running 20 --organization-running 3
      advisorjobs queues limit emails --organization org-7 --weight 4
      advisorjobs queues limit --key stripe --running 2
      advisorjobs queues limit emails --rate none
      advisorjobs queues limit emails --default

    --json: what holds now, as in `queues show --json`.
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    options = {"rate": rate, "running": number(running), "organization_rate": organization_rate}
    options |= {"organization_running": number(organization_running), "fair": fair, "weight": number(weight)}
    kind, place = target(queue, organization, key)
    given = fitting(kind, options, default=default)
    change = {} if default else limit_change(why, person(by), **given)
    with opened(Settings.from_environment()) as connection, naming(queue):
        ask(connection, kind.reset if default else kind.change, {**place, **change})
        now = [found for found in kind.read(ask(connection, kind.show, place)) if found_at(found, place)]
    show_change(kind, place, now[0] if now else None, as_json=as_json)


def number(text: str | None) -> Any:
    """*text* as a number where it is one."""
    return int(text) if text is not None and text.lstrip("-").isdecimal() else text


def target(queue: str | None, organization: str | None, key: str | None) -> tuple[Kind, dict[str, str | None]]:
    """What is to be limited, and the parameters that name it."""
    if key is not None:
        if queue is not None or organization is not None:
            raise typer.BadParameter("a key has one limit over all queues and organizations.", param_hint="--key")
        return KEY, {"key": key}
    if organization is not None:
        return ORGANIZATION, {"organization_id": organization, "queue": queue}
    if queue is None:
        raise typer.BadParameter("name a queue, --organization or --key.", param_hint="QUEUE")
    return QUEUE, {"queue": queue}


def fitting(kind: Kind, options: Mapping[str, Any], *, default: bool) -> dict[str, Any]:
    """Those of *options* that *kind* has; refuses one of another kind, none, and any beside --default."""
    allowed = ", ".join(as_option(name) for name in kind.options)
    given = [name for name, value in options.items() if value is not None]
    for name in given:
        if name not in kind.options:
            raise typer.BadParameter(f"it can't be set here, where there are {allowed}.", param_hint=as_option(name))
    if default and given:
        raise typer.BadParameter("it takes everything back, so no limit can be set with it.", param_hint="--default")
    if not default and not given:
        raise typer.BadParameter("name one, or --default to take all back.", param_hint=allowed)
    return {name: options[name] for name in kind.options}


def as_option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def found_at(found: Any, place: Mapping[str, str | None]) -> bool:
    return all(getattr(found, name) == value for name, value in place.items())


def show_change(kind: Kind, place: Mapping[str, str | None], now: Any, *, as_json: bool) -> None:
    if as_json:
        print_json(json_of(now) if now is not None else {**place, "change": None})
    elif now is not None:
        typer.echo(kind.line(now))
    else:
        named = ", ".join(f"{name.removesuffix('_id')} {value}" for name, value in place.items() if value is not None)
        typer.echo(f"{named}: no limits of its own")
