"""What the database says of the queues at one moment, for metrics: read by one statement, frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from advisorjobs.database.operation import Operation, Row, operation
from advisorjobs.database.statement import statement

__all__ = ["ErrorTotal", "Measurements", "QueueState", "RunTotals", "TableState", "read_measurements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How a queue stands. `oldest`: how long the one has waited that waits longest, in seconds, 0 where none does.

    `rate` starts in any `rate_window` seconds, of which `rate_left` are left now; `running_limit`: jobs at once over all
    workers; None where there is no such limit. `workers` alive serve the queue with `slots`, of which `active` are busy.
    `closed`: an external service asked for patience.
    """

    queue: str
    waiting: int
    active: int
    delayed: int
    failed: int
    oldest: float
    paused: bool
    closed: bool
    rate: int | None
    rate_window: float | None
    rate_left: int | None
    running_limit: int | None
    workers: int
    slots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTotals:
    """All runs of a job in a queue that ever ended, by how they did (`outcomes`), and how long they waited and ran.

    Snoozed and released runs have no durations. `waits`, `times`: histograms as the database keeps them (sketch.py);
    their sums in seconds.
    """

    queue: str
    job_name: str
    outcomes: Mapping[str, int]
    waits: str
    wait_sum: float
    times: str
    time_sum: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorTotal:
    """Runs that ever ended in an error, whether another followed or not."""

    queue: str
    job_name: str
    error_code: str
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """Rows as the server's statistics count them; `bytes` with indexes."""

    name: str
    living: int
    dead: int
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """Of one snapshot. Ages and lateness in seconds; `heartbeat_age`: of the living worker that was heard longest ago.

    `unfolded`: runs that ended and aren't in the totals yet, up to those of 10 000 batches. `held_back`: since when, and
    `held_back_transactions`: how many ago, a transaction began that keeps dead rows from being cleaned away.
    """

    queues: Sequence[QueueState]
    workers_alive: int
    workers_silent: int
    heartbeat_age: float | None
    schedules_broken: int
    schedules_late: int
    schedule_lateness: float
    totals: Sequence[RunTotals]
    errors: Sequence[ErrorTotal]
    tables: Sequence[TableState]
    held_back: float
    held_back_transactions: int
    unfolded: int
    server_version: str


OUTCOMES = ("completed", "failed", "retried", "cancelled", "snoozed", "released")


def read_measurements() -> Operation[Measurements]:
    """Costs the database some milliseconds, whatever its tables hold."""
    return operation("metrics", statement("read_measurements"), {}, _measurements)


def _measurements(rows: Sequence[Row]) -> Measurements:
    (row,) = rows
    workers, schedules, cleaning = row["workers"], row["schedules"], row["cleaning"]
    return Measurements(
        queues=tuple(QueueState(**{**each, "oldest": max(0.0, each["oldest"] or 0.0)}) for each in row["queues"] or ()),
        workers_alive=workers["alive"],
        workers_silent=workers["silent"],
        heartbeat_age=workers["heartbeat_age"],
        schedules_broken=schedules["broken"],
        schedules_late=schedules["late"],
        schedule_lateness=schedules["lateness"],
        totals=tuple(map(_totals, row["totals"])),
        errors=tuple(ErrorTotal(**each) for each in row["errors"]),
        tables=tuple(TableState(**each) for each in row["tables"]),
        held_back=cleaning["seconds"],
        held_back_transactions=cleaning["transactions"],
        unfolded=row["unfolded"],
        server_version=row["server_version"],
    )


def _totals(each: Mapping[str, Any]) -> RunTotals:
    return RunTotals(
        queue=each["queue"],
        job_name=each["job_name"],
        outcomes={outcome: each[outcome] for outcome in OUTCOMES},
        waits=each["waits"],
        wait_sum=each["wait_ms"] / 1000,
        times=each["times"],
        time_sum=each["time_ms"] / 1000,
    )
