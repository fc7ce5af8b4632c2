"""What is wrong now, in plain words: decided from what the overview shows, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from advisorjobs.inspector.pace import Outlook, Pace, drain
from advisorjobs.inspector.processes import ProcessState, WorkerProcess
from advisorjobs.queue_stats import QueueStats

__all__ = ["Kind", "Trouble", "troubles"]

LONG_WAIT = 300.0
"""Seconds of waiting in a queue that is served, from which on it is worth saying."""

FAILURES = 3
SOME, MANY = 0.02, 0.05
"""So many failed jobs in an hour are worth saying where they are a fiftieth of what ended, and bad from a twentieth on."""


class Kind(StrEnum):
    """What a trouble is about: where its link leads to."""

    QUEUE = "queue"
    FAILURES = "failures"
    WORKERS = "workers"
    SCHEDULES = "schedules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """`bad`: somebody should act; else it is as people or services wanted it, and worth knowing. `queue`: whose it is."""

    kind: Kind
    bad: bool
    text: str
    queue: str | None = None


def troubles(
    stats: Sequence[QueueStats],
    paces: Mapping[str, Pace],
    processes: Sequence[WorkerProcess],
    broken_schedules: Sequence[str],
    now: datetime,
) -> tuple[Trouble, ...]:
    """What is wrong at *now*: bad things first, by queues. *broken_schedules*: keys of those that don't go on."""
    found = [
        *(trouble for each in stats for trouble in _of_queue(each, paces.get(each.queue), now)),
        *_of_processes(processes),
        *_of_schedules(broken_schedules),
    ]
    return tuple(sorted(found, key=lambda trouble: not trouble.bad))


def _of_queue(stats: QueueStats, pace: Pace | None, now: datetime) -> Iterator[Trouble]:
    yield from _of_failures(stats, pace)
    waits = f"{_jobs(stats.waiting)} {'waits' if stats.waiting == 1 else 'wait'}"
    if stats.is_paused:
        text = f"{stats.queue} is paused" + (f" while {waits}" if stats.waiting else "")
        yield Trouble(kind=Kind.QUEUE, bad=False, text=text, queue=stats.queue)
    elif stats.closed_until is not None and stats.closed_until > now:
        left = _span((stats.closed_until - now).total_seconds())
        text = f"{stats.queue} is closed for {left}: its service asked for patience"
        yield Trouble(kind=Kind.QUEUE, bad=False, text=text, queue=stats.queue)
    elif stats.waiting and not stats.workers:
        yield Trouble(
            kind=Kind.QUEUE, bad=True, text=f"{stats.queue}: {waits} and no worker serves it", queue=stats.queue
        )
    elif stats.waiting:
        yield from _of_waiting(stats, pace, now)


def _of_waiting(stats: QueueStats, pace: Pace | None, now: datetime) -> Iterator[Trouble]:
    waited = (now - stats.oldest_waiting_at).total_seconds() if stats.oldest_waiting_at is not None else 0.0
    if waited <= LONG_WAIT:
        return
    outlook = drain(stats.waiting, pace).outlook
    grows = outlook is Outlook.GROWS
    end = {Outlook.GROWS: ", and more come than end", Outlook.STANDS: ", and nothing ends"}.get(outlook, "")
    text = f"{stats.queue}: {_jobs(stats.waiting)} waiting, the oldest for {_span(waited)}{end}"
    yield Trouble(kind=Kind.QUEUE, bad=grows or outlook is Outlook.STANDS, text=text, queue=stats.queue)


def _of_failures(stats: QueueStats, pace: Pace | None) -> Iterator[Trouble]:
    rate = None if pace is None else pace.failure_rate
    if pace is None or rate is None or pace.failed_in_hour < FAILURES or rate < SOME:
        return
    text = (
        f"{stats.queue}: {_jobs(pace.failed_in_hour)} failed within the last hour, {_percent(rate)} of those that ended"
    )
    yield Trouble(kind=Kind.FAILURES, bad=rate >= MANY, text=text, queue=stats.queue)


def _of_processes(processes: Sequence[WorkerProcess]) -> Iterator[Trouble]:
    silent = [each for each in processes if each.state is ProcessState.SILENT]
    working = [each for each in processes if each.state in (ProcessState.ALIVE, ProcessState.STOPPING)]
    if silent:
        who = silent[0].name if len(silent) == 1 else f"{len(silent)} workers"
        held = sum(each.running for each in silent)
        holds = f"; {_jobs(held)} of {'its' if len(silent) == 1 else 'theirs'} will be taken back" if held else ""
        yield Trouble(kind=Kind.WORKERS, bad=True, text=f"{who} fell silent without a word{holds}")
    if not working:
        yield Trouble(kind=Kind.WORKERS, bad=True, text="No worker is alive: start one with `advisorjobs worker`")


def _of_schedules(broken: Sequence[str]) -> Iterator[Trouble]:
    if broken:
        more = f" and {len(broken) - 2} more" if len(broken) > 2 else ""
        what = "a schedule doesn't" if len(broken) == 1 else f"{len(broken)} schedules don't"
        text = f"{what[0].upper()}{what[1:]} go on: {', '.join(broken[:2])}{more}"
        yield Trouble(kind=Kind.SCHEDULES, bad=True, text=text)


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs".replace(",", "\u202f")


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"


def _span(seconds: float) -> str:
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
