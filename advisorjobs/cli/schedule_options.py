"""`advisorjobs schedules add`: a schedule from a command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, cast

import typer

from advisorjobs.cli.completion import job_names, queue_names
from advisorjobs.cli.person import ByOption, person
from advisorjobs.cli.schedule_texts import local_time
from advisorjobs.errors import SettingsError
from advisorjobs.flow.moments import moment, span
from advisorjobs.flow.recurrence import recurrence
from advisorjobs.schedule_change import ScheduleOptions, schedule_row
from advisorjobs.settings import Settings

__all__ = ["add"]

# fmt: off
Job = Annotated[str, typer.Argument(metavar="JOB", help="The job's name.", show_default=False, autocompletion=job_names)]
Expression = Annotated[str | None, typer.Argument(
    metavar="CRON", help='Five fields, or six with the second first: "0 9 * * MON-FRI".', show_default=False)]
Queue = Annotated[str | None, typer.Option(
    "--queue", "-q", metavar="QUEUE", help="Default: the job's own.", autocompletion=queue_names)]
Key = Annotated[str | None, typer.Option(metavar="TEXT", help="What it is known by. Default: from job and payload.")]
Start = Annotated[str | None, typer.Option(metavar="TIME", help="Not before; ZONE's time unless it has an offset.")]
End = Annotated[str | None, typer.Option(metavar="TIME", help="Not after.")]
Overlap = Annotated[str, typer.Option(metavar="POLICY", help="While the last job lives: allow, skip or replace.")]
Missed = Annotated[str, typer.Option(metavar="POLICY", help="Runs that found no worker: skip, once or all.")]
Priority = Annotated[int | None, typer.Option(metavar="NUMBER", help="1 (first) to 9. Default: the queue's.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Shows the next runs and changes nothing.")]
# fmt: on


def add(
    job: Job,
    cron: Expression = None,
    every: Annotated[str | None, typer.Option(metavar="TIME", help="Instead of CRON: 90s, 15min, 2h.")] = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Whose clocks CRON speaks of.")] = "UTC",
    payload: Annotated[str, typer.Option(metavar="JSON", help="The job's fields.")] = "{}",
    key: Key = None,
    queue: Queue = None,
    start: Start = None,
    end: End = None,
    limit: Annotated[int | None, typer.Option(metavar="NUMBER", help="How many runs.")] = None,
    jitter: Annotated[str | None, typer.Option(metavar="TIME", help="Each run waits up to so long.")] = None,
    overlap: Overlap = "allow",
    missed: Missed = "once",
    missed_cap: Annotated[int, typer.Option(metavar="NUMBER", help="Of missed runs at most.")] = 100,
    give_up_after: Annotated[str | None, typer.Option(metavar="TIME", help="No missed run later than that.")] = None,
    priority: Priority = None,
    tag: Annotated[list[str] | None, typer.Option(metavar="WORD", help="May be given more than once.")] = None,
    by: ByOption = None,
    dry_run: DryRun = False,
) -> None:
    """Creates a schedule, or changes the one that has its key.

    Giving it again unchanged changes nothing.

    \b
    Examples:
      advisorjobs schedules add maintenance:clear_cache --every 15min
        --payload '{"organizationId": "system"}'
      advisorjobs schedules add scheduled:daily_reports "0 9 * * MON-FRI"
        --timezone Europe/Paris --dry-run --payload '{"organizationId": "system"}'
    """
    bounds = {"start": moment("--start", start, timezone), "end": moment("--end", end, timezone)}
    times = {"every": span("--every", every), "timezone": timezone, **bounds}
    options: dict[str, Any] = {
        **times,
        "key": key,
        "limit": limit,
        "jitter": span("--jitter", jitter) or timedelta(),
        "overlap": overlap,
        "missed": missed,
        "missed_cap": missed_cap,
        "give_up_after": span("--give-up-after", give_up_after),
        "priority": priority,
        "tags": tag or (),
        "changed_by": person(by),
    }
    if dry_run:
        return print_runs(queue, job, fields_of(payload), cron, options)
    return put(queue, job, fields_of(payload), cron, options)


def put(queue: str | None, job: str, payload: dict[str, Any], cron: str | None, options: dict[str, Any]) -> None:
    from advisorjobs.cli.ground import opened
    from advisorjobs.manager import get_queue_manager

    manager = get_queue_manager().sync
    with opened(Settings.from_environment()):
        key = manager.add_repeatable_job(queue, job, payload, cron, **options)
        organization = payload.get("organization_id", payload.get("organizationId", ""))
        upcoming = manager.preview_repeatable_job(key, 1, organization_id=organization)
    typer.echo(f"schedule {key}: {f'next run {local_time(upcoming[0])}' if upcoming else 'no further run'}")


def print_runs(queue: str | None, job: str, payload: dict[str, Any], cron: str | None, options: dict[str, Any]) -> None:
    """The next runs of a schedule that could be put as it is, without a database."""
    from advisorjobs.application import the_app

    schedule_row(the_app().enqueuer.row, queue, job, payload, cron, cast("ScheduleOptions", options))
    times = {name: options[name] for name in ("every", "timezone", "start", "end")}
    for run in recurrence(cron=cron, **times).upcoming(10, datetime.now(UTC)):
        typer.echo(local_time(run))


def fields_of(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SettingsError("--payload", text, f"is no JSON ({error})") from error
    if not isinstance(found, dict):
        raise SettingsError("--payload", text, 'must be a JSON object, such as {"organizationId": "org-7"}')
    return found
