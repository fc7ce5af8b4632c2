"""Every call of manager, tracker and worker manager once, and what its answer is made of: the same on every connection."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from advisorjobs import (
    JobTracker,
    NewJob,
    QueueManager,
    WorkerManager,
    get_job_tracker,
    get_queue_manager,
    get_worker_manager,
)
from advisorjobs.application import App
from advisorjobs.calls import call

LATER = datetime(2036, 1, 1, 9, tzinfo=UTC)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
OCR = {"document_id": "d1", "organization_id": "o1"}

CALLS: tuple[tuple[str, tuple[Any, ...], dict[str, Any]], ...] = (
    ("add_job", ("document-processing", "document:ocr", OCR), {"tags": ["a"], "unique_key": "k", "unique_for": 60}),
    ("add_jobs", ([NewJob(name="document:ocr", payload=OCR, schedule_in=timedelta(hours=1))],), {}),
    ("add_scheduled_job", ("document-processing", "document:ocr", OCR, LATER), {"priority": 1}),
    ("get_failed_jobs", ("emails",), {}),
    ("retry_failed_jobs", ("emails",), {}),
    ("retry_job", ("emails", 999_999), {}),
    ("cancel_job", (999_999,), {}),
    ("get_job", (999_999,), {}),
    ("set_queue_limit", ("emails",), {"rate": "200/min", "running": 20, "fair": True, "why": "w", "changed_by": "ada"}),
    ("get_queue_limits", ("emails",), {}),
    ("get_all_queue_limits", (), {}),
    ("reset_queue_limit", ("emails",), {}),
    ("set_organization_rule", ("o1",), {"queue": "emails", "weight": 4, "rate": "5/s"}),
    ("get_organization_rules", (), {"queue": "emails"}),
    ("remove_organization_rule", ("o1",), {"queue": "emails"}),
    ("set_key_limit", ("stripe",), {"running": 2, "rate": "9/h"}),
    ("get_key_limits", (), {}),
    ("remove_key_limit", ("stripe",), {}),
    ("pause_queue", ("emails",), {"until": LATER, "reason": "r", "organization_id": "o1"}),
    ("get_pauses", (), {}),
    ("resume_queue", ("emails",), {"organization_id": "o1"}),
    ("pause_organization", ("o1",), {"paused_by": "ada"}),
    ("resume_organization", ("o1",), {}),
    (
        "add_repeatable_job",
        ("scheduled", "scheduled:daily_reports", {"organization_id": "system"}, "0 9 * * *"),
        {"key": "nightly", "timezone": "America/New_York"},
    ),
    ("get_repeatable_job", ("nightly",), {}),
    ("list_repeatable_jobs", (), {}),
    ("preview_repeatable_job", ("nightly", 2), {}),
    ("pause_repeatable_job", ("nightly",), {"reason": "r"}),
    ("resume_repeatable_job", ("nightly",), {}),
    ("run_repeatable_job", ("nightly",), {}),
    ("remove_repeatable_job", ("nightly",), {}),
    ("get_queue_stats", ("critical",), {}),
    ("get_all_queue_stats", (), {}),
    ("get_job_statistics", (), {}),
    ("get_recent_failures", ("o1", 5), {}),
    ("get_error_analysis", (), {"start": YESTERDAY, "end": LATER}),
    ("get_slow_jobs", (0,), {}),
    ("get_worker_statistics", (), {}),
    ("get_performance_metrics", (), {}),
    ("get_health_status", (), {}),
)


def bound(name: str, *, blocking: bool) -> Any:
    """The call *name*, of whichever has it."""
    holders = (get_queue_manager(), get_job_tracker(), get_worker_manager())
    holder: Any = next(each for each in holders if hasattr(each, name))
    return getattr(holder.sync if blocking else holder, name)


def missing_calls() -> set[str]:
    """Calls that take a connection and aren't made above."""
    every = {
        name
        for holder in (QueueManager, JobTracker, WorkerManager)
        for name in dir(holder)
        if isinstance(getattr(holder, name), call)
    }
    return every - {name for name, _, _ in CALLS}


def history(app: App) -> Any:
    """A job that ended well and one that failed, so that there is something to tell: a worker's run."""

    @app.task(name="callers:job", queue="critical")
    async def work(divisor: int, organization_id: str) -> float:
        return 1 / divisor

    work.batch_defer({"divisor": 1, "organization_id": "o1"}, {"divisor": 0, "organization_id": "o1"})
    return app.run_worker_async(queues=["critical"], wait=False, install_signal_handlers=False)


def shape(value: Any) -> Any:
    """What *value* is made of, without ids and moments, which differ each time."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, {each.name: shape(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value).__name__, [shape(each) for each in value]
    return value if isinstance(value, str | bool | None | timedelta) else type(value).__name__
