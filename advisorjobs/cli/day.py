"""How far the demo's day is: its jobs as sql/jobs_since.sql lists them, by queue. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from advisorjobs.queues import QUEUES

__all__ = ["Day", "DayJob", "QueueDay", "day_of"]

LIVING = frozenset({"waiting", "delayed", "active"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DayJob:
    """One job. `status` as get_job() says it; `run_no` counts its runs so far."""

    id: int
    queue: str
    name: str
    organization_id: str | None
    status: str
    run_no: int
    error_code: str | None
    error_message: str | None
    result: Mapping[str, Any] | None
    started_at: datetime | None
    finished_at: datetime | None
    run_ms: int | None

    @property
    def lives(self) -> bool:
        return self.status in LIVING


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDay:
    """One queue's share. `idle`: jobs that wait for a worker which has their function, and are waited for by nobody."""

    queue: str
    jobs: Sequence[DayJob]
    idle: int

    def count(self, *statuses: str) -> int:
        return sum(job.status in statuses for job in self.jobs)

    @property
    def total(self) -> int:
        return len(self.jobs)

    @property
    def ended(self) -> int:
        return sum(not job.lives for job in self.jobs)

    @property
    def running(self) -> Sequence[str]:
        """The names of what runs, each once."""
        return list(dict.fromkeys(job.name.partition(":")[2] for job in self.jobs if job.status == "active"))

    @property
    def retrying(self) -> int:
        return sum(job.status in {"waiting", "delayed"} and job.run_no > 0 for job in self.jobs)

    @property
    def run_seconds(self) -> float:
        """The time of all its runs together."""
        return sum(job.run_ms or 0 for job in self.jobs) / 1000

    @property
    def seconds(self) -> float:
        """From its first start to its last end."""
        starts = [job.started_at for job in self.jobs if job.started_at]
        ends = [job.finished_at for job in self.jobs if job.finished_at]
        return max(0.0, (max(ends) - min(starts)).total_seconds()) if starts and ends else 0.0

    @property
    def held_back(self) -> bool:
        """Whether jobs wait, none runs, and others have started before: by its rate limit."""
        begun = any(job.started_at for job in self.jobs)
        limited = QUEUES[self.queue].rate_limit is not None
        return limited and begun and bool(self.count("waiting")) and not self.count("active")


@dataclass(frozen=True, slots=True)
class Day:
    """All queues of the table, in its order."""

    queues: Sequence[QueueDay]

    @property
    def jobs(self) -> list[DayJob]:
        return sorted((job for queue in self.queues for job in queue.jobs), key=lambda job: job.id)

    @property
    def over(self) -> bool:
        return not any(job.lives for queue in self.queues for job in queue.jobs)

    @property
    def failed(self) -> list[DayJob]:
        return [job for job in self.jobs if job.status == "failed"]


def day_of(rows: Iterable[Mapping[str, Any]], known: Collection[str]) -> Day:
    """The day by its *rows*; of jobs whose name isn't among the *known* nobody waits for the end."""
    jobs = [DayJob(**{field.name: row[field.name] for field in fields(DayJob)}) for row in rows]
    return Day([_queue_day(name, [job for job in jobs if job.queue == name], known) for name in QUEUES])


def _queue_day(queue: str, jobs: Sequence[DayJob], known: Collection[str]) -> QueueDay:
    worked = [job for job in jobs if job.name in known or not job.lives]
    return QueueDay(queue=queue, jobs=worked, idle=len(jobs) - len(worked))
