"""Helpers of the queue reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Unpack

from advisorjobs.calls import Helper
from advisorjobs.choices import Grouping, ReportFormat, Section
from advisorjobs.enqueue import JobOptions
from advisorjobs.helpers.queueing import queueing

if TYPE_CHECKING:
    from advisorjobs.application import App
    from advisorjobs.database.operation import Operation

__all__ = [
    "queue_client_overview",
    "queue_custom_report",
    "queue_financial_report",
    "queue_monthly_report",
    "queue_tax_summary",
]


@Helper
def queue_financial_report(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    start: date,
    end: date,
    format: ReportFormat = "pdf",
    language: str = "en",
    deliver_to: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Makes a client's financial report of the days from *start* to *end*, both included.

    *deliver_to*: who gets it by mail, beside its being stored.
    """
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "start": start,
        "end": end,
        "format": format,
        "language": language,
        "deliver_to": deliver_to,
    }
    return queueing(app, "queue_financial_report", "report:financial", payload, options)


@Helper
def queue_tax_summary(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    tax_year: int,
    format: ReportFormat = "pdf",
    language: str = "en",
    deliver_to: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Makes the summary of a calendar year that a client's tax return needs."""
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "tax_year": tax_year,
        "format": format,
        "language": language,
        "deliver_to": deliver_to,
    }
    return queueing(app, "queue_tax_summary", "report:tax_summary", payload, options)


@Helper
def queue_client_overview(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    as_of: date | None = None,
    format: ReportFormat = "pdf",
    language: str = "en",
    deliver_to: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Makes an overview of where a client stands on the day *as_of* (None: when the job runs)."""
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "as_of": as_of,
        "format": format,
        "language": language,
        "deliver_to": deliver_to,
    }
    return queueing(app, "queue_client_overview", "report:client_overview", payload, options)


@Helper
def queue_custom_report(
    app: App,
    organization_id: str,
    *,
    title: str,
    sections: Sequence[Section],
    start: date,
    end: date,
    client_id: str | None = None,
    group_by: Grouping = "none",
    format: ReportFormat = "pdf",
    language: str = "en",
    deliver_to: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Makes a report of *sections*, in this order, over the days from *start* to *end*.

    *client_id* None: over all clients of the organization.
    """
    payload = {
        "organization_id": organization_id,
        "title": title,
        "sections": sections,
        "start": start,
        "end": end,
        "client_id": client_id,
        "group_by": group_by,
        "format": format,
        "language": language,
        "deliver_to": deliver_to,
    }
    return queueing(app, "queue_custom_report", "report:custom", payload, options)


@Helper
def queue_monthly_report(
    app: App,
    client_id: str,
    organization_id: str,
    *,
    month: str | None = None,
    format: ReportFormat = "pdf",
    language: str = "en",
    deliver_to: Sequence[str] = (),
    **options: Unpack[JobOptions],
) -> Operation[int]:
    """Makes a client's report of a month such as "2024-03"; None: the one before the month in which the job runs."""
    payload = {
        "client_id": client_id,
        "organization_id": organization_id,
        "month": month,
        "format": format,
        "language": language,
        "deliver_to": deliver_to,
    }
    return queueing(app, "queue_monthly_report", "report:monthly", payload, options)
