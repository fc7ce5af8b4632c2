"""A program as an application's developer writes it. Each assert_type fails when the type becomes another, or Any."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import assert_type

import advisorjobs
from advisorjobs import (
    QUEUE_NAMES,
    QUEUES,
    Enqueued,
    ErrorGroup,
    Job,
    JobDeclaration,
    JobExecution,
    JobFunction,
    JobRun,
    JobStatistics,
    JobStatus,
    JobTracker,
    NewJob,
    Payload,
    PerformanceMetrics,
    QueueManager,
    WorkerStatistics,
    add_document,
    get_job_tracker,
    get_queue_manager,
    get_worker_manager,
)
from advisorjobs.cleanup import Cleanup
from advisorjobs.enqueue import JobOptions
from advisorjobs.health import HealthStatus
from advisorjobs.queue_stats import QueueStats
from advisorjobs.queues import Queue
from advisorjobs.schedules import Schedule
from advisorjobs.task import task

START, END, NOON = date(2024, 1, 1), date(2024, 3, 31), datetime(2024, 4, 1, 12, tzinfo=UTC)


class GreetingPayload(Payload):
    client: str
    times: int = 1


declared = task("practice:greet", payload=GreetingPayload, queue="emails", timeout=timedelta(seconds=9))


@declared
async def greet(job: JobRun[GreetingPayload]) -> dict[str, int]:
    assert_type(job, JobRun[GreetingPayload])
    assert_type(job.payload, GreetingPayload)
    assert_type(job.payload.client, str)
    assert_type(job.payload.organization_id, str)
    assert_type(job.id, int)
    assert_type(job.attempt, int)
    assert_type(job.tags, tuple[str, ...])
    assert_type(job.organization_id, str | None)
    assert_type(job.deadline, datetime)
    assert_type(job.should_abort(), bool)
    return {job.payload.client: job.payload.times}


@task("practice:count", payload=GreetingPayload, queue="emails")
def count(job: JobRun[GreetingPayload]) -> int:
    return job.payload.times


async def awaited(options: JobOptions) -> None:
    assert_type(await advisorjobs.queue_document_ocr("d", "o", language="en", extract_tables=True, **options), int)
    assert_type(await advisorjobs.queue_document_classification("d", "o"), int)
    assert_type(await advisorjobs.queue_form_extraction("d", "o", language="de"), int)
    assert_type(await advisorjobs.queue_virus_scan("d", "o", priority=1), int)
    assert_type(await advisorjobs.queue_thumbnail("d", "o", schedule_in=5), int)
    assert_type(
        await advisorjobs.queue_email(
            organization_id="o",
            type="task_assignment",
            to="user@example.com",
            template_data={"task_title": "Review Q1 Financials"},
            schedule_at=NOON,
            unique_key="k",
            unique_for=timedelta(days=1),
            tags=["a"],
        ),
        int,
    )
    assert_type(await advisorjobs.queue_financial_report("c", "o", start=START, end=END, format="pdf"), int)
    assert_type(await advisorjobs.queue_tax_summary("c", "o", tax_year=2023), int)
    assert_type(await advisorjobs.queue_client_overview("c", "o"), int)
    assert_type(await advisorjobs.queue_custom_report("o", title="t", sections=["income"], start=START, end=END), int)
    assert_type(await advisorjobs.queue_monthly_report("c", "o", month="2024-03"), int)
    assert_type(await advisorjobs.queue_financial_insights("c", "o", start=START, end=END, focus=["tax"]), int)
    assert_type(await advisorjobs.queue_transaction_classification("c", "o"), int)
    assert_type(await advisorjobs.queue_cash_flow_prediction("c", "o", days=90, opening_balance="12.50"), int)
    assert_type(await advisorjobs.queue_anomaly_detection("c", "o", start=START, end=END), int)
    assert_type(await advisorjobs.queue_stripe_webhook({"id": "evt_1", "type": "a.b"}, "o"), int)
    assert_type(
        await advisorjobs.queue_quickbooks_webhook(
            "9130", "o", event_id="e", entity="Invoice", entity_id="7", operation="update", changed_at=NOON
        ),
        int,
    )
    assert_type(await advisorjobs.queue_custom_webhook("crm", "o", event_id="e", event_type="a", event={}), int)
    assert_type(await advisorjobs.queue_quickbooks_sync("o", kinds=["invoices"], since=NOON), int)
    assert_type(await advisorjobs.queue_stripe_operation("void_invoice", "o", parameters={"invoice_id": "in_1"}), int)
    assert_type(await advisorjobs.queue_azure_ai("analyze_document", "o", document_id="d"), int)
    assert_type(await advisorjobs.queue_security_alert("o", alert_type="a", title="t", severity="low"), int)
    assert_type(await advisorjobs.queue_emergency_notification("o", title="t", message="m"), int)
    assert_type(await advisorjobs.queue_health_check(parts=["mail"]), int)
    assert_type(await add_document(b"", organization_id="o", filename="a.pdf"), str)


def blocking(options: JobOptions) -> None:
    assert_type(advisorjobs.queue_document_ocr.sync("d", "o", **options), int)
    assert_type(advisorjobs.queue_email.sync(organization_id="o", type="welcome", to="a@b.c", template_data={}), int)
    assert_type(advisorjobs.queue_financial_report.sync("c", "o", start=START, end=NOON), int)
    assert_type(advisorjobs.queue_health_check.sync(), int)
    assert_type(add_document.sync("a.pdf", organization_id="o"), str)


async def managed() -> None:
    manager = get_queue_manager()
    assert_type(manager, QueueManager)
    payload = GreetingPayload(organization_id="o", client="Windmill")
    assert_type(await manager.add_job(QUEUE_NAMES.EMAILS, "practice:greet", payload, priority=1), int)
    assert_type(await manager.add_jobs([NewJob(name="practice:greet", payload=payload)]), list[Enqueued])
    assert_type(await manager.add_scheduled_job("reports", "report:monthly", {"a": 1}, NOON, tags=["x"]), int)
    assert_type(await manager.get_job(1), Job | None)
    assert_type(await manager.cancel_job(1), bool)
    assert_type(await manager.retry_job("emails", 1), bool)
    assert_type(await manager.get_failed_jobs("emails", 10), list[Job])
    assert_type(await manager.retry_failed_jobs("emails"), int)
    assert_type(await manager.reset_queue_limit("emails"), bool)


def managed_blocking() -> None:
    manager = get_queue_manager().sync
    assert_type(manager.add_job("emails", "practice:greet", {"client": "w"}, connection=None), int)
    assert_type(manager.add_jobs([{"name": "a:b", "payload": {}}]), list[Enqueued])
    assert_type(manager.add_jobs([])[0].created, bool)
    job = manager.get_job(1)
    assert_type(job, Job | None)
    if job is not None:
        assert_type(job.status, JobStatus)
        assert_type(job.finished_at, datetime | None)
    assert_type(manager.cancel_job(1), bool)


async def watched() -> None:
    tracker, workers, manager = get_job_tracker(), get_worker_manager(), get_queue_manager()
    assert_type(tracker, JobTracker)
    assert_type(await tracker.get_job_statistics("o", start=NOON), JobStatistics)
    assert_type(await tracker.get_recent_failures("o", 50), list[JobExecution])
    assert_type(await tracker.get_error_analysis("o"), list[ErrorGroup])
    assert_type(await tracker.get_slow_jobs(60_000, "o"), list[JobExecution])
    assert_type(await tracker.get_worker_statistics(), list[WorkerStatistics])
    assert_type(await tracker.get_performance_metrics("o"), PerformanceMetrics)
    assert_type(await tracker.cleanup_old_executions(90), Cleanup)
    assert_type(tracker.sync.cleanup_old_executions(90), Cleanup)
    assert_type(tracker.sync.get_job_statistics().total, int)
    assert_type(await workers.get_health_status(), HealthStatus)
    assert_type(workers.sync.get_health_status().is_running, bool)
    assert_type(await manager.get_queue_stats("emails"), QueueStats)
    assert_type(manager.sync.get_queue_stats("emails").waiting, int)
    assert_type(await manager.get_all_queue_stats(), list[QueueStats])
    assert_type(await manager.list_repeatable_jobs(), list[Schedule])
    key = manager.add_repeatable_job("scheduled", "scheduled:daily_reports", {"organization_id": "system"}, "0 9 * * *")
    assert_type(await key, str)


async def job_types(run: JobRun[GreetingPayload]) -> None:
    assert_type(declared, JobDeclaration[GreetingPayload])
    assert_type(declared.payload, type[GreetingPayload])
    assert_type(greet.payload, type[GreetingPayload])
    assert_type(await greet(run), dict[str, int])
    assert_type(count, JobFunction[GreetingPayload, int])
    assert_type(count(run), int)
    assert_type(QUEUES, Mapping[str, Queue])
    assert_type(QUEUES["emails"].timeout, timedelta)


def passed_on(hand_over: Callable[[int], Awaitable[bool]]) -> None:
    """Calls of the manager are plain functions, as far as others can see."""


passed_on(lambda number: get_queue_manager().cancel_job(number))
