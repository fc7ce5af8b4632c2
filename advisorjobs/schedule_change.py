"""A schedule to be put: options checked, as advisorjobs_put_schedule takes them. No I/O here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypedDict

from advisorjobs.enqueue import NewJob
from advisorjobs.environment import did_you_mean
from advisorjobs.errors import SettingsError
from advisorjobs.flow.cron import cron_text
from advisorjobs.flow.recurrence import Recurrence, recurrence
from advisorjobs.flow.ticks import Missed, Overlap
from advisorjobs.payloads import Payload

__all__ = ["ScheduleOptions", "schedule_row"]

LONGEST_KEY = 200
MOST_MISSED = 1000
MOST_RUNS = 2**31 - 1


class ScheduleOptions(TypedDict, total=False):
    """What a repeatable job may be given beside queue, name, payload and cron.

    `every`: a timedelta or seconds, instead of cron. `timezone`: whose clocks cron speaks of, an IANA name; default UTC. `key`:
    what it is known by within its organization; default the job's name, and a short hash of the payload where that holds
    more than the organization. `start`, `end`: both included. `limit`: how many runs. `jitter` (a timedelta or seconds):
    each run waits up to so long, each its own time. `overlap`: "allow" (default), "skip" or "replace", while the job of the
    run before still waits or runs. `missed`: what becomes of runs that found no worker: "skip", "once" (default) or "all", the
    latest `missed_cap` (default 100) of them; none later than `give_up_after`. `priority`, `tags`: as for other jobs.
    `changed_by`: for people to read; default the database's user. `connection`: its transaction.
    """

    every: timedelta | float | None
    timezone: str
    key: str | None
    start: datetime | None
    end: datetime | None
    limit: int | None
    jitter: timedelta | float
    overlap: str
    missed: str
    missed_cap: int
    give_up_after: timedelta | float | None
    priority: int | None
    tags: Sequence[str]
    changed_by: str | None
    connection: Any


def schedule_row(
    job_row: Callable[[NewJob], str],
    queue: str | None,
    name: str,
    payload: Mapping[str, Any] | Payload,
    cron: str | None,
    options: ScheduleOptions,
) -> dict[str, Any]:
    """The columns of the schedule. *job_row* checks a job and makes it a row, as Enqueuer.row does.

    Raises PayloadError, UnknownJob; SettingsError, naming the option, for what can't be used.
    """
    new = NewJob(
        name=name, payload=payload, queue=queue, priority=options.get("priority"), tags=options.get("tags", ())
    )
    job = json.loads(job_row(new))
    times = _times(cron, options)
    return {
        "key": _key(options.get("key"), name, job["args"]),
        "organization_id": job["organization_id"] or "",
        "job_name": name,
        "queue_name": job["queue"],
        "args": job["args"],
        "priority": options.get("priority"),
        "tags": job.get("tags"),
        "cron": None if cron is None else cron_text(cron),
        "every": _interval(times.every),
        "time_zone": times.timezone,
        "start_at": times.start and times.start.isoformat(),
        "end_at": times.end and times.end.isoformat(),
        "run_limit": _count("limit", options.get("limit"), MOST_RUNS),
        "jitter": _interval(_jitter(options, times)),
        "overlap": _choice("overlap", options.get("overlap", "allow"), Overlap),
        "missed": _choice("missed", options.get("missed", "once"), Missed),
        "missed_cap": _count("missed_cap", options.get("missed_cap", 100), MOST_MISSED),
        "give_up_after": _interval(_span("give_up_after", options.get("give_up_after"))),
        "changed_by": options.get("changed_by"),
    }


def _times(cron: str | None, options: ScheduleOptions) -> Recurrence:
    every = _span("every", options.get("every"))
    zone, start, end = options.get("timezone", "UTC"), options.get("start"), options.get("end")
    times = recurrence(cron=cron, every=every, timezone=zone, start=start, end=end)
    if times.cron is not None and times.cron.next_after(times.start or datetime.now(UTC)) is None:
        raise SettingsError("cron", cron, "never comes: no date within 50 years fits")
    return times


def _jitter(options: ScheduleOptions, times: Recurrence) -> timedelta:
    given = options.get("jitter", 0)
    if given in (0, timedelta()):
        return timedelta()
    jitter = _span("jitter", given) or timedelta()
    pause = times.shortest_pause(times.start or datetime.now(UTC))
    if pause is not None and jitter >= pause:
        raise SettingsError("jitter", str(jitter), f"must be shorter than the time between two runs, here {pause}")
    return jitter


def _key(key: str | None, name: str, args: Mapping[str, Any]) -> str:
    if key is None:
        rest = {field: value for field, value in args.items() if field != "organization_id"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
        return f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:8]}" if rest else name
    if not isinstance(key, str) or not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise SettingsError("key", key, f"must be 1 to {LONGEST_KEY} printable characters")
    return key


def _span(option: str, span: timedelta | float | None) -> timedelta | None:
    if span is None or (isinstance(span, timedelta) and span > timedelta()):
        return span
    if isinstance(span, int | float) and not isinstance(span, bool) and 0 < span < 36_525 * 86_400:
        return timedelta(seconds=span)
    shown = span if isinstance(span, int | float) else str(span)
    raise SettingsError(option, shown, "must be a timedelta or seconds, more than 0 and at most 100 years")


def _interval(span: timedelta | None) -> str | None:
    if span is None:
        return None
    hours, rest = divmod(
        span, timedelta(hours=1)
    )  # PostgreSQL 14 takes no more than 2**31 of a unit; days are not 24 hours
    return f"{hours} hours {rest.total_seconds():.6f} seconds"


def _count(option: str, number: int | None, most: int) -> int | None:
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= most):
        raise SettingsError(option, number, f"must be a whole number, 1 to {most}")
    return number


def _choice(option: str, value: str, choices: type[StrEnum]) -> str:
    allowed = [str(choice) for choice in choices]
    if value not in allowed:
        raise SettingsError(option, value, f"is none of its values{did_you_mean(str(value), allowed)}")
    return str(value)
