"""What a type checker must refuse. Each line that is wrong ends with `# wrong`."""

from __future__ import annotations

from datetime import date
from typing import Any, assert_type

import advisorjobs
from advisorjobs import JobRun, Payload, get_queue_manager
from advisorjobs.task import task

DAY = date(2024, 1, 1)


class GreetingPayload(Payload):
    client: str


class OtherPayload(Payload):
    other: str


async def misspelt() -> None:
    await advisorjobs.queue_document_ocr("d", "o", langauge="en")  # wrong
    await advisorjobs.queue_document_ocr("d", "o", prioritty=1)  # wrong
    await advisorjobs.queue_document_ocr("d")  # wrong
    await advisorjobs.queue_email(organization_id="o", type="newsletter", to="a@b.c", template_data={})  # wrong
    await advisorjobs.queue_financial_report("c", "o", start=DAY, end=DAY, format="docx")  # wrong
    await advisorjobs.queue_financial_report("c", "o", start="2024-01-01", end=DAY)  # wrong
    await advisorjobs.queue_cash_flow_prediction("c", "o", warn_below=0.1)  # wrong
    await advisorjobs.queue_quickbooks_sync("o", kinds=["bills"])  # wrong
    await get_queue_manager().add_jobz([])  # wrong
    await get_queue_manager().add_job("emails", "email:send", {}, schedule_at="tomorrow")  # wrong


def not_awaited() -> None:
    job_id: int = advisorjobs.queue_thumbnail("d", "o")  # wrong
    number: str = advisorjobs.queue_thumbnail.sync("d", "o")  # wrong
    same: int = get_queue_manager().cancel_job(1)  # wrong


@task("practice:greet", payload=GreetingPayload, queue="emails")  # wrong
async def greet(job: JobRun[OtherPayload]) -> None:
    assert job.payload.client  # wrong


def degraded(anything: Any) -> None:
    assert_type(anything, int)  # wrong
