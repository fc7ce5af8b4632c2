"""The sum of the demo's day, as `--json` prints it and as the account shows it. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from advisorjobs.cli.day import Day, QueueDay
from advisorjobs.cli.keepsakes import Keepsakes
from advisorjobs.practice.rows import Firm
from advisorjobs.practice.work import EXAMINED

__all__ = ["summary"]


def summary(
    firm: Firm,
    day: Day,
    seconds: float,
    *,
    books: Mapping[str, Any],
    documents: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    reports: Sequence[Mapping[str, Any]],
    mails: Sequence[Mapping[str, Any]],
    kept: Keepsakes,
) -> dict[str, Any]:
    """One object: `queues` in the table's order, each with its counts; then what came out, and where it is."""
    anomalies = [each for each in findings if each["kind"] == "anomaly"]
    return {
        "organization": firm.organization.id,
        "seconds": round(seconds, 1),
        "queues": [_queue(queue) for queue in day.queues],
        "failures": [
            {"id": job.id, "name": job.name, "error_code": job.error_code, "error": job.error_message}
            for job in day.failed
        ],
        "books": dict(books),
        "documents": dict(Counter(each["document_type"] or "unread" for each in documents)),
        "reports": [{"title": each["title"], "format": each["format"], "file": each["file_name"]} for each in reports],
        "mails": dict(Counter(each["type"] for each in mails)),
        "planted": _planted(firm, anomalies),
        "findings": [
            {key: each[key] for key in ("client", "kind", "severity", "title", "reason", "engine")} for each in findings
        ],
        "folder": str(kept.folder),
        "files": {name: len(getattr(kept, name)) for name in ("documents", "thumbnails", "reports", "mails")},
    }


def _queue(queue: QueueDay) -> dict[str, Any]:
    return {
        "queue": queue.queue,
        "jobs": queue.total,
        "completed": queue.count("completed"),
        "failed": queue.count("failed"),
        "unfinished": queue.total - queue.ended,
        "idle": queue.idle,
        "run_seconds": round(queue.run_seconds, 1),
        "seconds": round(queue.seconds, 1),
    }


def _planted(firm: Firm, anomalies: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many oddities were planted in the books that were searched, and of how many a transaction is named."""
    named = {each for anomaly in anomalies for each in anomaly["transaction_ids"]}
    planted = [odd for odd in firm.oddities if odd.client_id in EXAMINED]
    return {"oddities": len(planted), "found": sum(bool(named & set(odd.transaction_ids)) for odd in planted)}
