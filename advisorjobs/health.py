"""Whether anybody works, queue by queue: frozen values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from advisorjobs.database.operation import Row
from advisorjobs.queues import QUEUES

__all__ = ["HealthStatus", "QueueWorkers", "read_health"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueWorkers:
    """`workers`: living processes that serve the queue, with `slots` jobs at once between them. `is_active`: there is one.

    `last_seen`: the latest sign of life of any of them.
    """

    queue_name: str
    is_active: bool
    workers: int
    slots: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthStatus:
    """`is_running`: some worker lives. `workers`: one for each queue, of the queue table in its order, then others by name.

    `silent_workers`: processes that fell silent without a word and are not given up yet. `stopping_workers`: those that were told
    to stop and finish what they run; of the living ones.
    """

    is_running: bool
    workers: tuple[QueueWorkers, ...]
    silent_workers: int = 0
    stopping_workers: int = 0


def read_health(rows: Sequence[Row]) -> HealthStatus:
    """Reads rows of get_health_status.sql."""
    found = {
        row["queue"]: QueueWorkers(
            queue_name=row["queue"],
            is_active=row["is_active"],
            workers=row["workers"],
            slots=row["slots"],
            last_seen=row["last_seen"],
        )
        for row in rows
    }
    table = [found.pop(name, _nobody(name)) for name in QUEUES]
    workers = (*table, *(found[name] for name in sorted(found)))
    first = rows[0] if rows else {}
    return HealthStatus(
        is_running=any(queue.is_active for queue in workers),
        workers=workers,
        silent_workers=first.get("silent", 0),
        stopping_workers=first.get("stopping", 0),
    )


def _nobody(queue: str) -> QueueWorkers:
    return QueueWorkers(queue_name=queue, is_active=False, workers=0, slots=0, last_seen=None)
