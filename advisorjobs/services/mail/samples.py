"""An invented mail of each type, for previews: nobody and nothing in it exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from advisorjobs.services.mail.message import Letter, message_id
from advisorjobs.services.mail.rendering import Firm, render

__all__ = ["SAMPLES", "letter", "variants"]

FIRM = Firm(name="Paper Lantern Advisors", email="office@paperlantern.example", zone=ZoneInfo("Europe/Berlin"))
PORTAL = "https://portal.paperlantern.example"
LEVELS = (1, 2, 3, 4)

SAMPLES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "welcome": {"recipient_name": "Ada Lindqvist", "firm_name": None, "login_url": f"{PORTAL}/login"},
        "task_assignment": {
            "recipient_name": "Tomás",
            "task_title": "Review Q1 financials",
            "task_id": "task-204",
            "task_url": f"{PORTAL}/tasks/204",
            "description": "Please check the accruals for March and the two open supplier invoices.\n\nThe bank "
            "statement is in the folder already.",
            "client_name": "Larkspur Bakery Ltd",
            "assigned_by": "Miriam Okafor",
            "due_date": date(2026, 4, 17),
            "reminder": False,
            "others": (),
        },
        "invoice_reminder": {
            "recipient_name": "Juniper Hale",
            "invoice_number": "LB-2026-0117",
            "amount_due": Decimal("4317.45"),
            "currency": "EUR",
            "due_date": date(2026, 3, 31),
            "client_name": "Larkspur Bakery Ltd",
            "payment_url": f"{PORTAL}/pay/LB-2026-0117",
        },
        "document_shared": {
            "recipient_name": "Ada Lindqvist",
            "document_name": "Annual accounts 2025.pdf",
            "document_url": f"{PORTAL}/documents/8841",
            "shared_by": "Miriam Okafor",
            "message": "Here are the annual accounts for your signature. Page 4 has the change that we spoke about.",
        },
        "report_delivery": {
            "recipient_name": "Ada Lindqvist",
            "report_name": "Financial report, first quarter 2026",
            "report_url": f"{PORTAL}/reports/3127",
            "format": "pdf",
            "client_name": "Larkspur Bakery Ltd",
            "period_start": date(2026, 1, 1),
            "period_end": date(2026, 3, 31),
            "message": None,
        },
        "security_alert": {
            "recipient_name": "Ada Lindqvist",
            "title": "Sign-in from a new device",
            "about_recipient": True,
            "concerned_name": None,
            "details": "Firefox on Linux, near Lisbon, Portugal",
            "occurred_at": datetime(2026, 4, 2, 19, 42, tzinfo=UTC),
            "ip_address": "203.0.113.24",
            "action_url": f"{PORTAL}/security",
        },
        "emergency": {
            "recipient_name": None,
            "title": "Payroll files can't be submitted",
            "message": "The tax office's gateway has been refusing our payroll files since 08:15. Submissions for today's "
            "deadline are on hold.\n\nPlease don't send files any other way. We will write again at 11:00.",
            "action_url": f"{PORTAL}/status",
        },
    }
)


def variants() -> Iterator[tuple[str, int]]:
    """Every type, reminders in each of their levels."""
    for name in SAMPLES:
        for level in LEVELS if name == "invoice_reminder" else LEVELS[:1]:
            yield name, level


def letter(name: str, tag: str, level: int = 1) -> Letter:
    """The sample of a type, from the invented firm."""
    data = {**SAMPLES[name], **({"level": level} if name == "invoice_reminder" else {})}
    sender = "mail@paperlantern.example"
    return Letter(
        rendered=render(name, data, firm=FIRM, tag=tag, reply_to=FIRM.email, attached=name == "report_delivery"),
        sender=sender,
        sender_name=FIRM.name,
        recipient="ada@larkspur.example",
        reply_to=FIRM.email,
        message_id=message_id("sample", level, name, sender),
        moment=datetime(2026, 4, 2, 19, 45, tzinfo=UTC),
    )
