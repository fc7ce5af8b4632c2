"""Whether the queues are worked on: by the kept counts and the workers' leases, nothing is scanned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from advisorjobs.application import the_app
from advisorjobs.database.operation import operation
from advisorjobs.database.statement import statement
from advisorjobs.manager import get_queue_manager
from advisorjobs.queue_stats import QueueStats
from advisorjobs.upkeep.found import WORST, Found

__all__ = ["judge", "queues"]

LONG_WAIT = 900.0
"""Seconds after which a job that is due and has workers waits too long."""


async def queues(*, figures: bool) -> Found:
    """All queues, and workers that fell silent. *figures*: with numbers, which are those of all organizations together."""
    stats = await get_queue_manager().get_all_queue_stats()
    silent = await the_app().run_async(operation("health_check", statement("silent_workers"), {}, list))
    found = judge(stats, [row["name"] for row in silent], datetime.now(UTC))
    return found if figures else Found(status=found.status, what="the queues were looked at")


def judge(stats: Sequence[QueueStats], silent: Sequence[str], now: datetime) -> Found:
    """What is wrong, the worst first; a queue that is paused or closed on purpose may wait."""
    troubles = sorted(_troubles(stats, silent, now), key=lambda each: -WORST.index(each.status))
    figures: dict[str, Any] = {
        each.queue: _figures(each, now) for each in stats if each.waiting or each.active or each.failed
    }
    if silent:
        figures["silent_workers"] = len(silent)
    if not troubles:
        return Found(what="every queue that has work has workers", figures=figures)
    worst = troubles[0]
    return Found(status=worst.status, what="; ".join(each.what for each in troubles), cure=worst.cure, figures=figures)


def _troubles(stats: Sequence[QueueStats], silent: Sequence[str], now: datetime) -> Iterator[Found]:
    for each in stats:
        waited = _waited(each, now)
        if not each.waiting or each.is_paused or (each.closed_until and each.closed_until > now):
            continue
        if not each.workers:
            what = f"{each.queue}: {each.waiting} jobs wait and no worker serves it"
            yield Found(status="failing", what=what, cure=f"start one: advisorjobs worker -q {each.queue}")
        elif waited is not None and waited > LONG_WAIT:
            what = f"{each.queue}: a job has waited for {waited / 60:.0f} minutes"
            yield Found(status="degraded", what=what, cure="more workers or slots, or a look at its slow jobs")
    if silent:
        what = f"{len(silent)} workers fell silent without a word"
        yield Found(status="degraded", what=what, cure="see their logs; their jobs are taken back by the others")


def _figures(each: QueueStats, now: datetime) -> dict[str, Any]:
    waited = _waited(each, now)
    return {
        "waiting": each.waiting,
        "active": each.active,
        "failed": each.failed,
        "workers": each.workers,
        "oldest_seconds": None if waited is None else round(waited),
    }


def _waited(each: QueueStats, now: datetime) -> float | None:
    return None if each.oldest_waiting_at is None else (now - each.oldest_waiting_at).total_seconds()
