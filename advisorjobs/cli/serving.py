"""Who works, and what waits in vain: silent workers, queues that nobody serves, names that no worker knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from advisorjobs.cli.query import ask
from advisorjobs.finding import Finding
from advisorjobs.queue_stats import QueueStats, read_queue_stats

__all__ = ["queues", "span", "unknown_jobs", "workers"]

MOST = 1_000
"""So many jobs of an unknown name are counted."""

LONG_WAIT = 300.0
"""Seconds of waiting in a queue that is served, from which on it is worth a note."""

BEATS = 5
"""Heartbeats in a lease: settings.Settings.heartbeat."""


def workers(connection: Any, lease: float) -> Iterator[Finding]:
    """Those alive, those whose heartbeat is late (*lease*, seconds), and those that fell silent."""
    living, silent = ask(connection, "living_workers"), ask(connection, "silent_workers")
    if not living:
        yield Finding("workers", "note", "none is alive", "start one with `advisorjobs worker`", 0)
    for each in living:
        what = f"{each['name']} serves {', '.join(each['queues'])} and was heard {each['silent_s']:.0f} s ago"
        if each["silent_s"] <= 2 * lease / BEATS:
            yield Finding("workers", "ok", what, value=each["name"])
        else:
            cure = "its heartbeat is late: see its log, and whether its machine or the database froze"
            yield Finding("workers", "note", what, cure, each["name"])
    for each in silent:
        yield silent_finding(each, anybody=bool(living))


def silent_finding(worker: Mapping[str, Any], *, anybody: bool) -> Finding:
    """What is to be said of a worker that fell silent; *anybody*: whether others are alive, who take back what it held."""
    name, held = worker["name"], worker["held"]
    what = f"{name} fell silent {span(worker['silent_s'])} ago without a word, and holds {held or 'no'} running jobs"
    if held and not anybody:
        return Finding("workers", "wrong", what, "start a worker, which takes them back: `advisorjobs worker`", name)
    cure = "other workers take them back" if held else "see why it died: its log, or the system's (out of memory?)"
    return Finding("workers", "note", what, cure, name)


def queues(connection: Any) -> Iterator[Finding]:
    """Each queue in which jobs wait, by the kept counts: how many, how long the oldest, and whether anybody serves it."""
    now = datetime.fromtimestamp(ask(connection, "server_clock")[0]["seconds"], UTC)
    waiting = [each for each in read_queue_stats(ask(connection, "get_queue_stats", {"queue": None})) if each.waiting]
    if not waiting:
        yield Finding("queues", "ok", "no job waits for a worker", value=0)
    for each in waiting:
        yield queue_finding(each, now)


def queue_finding(stats: QueueStats, now: datetime) -> Finding:
    queue, oldest = stats.queue, stats.oldest_waiting_at
    seconds = (now - oldest).total_seconds() if oldest is not None else 0.0
    what = f"in {queue} {counted(stats.waiting)} wait{'s' if stats.waiting == 1 else ''}"
    what += f", the oldest for {span(seconds)}" if oldest is not None else ", all of them for others"
    if stats.is_paused:
        return Finding("queues", "note", f"{what}; it is paused", f"advisorjobs queues resume {queue}", seconds)
    if not stats.workers:
        cure = f"start a worker for it: advisorjobs worker -q {queue}"
        return Finding("queues", "wrong", f"{what}, and no worker alive serves it", cure, seconds)
    if seconds > LONG_WAIT:
        cure = f"see its limits (advisorjobs queues show {queue}), or add workers"
        return Finding("queues", "note", what, cure, seconds)
    return Finding("queues", "ok", what, value=seconds)


def unknown_jobs(connection: Any) -> Iterator[Finding]:
    """Jobs that were set aside because no worker that asked knew their name."""
    for row in ask(connection, "unknown_jobs", {"most": MOST + 1}, by_index=True):
        over = f"over {MOST} jobs" if row["jobs"] > MOST else counted(row["jobs"])
        what = f"{over} of {row['name']!r} wait in {row['queue']}, and no worker there knows that name"
        cure = "start a worker whose release has it (or ADVISORJOBS_IMPORTS names its module), or cancel them"
        yield Finding("unknown jobs", "wrong", what, cure, row["name"])


def counted(jobs: int) -> str:
    return "1 job" if jobs == 1 else f"{jobs:,} jobs".replace(",", " ")


def span(seconds: float) -> str:
    """A length of time for people, in two figures at most."""
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
