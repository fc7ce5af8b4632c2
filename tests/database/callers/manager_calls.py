"""Every call of the manager once, and what its answer is made of: the same on every kind of connection."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from advisorjobs import NewJob, QueueManager
from advisorjobs.calls import call

LATER = datetime(2036, 1, 1, 9, tzinfo=UTC)
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
)


def missing_calls() -> set[str]:
    """Calls of the manager that take a connection and aren't made above."""
    return {name for name in dir(QueueManager) if isinstance(getattr(QueueManager, name), call)} - {
        name for name, _, _ in CALLS
    }


def shape(value: Any) -> Any:
    """What *value* is made of, without ids and moments, which differ each time."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return type(value).__name__, {each.name: shape(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return type(value).__name__, [shape(each) for each in value]
    return value if isinstance(value, str | bool | None | timedelta) else type(value).__name__
