"""Worker processes: where they are, whether they live, what they use and what they run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from advisorjobs.calls import call
from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["ProcessCalls", "ProcessState", "RunningJob", "WorkerProcess", "processes", "progress_of"]

MOST = 200
JOBS = 20
"""Running jobs that are named of each process."""


class ProcessState(StrEnum):
    """`stopping`: told to stop, it ends what it runs. `silent`: its lease ran out without a word. `gone`: it has ended."""

    ALIVE = "alive"
    STOPPING = "stopping"
    SILENT = "silent"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningJob:
    """A job that runs now. `progress`: what is done of it, 0 to 1, None where it doesn't say. `run_no`: 1 is the first."""

    id: int
    name: str
    queue: str
    organization_id: str | None
    started_at: datetime
    progress: float | None
    run_no: int
    worker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerProcess:
    """One process. `slots`: jobs at once, by queue. `memory`: resident bytes, its children's too; `cpu`: cores in use.

    `beat_age`: seconds since its last heartbeat. `running`: how many jobs, of which `jobs` are those that began first.
    `host`, `pid`, `version`, `memory`, `cpu`: None where it didn't say (yet).
    """

    id: int
    name: str
    state: ProcessState
    host: str | None
    pid: int | None
    version: str | None
    slots: Mapping[str, int]
    started_at: datetime
    beat_at: datetime
    beat_age: float
    stopped_at: datetime | None
    memory: int | None
    cpu: float | None
    running: int
    jobs: tuple[RunningJob, ...]


class ProcessCalls:
    """Who works."""

    app: App

    @call
    def read_processes(
        self, *, queue: str | None = None, ended: bool = True, connection: Any = None
    ) -> Operation[tuple[WorkerProcess, ...]]:
        """Those that live or fell silent, then (*ended*) those that ended last, 200 at most; of *queue*, or all of them."""
        return processes(queue, ended=ended, connection=connection)


def processes(
    queue: str | None = None, *, ended: bool = True, connection: Any = None
) -> Operation[tuple[WorkerProcess, ...]]:
    """See ProcessCalls.read_processes."""
    values = {"queue": queue, "ended": ended, "most": MOST, "jobs": JOBS}
    return operation("read_processes", statement("read_processes"), values, _processes, connection)


def progress_of(kept: Mapping[str, Any] | None) -> float | None:
    """The share that is done of a job's `progress`, 0 to 1; None where it doesn't say."""
    done, total = (kept or {}).get("done"), (kept or {}).get("total")
    if not isinstance(done, int | float) or not isinstance(total, int | float) or total <= 0:
        return None
    return min(max(done / total, 0.0), 1.0)


def _processes(rows: Sequence[Row]) -> tuple[WorkerProcess, ...]:
    return tuple(map(_process, rows))


def _process(row: Row) -> WorkerProcess:
    return WorkerProcess(
        id=row["id"],
        name=row["name"],
        state=_state(row),
        host=row["host"],
        pid=row["pid"],
        version=row["version"],
        slots=dict(zip(row["queues"], row["slots"], strict=True)),
        started_at=row["started_at"],
        beat_at=row["beat_at"],
        beat_age=max(0.0, (row["at"] - row["beat_at"]).total_seconds()),
        stopped_at=row["stopped_at"],
        memory=row["memory"],
        cpu=row["cpu"],
        running=row["running"],
        jobs=tuple(_running(job, row["name"]) for job in row["jobs"]),
    )


def _state(row: Row) -> ProcessState:
    if row["stopped_at"] is not None:
        return ProcessState.GONE
    if row["overdue"]:
        return ProcessState.SILENT
    return ProcessState.STOPPING if row["stopping"] else ProcessState.ALIVE


def _running(job: Mapping[str, Any], worker: str) -> RunningJob:
    return RunningJob(
        id=job["id"],
        name=job["name"],
        queue=job["queue"],
        organization_id=job["organization_id"],
        started_at=datetime.fromtimestamp(job["since"], UTC),
        progress=progress_of(job["progress"]),
        run_no=job["run_no"],
        worker=worker,
    )
