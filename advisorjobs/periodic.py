"""procrastinate's @app.periodic as schedules of ours, put by each worker that starts.

Its rules stay: five fields, or six with the second LAST; UTC; the argument `timestamp`; a tick that is later than `max_delay`
(ten minutes unless `periodic_defaults` says otherwise) is left out; only a program that has the task runs it. Ticks are noted
in procrastinate_periodic_defers too, so that a deferrer of procrastinate's own beside ours creates none twice.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from advisorjobs.database.operation import Operation, operation
from advisorjobs.database.statement import statement
from advisorjobs.flow.cron import seconds_first

if TYPE_CHECKING:
    from advisorjobs.application import App

__all__ = ["periodic_keys", "put_periodic"]

MAX_DELAY = 600.0


def periodic_keys(app: App) -> list[str]:
    """The keys of the schedules of *app*'s periodic tasks."""
    return [_key(name, periodic_id) for name, periodic_id in app.periodic_registry.periodic_tasks]


def put_periodic(app: App) -> Operation[None]:
    """Creates the schedules of *app*'s periodic tasks, or changes what differs."""
    rows = sorted(
        map(_row, app.periodic_registry.periodic_tasks.values()), key=lambda row: row["key"]
    )  # as locks are taken
    values = {"schedules": json.dumps(rows), "max_delay": float(app.periodic_defaults.get("max_delay", MAX_DELAY))}
    return operation("run_worker", statement("put_periodic"), values, lambda _: None)


def _row(periodic: Any) -> dict[str, Any]:
    """A procrastinate PeriodicTask in the columns of advisorjobs_schedules."""
    options = {**periodic.configure_kwargs, "task_kwargs": dict(periodic.configure_kwargs.get("task_kwargs") or {})}
    job = periodic.task.configure(**options).job
    return {
        "key": _key(periodic.task.name, periodic.periodic_id),
        "periodic_id": periodic.periodic_id,
        "job_name": job.task_name,
        "queue_name": job.queue,
        "args": job.task_kwargs,
        "stock_priority": job.priority or None,
        "lock": job.lock,
        "queueing_lock": job.queueing_lock,
        "cron": seconds_first(periodic.cron),
    }


def _key(name: str, periodic_id: str) -> str:
    return f"periodic:{name}#{periodic_id}" if periodic_id else f"periodic:{name}"
