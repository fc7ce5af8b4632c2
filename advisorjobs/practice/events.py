"""What services tell the invented practice: the bodies of their webhooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from advisorjobs.practice.rows import Connection, Firm

__all__ = ["connection_of", "stripe_event", "till_event"]


def connection_of(firm: Firm, service: str) -> Connection:
    """The firm's connection with *service*."""
    return next(each for each in firm.connections if each.service == service)


def stripe_event(firm: Firm, now: datetime) -> dict[str, Any]:
    """The event with which Stripe says that the shop's newest overdue invoice was paid. Amounts are in cents."""
    connection = connection_of(firm, "stripe")
    invoice = min(
        (each for each in firm.invoices if each.client_id == connection.client_id and each.status == "open"),
        key=lambda each: each.due_on,
    )
    moment = int(now.astimezone(UTC).timestamp())
    cents = int(invoice.total * 100)
    return {
        "id": f"evt_demo{moment}",
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": moment,
        "livemode": False,
        "type": "invoice.paid",
        "account": connection.account,
        "pending_webhooks": 1,
        "data": {
            "object": {
                "id": f"in_demo{moment}",
                "object": "invoice",
                "number": invoice.number,
                "status": "paid",
                "currency": invoice.currency.lower(),
                "total": cents,
                "amount_due": cents,
                "amount_paid": cents,
                "amount_remaining": 0,
                "created": moment,
            }
        },
    }


def till_event(firm: Firm, now: datetime) -> dict[str, Any]:
    """The bakery's till closes its day, in the form that Standard Webhooks asks for."""
    takings = max(
        (each for each in firm.books("bakery") if each.truth == "sales" and "takings" in each.description),
        key=lambda each: each.booked_on,
    )
    return {
        "type": "till.closed",
        "timestamp": now.astimezone(UTC).isoformat(),
        "data": {"id": f"day-{takings.booked_on}", "takings": str(takings.amount), "currency": takings.currency},
    }
