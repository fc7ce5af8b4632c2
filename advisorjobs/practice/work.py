"""A day's work at the invented practice: a bit of everything, for all nine queues.

Few enough that no rate limit holds a day up: nine jobs for ai-processing (10/min), one of them queued by the bank statement
itself, and some thirty mails (100/min), most of them queued by other jobs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from advisorjobs.practice.invented import ARRIVING
from advisorjobs.practice.rows import Firm

__all__ = ["EXAMINED", "Job", "closing_work", "opening_work"]

Job = tuple[str, dict[str, Any]]
"""A job's name and payload."""

SYSTEM = "system"
EXAMINED = ("bakery", "plumber", "studio")
"""Whose books are searched for what was planted."""

FORECAST, INSIGHT = "bakery", "plumber"


def opening_work(firm: Firm, today: date) -> list[Job]:
    """What doesn't wait for the day's documents and for sorted books."""
    return [
        *_critical(firm),
        *_books(firm),
        *_mails(firm),
        *_scheduled(firm, today),
        *_maintenance(),
    ]


def closing_work(firm: Firm, today: date, documents: dict[str, str]) -> list[Job]:
    """What is about sorted books, and about the month that came with the bank statement.

    *documents*: file name → id, of those that were read.
    """
    organization = firm.organization.id
    late = {"organization_id": organization, "client_id": ARRIVING}
    jobs: list[Job] = [
        *_findings(firm, today),
        ("report:client_overview", late | {"format": "pdf"}),
        *_reports(firm, today),
    ]
    readable = [identity for name, identity in documents.items() if name.endswith(".pdf")]
    jobs += [
        (
            "integration:azure_ai",
            {"organization_id": organization, "operation": "summarize_document", "document_id": each},
        )
        for each in readable[:2]
    ]
    return jobs


def _critical(firm: Firm) -> Iterator[Job]:
    yield "critical:health_check", {"organization_id": SYSTEM}
    yield (
        "critical:security_alert",
        {
            "organization_id": firm.organization.id,
            "alert_type": "failed_logins",
            "title": "Five failed logins for Cleo Quill",
            "details": "All within two minutes; the account is locked for an hour.",
            "user_id": firm.members[-1].id,
            "ip_address": "192.0.2.17",
        },
    )
    yield (
        "critical:emergency_notification",
        {
            "organization_id": firm.organization.id,
            "title": "Fire drill",
            "message": "This is a drill: whoever reads it, please tell the office that it came.",
            "severity": "high",
        },
    )


def _books(firm: Firm) -> Iterator[Job]:
    for client in firm.clients:
        if client.id != ARRIVING:
            yield "ai:classify_transactions", {"organization_id": firm.organization.id, "client_id": client.id}


def _findings(firm: Firm, today: date) -> Iterator[Job]:
    organization = firm.organization.id
    for client in EXAMINED:
        yield "ai:detect_anomalies", {"organization_id": organization, "client_id": client, **_period(today)}
    yield (
        "ai:predict_cash_flow",
        {"organization_id": organization, "client_id": FORECAST, "days": 90, "warn_below": "25000.00"},
    )
    yield "ai:insights", {"organization_id": organization, "client_id": INSIGHT, **_half_year(today)}


def _reports(firm: Firm, today: date) -> Iterator[Job]:
    organization = firm.organization.id
    clients = {each.id: {"organization_id": organization, "client_id": each.id} for each in firm.clients}
    owner = firm.members[0].email
    bakery = firm.client("bakery").email
    quarter = _last_quarter(today)
    yield "report:financial", clients["bakery"] | quarter | {"format": "pdf", "deliver_to": [bakery]}
    yield "report:financial", clients["bakery"] | quarter | {"format": "excel"}
    yield "report:financial", clients["bakery"] | quarter | {"format": "csv"}
    yield "report:tax_summary", clients["plumber"] | {"tax_year": today.year, "format": "excel", "deliver_to": [owner]}
    yield "report:monthly", clients["shop"] | {"format": "pdf", "deliver_to": [firm.client("shop").email]}
    yield (
        "report:custom",
        {
            "organization_id": organization,
            "title": "All clients at a glance",
            "sections": ["income", "expenses", "invoices", "tasks"],
            "format": "pdf",
            "deliver_to": [owner],
            **quarter,
        },
    )


def _mails(firm: Firm) -> Iterator[Job]:
    organization, (owner, _, newest) = firm.organization, firm.members
    task = next(each for each in firm.tasks if each.status == "open" and each.assignee_id == newest.id)
    client = next(each for each in firm.clients if each.id == task.client_id)
    mails: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("welcome", newest.email, {"recipient_name": newest.name, "firm_name": organization.name}),
        (
            "task_assignment",
            newest.email,
            {
                "recipient_name": newest.name,
                "task_title": task.title,
                "task_id": task.id,
                "description": task.description,
                "client_name": client.name,
                "assigned_by": owner.name,
                "due_date": task.due_on.isoformat() if task.due_on else None,
            },
        ),
        (
            "document_shared",
            firm.client(ARRIVING).email,
            {
                "document_name": "Engagement letter",
                "shared_by": owner.name,
                "message": "Please sign it and send it back.",
                "document_url": "https://portal.paperlantern.example/documents/engagement-letter",
            },
        ),
    )
    for kind, address, data in mails:
        yield (
            "email:send",
            {"organization_id": organization.id, "type": kind, "to": address, "template_data": data},
        )


def _scheduled(firm: Firm, today: date) -> Iterator[Job]:
    only = {"organization_id": SYSTEM, "only": [firm.organization.id]}
    yield "scheduled:daily_reports", only | {"day": (today - timedelta(days=1)).isoformat()}
    yield "scheduled:invoice_reminders", dict(only)
    yield "scheduled:task_reminders", dict(only)
    yield "scheduled:data_sync", dict(only)


def _maintenance() -> Iterator[Job]:
    yield "maintenance:log_cleanup", {"organization_id": SYSTEM}
    yield "maintenance:optimize_database", {"organization_id": SYSTEM, "dry_run": True}
    yield "maintenance:clear_cache", {"organization_id": SYSTEM}
    yield "maintenance:expired_locks", {"organization_id": SYSTEM}


def _period(today: date) -> dict[str, str]:
    """The year until yesterday."""
    return {"start": (today - timedelta(days=365)).isoformat(), "end": (today - timedelta(days=1)).isoformat()}


def _half_year(today: date) -> dict[str, str]:
    """The half year until yesterday: the one before it is in the books too, to be compared with."""
    return _period(today) | {"start": (today - timedelta(days=182)).isoformat()}


def _last_quarter(today: date) -> dict[str, str]:
    """The last quarter that is over."""
    begins = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    last = begins - timedelta(days=1)
    return {"start": last.replace(month=last.month - 2, day=1).isoformat(), "end": last.isoformat()}
