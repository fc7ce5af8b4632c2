"""Schedules in words and in JSON: when, where they stand, and their runs in local time with the offset from UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from advisorjobs.inspector.schedule_runs import ScheduleRun
from advisorjobs.schedules import Schedule, ScheduleState

__all__ = ["json_of", "local_time", "print_schedule", "print_schedules"]

SPARE = ("runs", "job", "time zone", "organization", "last run", "when")
"""Columns that a narrow terminal does without, the first one first."""


def json_of(schedule: Schedule) -> dict[str, Any]:
    """For machines: spans in seconds, the names of the payload's fields. Their values stay in the database."""
    shown = asdict(schedule)
    shown["payload_fields"] = sorted(shown.pop("payload"))
    return {key: value.total_seconds() if isinstance(value, timedelta) else value for key, value in shown.items()}


def local_time(moment: datetime | None) -> str:
    """`2026-03-08 09:00 -04:00`, to the second where there are seconds."""
    if moment is None:
        return "–"
    seconds = f":{moment:%S}" if moment.second else ""
    return f"{moment:%Y-%m-%d %H:%M}{seconds} {moment.isoformat()[-6:]}"


def last_text(schedule: Schedule) -> str:
    if schedule.last_run_at is None:
        return "–"
    return f"{local_time(schedule.last_run_at.astimezone())} {schedule.last_outcome or ''}".rstrip()


def print_schedules(schedules: Sequence[Schedule]) -> None:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console, print_rows

    output = console()
    if not schedules:
        output.print("no schedules")
        return
    print_rows(output, list(map(row_of, schedules)), numbers=("runs",), spare=SPARE, cut="key")
    for schedule in schedules:
        for line in remarks(schedule):
            output.print(printable(f"{schedule.key}: {line}"), highlight=False, markup=False, soft_wrap=True)


def row_of(schedule: Schedule) -> dict[str, str]:
    """A line of the list: heading -> cell."""
    from advisorjobs.cli.account import printable

    upcoming = schedule.upcoming(1) if schedule.state is ScheduleState.ACTIVE else []
    cells = {
        "key": schedule.key,
        "organization": schedule.organization_id or "",
        "job": schedule.name,
        "when": schedule.times,
        "time zone": schedule.timezone,
        "next run": local_time(upcoming[0]) if upcoming else str(schedule.state),
        "last run": last_text(schedule),
        "runs": str(schedule.runs),
    }
    return {heading: printable(cell) for heading, cell in cells.items()}


def remarks(schedule: Schedule) -> list[str]:
    """What people should know: why it rests, or why no worker can make anything of it."""
    said = []
    if schedule.paused_at is not None:
        why = f": {schedule.paused_why}" if schedule.paused_why else ""
        said.append(f"paused by {schedule.paused_by or 'somebody'} {schedule.paused_at.astimezone():%Y-%m-%d}{why}")
    if schedule.broken is not None:
        said.append(f"broken: {schedule.broken}; put it right with `advisorjobs schedules add`")
    return said


def print_schedule(schedule: Schedule, upcoming: Sequence[datetime], past: Sequence[ScheduleRun]) -> None:
    from advisorjobs.cli.account import printable
    from advisorjobs.cli.consoles import console

    lines = [f"{name:14}{value}" for name, value in described(schedule) if value not in (None, "", "0:00:00")]
    lines += remarks(schedule)
    lines += [f"next          {local_time(moment)}" for moment in upcoming]
    for run in past:
        asked = ", asked for" if run.asked_for else ""
        job = f" job {run.job_id} {run.status or 'cleaned away'}" if run.job_id else ""
        lines.append(f"past          {local_time(run.tick.astimezone())} {run.outcome}{asked}{job}")
    output = console()
    for line in lines:
        output.print(printable(line), highlight=False, markup=False, soft_wrap=True)


def described(schedule: Schedule) -> list[tuple[str, str | None]]:
    """A schedule's values by name, in the order in which they are shown."""
    bounds = [("start", schedule.start_at), ("end", schedule.end_at)]
    return [
        ("key", schedule.key),
        ("organization", schedule.organization_id),
        ("job", schedule.name),
        ("queue", schedule.queue),
        ("payload", ", ".join(sorted(schedule.payload))),
        ("when", schedule.times),
        ("time zone", schedule.timezone),
        ("state", schedule.state),
        *((name, None if moment is None else moment.isoformat()) for name, moment in bounds),
        ("runs", f"{schedule.runs} of {schedule.max_runs}" if schedule.max_runs else str(schedule.runs)),
        ("left out", str(schedule.skipped) if schedule.skipped else None),
        ("jitter", str(schedule.jitter)),
        ("overlap", schedule.overlap),
        ("missed", f"all, {schedule.missed_cap} at most" if schedule.missed == "all" else schedule.missed),
        ("give up after", None if schedule.give_up_after is None else str(schedule.give_up_after)),
        ("priority", None if schedule.priority is None else str(schedule.priority)),
        ("tags", ", ".join(schedule.tags)),
        ("changed", f"{schedule.changed_at.astimezone():%Y-%m-%d %H:%M} by {schedule.changed_by or 'somebody'}"),
    ]
