"""`advisorjobs queues pause` and `resume`: queues, organizations, and organizations in queues stopped and let go on."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from advisorjobs.cli.completion import queue_names
from advisorjobs.cli.json_lines import JsonOption, print_json
from advisorjobs.cli.moments import moment
from advisorjobs.cli.person import ByOption, person
from advisorjobs.cli.queue_names import naming
from advisorjobs.database.operation import done
from advisorjobs.settings import Settings

__all__ = ["pause", "resume"]

Queue = Annotated[
    str | None,
    typer.Argument(
        metavar="QUEUE",
        help="Left out: every queue, of an organization.",
        show_default=False,
        autocompletion=queue_names,
    ),
]
Organization = Annotated[str | None, typer.Option("--organization", metavar="ID", help="Its jobs only.")]


def pause(
    queue: Queue = None,
    organization: Organization = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help='When it ends by itself: "2026-12-01 08:00", or in 2h.'),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="Kept for whoever looks.")] = None,
    by: ByOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lets no job of a queue or an organization start.

    What runs goes on. Pausing again changes end and reason.

    \b
    Examples:
      advisorjobs queues pause emails --reason "the mail server moves"
      advisorjobs queues pause emails --until "2026-12-01 08:00"
      advisorjobs queues pause --organization org-7

    --json: {"queue", "organization_id", "reason", "until", "paused_by", "was_paused"}.
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    place, end = held(queue, organization), moment(until)
    values = {"queue": queue, "organization_id": organization, "reason": reason, "until": end, "paused_by": person(by)}
    with opened(Settings.from_environment()) as connection, naming(queue):
        anew = outcome(ask(connection, "pause_queue", values))
    if as_json:
        print_json({**values, "was_paused": not anew})
        return
    typer.echo(f"{place} is paused {f'until {end:%Y-%m-%d %H:%M %Z}' if end else 'until it is resumed'}")


def resume(queue: Queue = None, organization: Organization = None, as_json: JsonOption = False) -> None:
    """Ends a pause.

    A queue that an external service closed for a time is opened too.

    \b
    Examples:
      advisorjobs queues resume emails
      advisorjobs queues resume --organization org-7

    --json: {"queue", "organization_id", "was_paused"}.
    """
    from advisorjobs.cli.ground import opened
    from advisorjobs.cli.query import ask

    place = held(queue, organization)
    values = {"queue": queue, "organization_id": organization}
    with opened(Settings.from_environment()) as connection, naming(queue):
        ended = outcome(ask(connection, "resume_queue", values))
    if as_json:
        print_json({**values, "was_paused": ended})
        return
    typer.echo(f"{place} goes on" if ended else f"{place} was not paused")


def outcome(rows: list[dict[str, Any]]) -> bool:
    """What a function answered."""
    return bool(done(list(rows)))


def held(queue: str | None, organization: str | None) -> str:
    """What a pause holds, for people. Refuses a call in which neither is named."""
    if queue is None and organization is None:
        raise typer.BadParameter("name a queue, or an organization with --organization, or both.", param_hint="QUEUE")
    if organization is None:
        return f"queue {queue}"
    return f"organization {organization} in {f'queue {queue}' if queue else 'every queue'}"
