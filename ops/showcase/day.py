"""Fills a migrated database with a practice's day: two weeks of history, jobs in every state, workers, limits, schedules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from advisorjobs.application import App
from advisorjobs.enqueue import NewJob
from advisorjobs.manager import BlockingQueueManager
from advisorjobs.upkeep.defaults import put_defaults
from tests.fixtures.desk import Desk

__all__ = ["Day", "fill_day"]

SQL = Path(__file__).parent
FOLD = SQL.parent / "bench" / "sql" / "fold_all.sql"
NOON = datetime(2026, 6, 3, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Line:
    """How often a job runs in a busy hour, its median time in ms, and the error that it has when it has one."""

    name: str
    queue: str
    runs: int
    median: int
    error: str


LINES = (
    Line("document:ocr", "document-processing", 60, 4_200, "validation"),
    Line("document:classify", "document-processing", 60, 310, "internal"),
    Line("document:extract", "document-processing", 55, 900, "external_service"),
    Line("document:thumbnail", "document-processing", 60, 240, "validation"),
    Line("ai:classify_transactions", "ai-processing", 9, 2_600, "rate_limited"),
    Line("ai:insights", "ai-processing", 4, 8_000, "timeout"),
    Line("report:financial", "reports", 6, 3_100, "not_found"),
    Line("report:monthly", "reports", 3, 2_700, "database"),
    Line("email:send", "emails", 45, 420, "network"),
    Line("webhook:stripe", "webhooks", 30, 35, "database"),
    Line("integration:quickbooks_sync", "integrations", 5, 9_500, "authentication"),
    Line("maintenance:clear_cache", "maintenance", 4, 60, "database"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """Jobs by what they show: `failed`, `running`, `waiting`, `delayed`, `completed` (of history): the number of one each."""

    failed: int
    running: int
    waiting: int
    delayed: int
    completed: int


def fill_day(dsn: str, app: App, *, hours: int = 14 * 24) -> Day:
    """*hours* of history up to now, and what lives. Takes a few seconds for two weeks; *app* is on the same database."""
    manager = BlockingQueueManager(app)
    with psycopg.connect(dsn, autocommit=True) as connection:
        completed = _history(connection, hours)
    _queue(manager)
    failed, running = _work(dsn)
    manager.set_queue_limit("document-processing", rate="30/s", why="the new scanner", changed_by="mira")
    manager.set_organization_rule("practice-01", weight=2, why="year-end closing", changed_by="mira")
    manager.pause_queue("integrations", reason="QuickBooks is being maintained", paused_by="jonas")
    app.run(put_defaults(app))
    manager.pause_repeatable_job("scheduled:data_sync", reason="until QuickBooks is back", paused_by="jonas")
    waiting = manager.add_job("reports", "report:financial", report("practice-02", "client-7"), tags=["year-end"])
    later = datetime.now(UTC) + timedelta(hours=3)
    delayed = manager.add_job("emails", "email:send", mail("practice-03", 1), schedule_at=later)
    return Day(failed=failed, running=running, waiting=waiting, delayed=delayed, completed=completed)


def _history(connection: psycopg.Connection[Any], hours: int) -> int:
    now = datetime.now(UTC)
    begin = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours)
    columns = {
        "names": [line.name for line in LINES],
        "queues": [line.queue for line in LINES],
        "counts": [line.runs for line in LINES],
        "medians": [line.median for line in LINES],
        "errors": [line.error for line in LINES],
    }
    fill = (SQL / "fill_hour.sql").read_bytes()
    for hour in range(hours + 1):
        since = begin + timedelta(hours=hour)
        connection.execute(fill, {**columns, "since": since, "until": now, "busy": busy(since, now)})
    connection.execute(FOLD.read_bytes())
    connection.execute((SQL / "fill_minutes.sql").read_bytes())
    row = connection.execute((SQL / "newest_run.sql").read_bytes()).fetchone()
    return int(row[0]) if row else 0


def busy(hour: datetime, now: datetime) -> float:
    """A practice's week: 1 at noon of a working day, little at night. It is always noon of a Wednesday *now*."""
    shown = hour + (NOON - now.astimezone(UTC))
    shape = max(0.06, 1 - abs(shown.hour - 12) / 8)
    return shape * (0.15 if shown.weekday() >= 5 else 1)


def _queue(manager: BlockingQueueManager) -> None:
    jobs = [NewJob(name="email:send", payload=mail(f"practice-{1 + n % 12:02}", n)) for n in range(180)]
    jobs += [
        NewJob(name="document:ocr", payload=document(f"practice-{1 + n % 5:02}", n), tags=["upload"]) for n in range(90)
    ]
    jobs += [NewJob(name="ai:insights", payload=client(f"practice-{1 + n % 3:02}", n)) for n in range(8)]
    jobs += [NewJob(name="integration:quickbooks_sync", payload=sync(f"practice-{1 + n:02}", n)) for n in range(6)]
    manager.add_jobs(jobs)


def _work(dsn: str) -> tuple[int, int]:
    """Two workers that have taken jobs; some of them failed. Their leases outlast whoever looks."""
    documents = _worker(dsn, "docs-7f9c", ["document-processing", "ai-processing"])
    office = _worker(
        dsn, "office-1", ["critical", "reports", "emails", "webhooks", "integrations", "maintenance", "scheduled"]
    )
    taken = documents.claim("document-processing", free=12)
    for job in taken[:4]:
        documents.settle(
            job,
            status="failed",
            final=True,
            error_code="validation",
            error_message="the file is no document that can be read",
            stack_trace='File "tasks/documents.py", line 71, in ocr\n    raise JobError(…)',
            run_ms=812,
        )
    mails = office.claim("emails", free=10)
    office.settle(
        *mails[:3],
        status="retrying",
        final=False,
        delay=64,
        error_code="network",
        error_message="no answer",
        run_ms=30_000,
    )
    documents.connection.close()
    office.connection.close()
    return taken[0].id, taken[6].id


def _worker(dsn: str, name: str, queues: Sequence[str]) -> Desk:
    from advisorjobs.catalogue import Catalogue

    return Desk(dsn, queues, lease=24 * 3600.0, name=name, names=tuple(Catalogue.load(())))


def mail(organization: str, number: int) -> dict[str, Any]:
    data = {"task_title": "Review the quarter"}
    return {
        "organization_id": organization,
        "type": "task_assignment",
        "to": f"person-{number}@example.com",
        "template_data": data,
    }


def document(organization: str, number: int) -> dict[str, Any]:
    return {"organization_id": organization, "document_id": f"doc-{number}"}


def client(organization: str, number: int) -> dict[str, Any]:
    quarter = {"start": "2026-01-01", "end": "2026-03-31"}
    return {"organization_id": organization, "client_id": f"client-{number}", **quarter}


def sync(organization: str, number: int) -> dict[str, Any]:
    return {"organization_id": organization, "realm_id": f"{9_000_000 + number}"}


def report(organization: str, client_id: str) -> dict[str, Any]:
    return {
        "organization_id": organization,
        "client_id": client_id,
        "start": "2026-01-01",
        "end": "2026-03-31",
        "format": "pdf",
    }
