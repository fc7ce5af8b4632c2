"""Why is this job waiting? Decided from facts alone: every reason that keeps it now, the first to be removed first.

What is said here must be what the claim does (migrations/functions/claim.sql, limits.sql, turns.sql, keys.sql): tests put a
real job in each situation, compare the reason, remove it and see the job start.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from advisorjobs.inspector.waiting_facts import LimitFacts, PauseFacts, WaitingFacts
from advisorjobs.job import JobStatus
from advisorjobs.job_execution import RunStatus

__all__ = ["WaitingAccount", "WaitingReason", "Why", "why_waiting"]

MANY = 1_000
"""Where counts of waiting jobs stop."""


class Why(StrEnum):
    """What keeps a job from starting. The last three keep nothing: it doesn't wait, or will start by itself."""

    PLANNED = "planned"
    RETRY = "retry"
    SNOOZED = "snoozed"
    QUEUE_PAUSED = "queue_paused"
    ORGANIZATION_PAUSED = "organization_paused"
    QUEUE_CLOSED = "queue_closed"
    QUEUE_RATE = "queue_rate"
    QUEUE_RUNNING = "queue_running"
    ORGANIZATION_RATE = "organization_rate"
    ORGANIZATION_RUNNING = "organization_running"
    LOCK = "lock"
    KEY_CLOSED = "key_closed"
    KEY_RATE = "key_rate"
    KEY_RUNNING = "key_running"
    NO_WORKER = "no_worker"
    UNKNOWN_JOB = "unknown_job"
    SLOTS = "slots"
    LINE = "line"
    BROUGHT_BACK = "brought_back"
    RUNNING = "running"
    ENDED = "ended"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingReason:
    """`text`: one sentence or two. `until`: when it ends by itself; None: not a matter of time, or not known.

    `since`: since when it holds; of NO_WORKER when the last one was seen. `jobs`: those that hold it up, as far as they
    may be named; twenty at most.
    """

    why: Why
    text: str
    since: datetime | None = None
    until: datetime | None = None
    jobs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingAccount:
    """`reasons` has one at least. `before`: jobs before it in line, about; over 1 000 are not counted (`many_before`).

    `starts_at`: an estimate, by what its queue's runs took lately; None where something else than time must happen first.
    """

    job_id: int
    status: JobStatus
    at: datetime
    reasons: tuple[WaitingReason, ...]
    before: int | None = None
    many_before: bool = False
    starts_at: datetime | None = None


def why_waiting(facts: WaitingFacts) -> WaitingAccount:
    """Every reason, in the order in which they have to go."""
    if facts.status not in (JobStatus.WAITING, JobStatus.DELAYED):
        return WaitingAccount(job_id=facts.id, status=facts.status, at=facts.now, reasons=(_not_waiting(facts),))
    held = (*_times(facts), *_pauses(facts), *_queue_limits(facts), *_line_limits(facts), *_workers(facts))
    before = None if facts.line is None else sum((facts.line.higher, facts.line.own, facts.line.others))
    many = before is not None and before > MANY
    in_line = () if held and not facts.workers.knowing else tuple(_place(facts, before))
    reasons = (*held, *in_line) or (_nothing(facts),)
    return WaitingAccount(
        job_id=facts.id,
        status=facts.status,
        at=facts.now,
        reasons=reasons,
        before=before if before is None or not many else MANY,
        many_before=many,
        starts_at=_estimate(facts, reasons, before),
    )


def _not_waiting(facts: WaitingFacts) -> WaitingReason:
    if facts.status is JobStatus.ACTIVE:
        by = f" by {facts.worker}" if facts.worker else ""
        return WaitingReason(why=Why.RUNNING, text=f"It doesn't wait: it has been taken{by} and runs.")
    how = {
        JobStatus.COMPLETED: "It has ended: completed.",
        JobStatus.CANCELLED: "It has ended: cancelled.",
        JobStatus.FAILED: "It has failed, and runs again only if somebody retries it.",
    }
    return WaitingReason(why=Why.ENDED, text=how[facts.status])


def _times(facts: WaitingFacts) -> Iterator[WaitingReason]:
    if facts.scheduled_at is None or facts.scheduled_at <= facts.now:
        return
    last, until = facts.last_run, facts.scheduled_at
    if last is not None and last.status is RunStatus.SNOOZED:
        yield WaitingReason(why=Why.SNOOZED, text="It asked to be run later (snoozed).", until=until)
    elif last is not None and last.status not in (RunStatus.RELEASED, RunStatus.CANCELLED):
        error = f" with {last.error_code}" if last.error_code else ""
        text = f"Attempt {last.attempt} ended{error}; the next one follows after the back-off."
        yield WaitingReason(why=Why.RETRY, text=text, until=until)
    elif facts.schedule is not None:
        yield WaitingReason(why=Why.PLANNED, text=f"Schedule {facts.schedule.key} plans it for later.", until=until)
    else:
        yield WaitingReason(why=Why.PLANNED, text="It is planned for later.", until=until)


def _pauses(facts: WaitingFacts) -> Iterator[WaitingReason]:
    for pause in facts.pauses:
        why = Why.QUEUE_PAUSED if pause.organization_id is None else Why.ORGANIZATION_PAUSED
        yield WaitingReason(why=why, text=_pause_text(pause), since=pause.since, until=pause.until)
    if facts.queue_closed_until is not None:
        text = f"An external service asked for patience, so queue {facts.queue} is closed."
        yield WaitingReason(why=Why.QUEUE_CLOSED, text=text, until=facts.queue_closed_until)


def _pause_text(pause: PauseFacts) -> str:
    what = {
        (True, False): f"Queue {pause.queue}",
        (False, True): f"Organization {pause.organization_id}",
        (True, True): f"Organization {pause.organization_id} in queue {pause.queue}",
    }[pause.queue is not None, pause.organization_id is not None]
    by = f" by {pause.paused_by}" if pause.paused_by else ""
    reason = f": {pause.reason}" if pause.reason else ""
    end = "" if pause.until else ", until somebody resumes it"
    return f"{what} is paused{by}{end}{reason}."


def _queue_limits(facts: WaitingFacts) -> Iterator[WaitingReason]:
    yield from _limit(facts, facts.queue_limit, f"Queue {facts.queue}", Why.QUEUE_RATE, Why.QUEUE_RUNNING)
    if facts.organization_id is not None:
        whose = f"Organization {facts.organization_id} in queue {facts.queue}"
        limit = facts.organization_limit
        yield from _limit(facts, limit, whose, Why.ORGANIZATION_RATE, Why.ORGANIZATION_RUNNING)


def _limit(facts: WaitingFacts, limit: LimitFacts, whose: str, rate: Why, running: Why) -> Iterator[WaitingReason]:
    if limit.rate is not None and limit.opens_in is not None:
        window = _span(limit.window_s or 0)
        text = f"{whose} has had {limit.used} of {limit.rate} starts in {window}."
        yield WaitingReason(why=rate, text=text, until=facts.now + timedelta(seconds=limit.opens_in))
    if limit.running_limit is not None and limit.running >= limit.running_limit:
        text = f"{whose} runs {limit.running} of at most {limit.running_limit} at once."
        yield WaitingReason(why=running, text=text, jobs=limit.holders)


def _line_limits(facts: WaitingFacts) -> Iterator[WaitingReason]:
    """What is decided job by job: its lock, then its key."""
    lock = facts.lock
    if facts.scheduled_at is not None:
        return
    if lock is not None and (lock.held or lock.before):
        yield WaitingReason(why=Why.LOCK, text=_lock_text(facts), jobs=tuple(filter(None, (lock.holder, lock.next))))
    if facts.key_closed_until is not None:
        text = f"The service behind key {facts.limit_key} asked for patience."
        yield WaitingReason(why=Why.KEY_CLOSED, text=text, until=facts.key_closed_until)
    if facts.limit_key is not None:
        yield from _limit(facts, facts.key_limit, f"Key {facts.limit_key}", Why.KEY_RATE, Why.KEY_RUNNING)


def _lock_text(facts: WaitingFacts) -> str:
    lock = facts.lock
    assert lock is not None
    waiting = f"{_count(lock.before)} wait" if lock.before != 1 else "1 waits"
    if not lock.held:
        return f"{waiting[0].upper()}{waiting[1:]} before it in the line of its lock."
    holder = f"job {lock.holder}" if lock.holder else "another job"
    more = f", and {waiting} before it" if lock.before else ""
    return f"Its lock is taken: {holder} runs with it{more}."


def _workers(facts: WaitingFacts) -> Iterator[WaitingReason]:
    workers = facts.workers
    if not workers.serving:
        text = f"No living worker serves queue {facts.queue}."
        if workers.stopping:
            text = f"No worker takes jobs of queue {facts.queue}: {workers.stopping} about to stop, none to follow."
        yield WaitingReason(why=Why.NO_WORKER, text=text, since=workers.last_seen)
    elif not workers.knowing:
        count = "The worker" if workers.serving == 1 else f"None of the {workers.serving} workers"
        knows = "doesn't know" if workers.serving == 1 else "knows"
        deployed = "" if facts.deployed else " No program that has been deployed here knows it: is its name right?"
        text = f"{count} of queue {facts.queue} {knows} a job {facts.name}.{deployed}"
        yield WaitingReason(why=Why.UNKNOWN_JOB, text=text)


def _place(facts: WaitingFacts, before: int | None) -> Iterator[WaitingReason]:
    """Where it stands among those that could start."""
    workers = facts.workers
    if facts.scheduled_at is not None:
        return
    if workers.knowing and not workers.free:
        of = "1 worker" if workers.knowing == 1 else f"{workers.knowing} workers"
        slots = "The slot" if workers.slots == 1 else f"All {workers.slots} slots"
        verb = "is" if workers.slots == 1 else "are"
        text = f"{slots} of {of} for queue {facts.queue} {verb} busy."
        yield WaitingReason(why=Why.SLOTS, text=text, since=facts.busy_since, jobs=facts.busy)
    if before:
        assert facts.line is not None
        parts = (
            (facts.line.higher, "of higher priority"),
            (facts.line.own, "of its own turn"),
            (facts.line.others, "of other organizations in turn"),
        )
        told = ", ".join(f"{_count(count)} {what}" for count, what in parts if count)
        about = "" if before > MANY or not facts.line.others else "about "
        text = f"{about}{_count(before)} before it in line: {told}."
        yield WaitingReason(why=Why.LINE, text=text[0].upper() + text[1:])


def _nothing(facts: WaitingFacts) -> WaitingReason:
    parked = {
        "unknown_job": "It was set aside while no worker knew its name, and is brought back within a second or two.",
        "key": "It was set aside while its key had no room, and is looked at again now.",
        "lock": "It was set aside while its lock was taken; its turn has come, and it is brought back within minutes.",
    }
    if facts.parked is not None:
        until = facts.key_wakes_at if facts.parked == "key" else None
        return WaitingReason(why=Why.BROUGHT_BACK, text=parked[facts.parked], until=until)
    if facts.past_era:
        text = "It stands in a part of the line that workers have left; they bring it along within seconds."
        return WaitingReason(why=Why.BROUGHT_BACK, text=text)
    text = (
        "Nothing holds it: it should start within a second. If it doesn't, its worker may be cut off from the database, or "
        "somebody's open transaction holds its row: `advisorjobs doctor` looks for both."
    )
    return WaitingReason(why=Why.NOTHING, text=text)


def _estimate(facts: WaitingFacts, reasons: tuple[WaitingReason, ...], before: int | None) -> datetime | None:
    """When it starts, if runs take what they took lately; None where that can't be said."""
    start = facts.now
    for reason in reasons:
        if reason.why in (Why.NOTHING, Why.BROUGHT_BACK):
            return reason.until or start
        if reason.why in (Why.SLOTS, Why.LINE):
            if facts.pace.run_ms is None or before is None or before > MANY or not facts.workers.slots:
                return None
            rounds = (
                math.ceil((before + 1) / facts.workers.slots)
                if not facts.workers.free
                else before / facts.workers.slots
            )
            start = max(start, facts.now + timedelta(milliseconds=rounds * facts.pace.run_ms))
        elif reason.until is None:
            return None
        else:
            start = max(start, reason.until)
    return _by_rate(facts, start, before or 0)


def _by_rate(facts: WaitingFacts, start: datetime, before: int) -> datetime:
    """Not before those before it have had their starts of the queue's rate."""
    limit = facts.queue_limit
    if limit.rate is None or not limit.window_s or before < limit.rate - limit.used:
        return start
    windows = (before - max(0, limit.rate - limit.used)) // limit.rate
    opens = facts.now + timedelta(seconds=(limit.opens_in or 0) + windows * limit.window_s)
    return max(start, opens)


def _count(count: int) -> str:
    return "more than 1 000" if count > MANY else f"{count:,}".replace(",", " ")


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
