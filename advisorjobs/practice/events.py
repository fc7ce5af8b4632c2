"""What services tell the invented practice: the bodies of their webhooks."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from advisorjobs.practice.rows import Connection, Firm

__all__ = ["connection_of", "stripe_event", "till_event"]

NOON = time(12, tzinfo=UTC)


def connection_of(firm: Firm, service: str) -> Connection:
    """The firm's connection with *service*."""
    return next(each for each in firm.connections if each.service == service)


def stripe_event(firm: Firm, now: datetime) -> dict[str, Any]:
    """The event with which Stripe says that the invoice it has sent for a client was paid. Amounts are in cents."""
    invoice = next(each for each in firm.invoices if each.source == "stripe")
    moment, total = _seconds(now), int(invoice.total * 100)
    return {
        "id": f"evt_demo{moment}",
        "object": "event",
        "api_version": "2025-09-30.clover",
        "created": moment,
        "livemode": False,
        "type": "invoice.paid",
        "account": connection_of(firm, "stripe").account,
        "pending_webhooks": 1,
        "data": {
            "object": {
                "id": invoice.external_id,
                "object": "invoice",
                "number": invoice.number,
                "status": "paid",
                "currency": invoice.currency.lower(),
                "total": total,
                "total_excluding_tax": int(invoice.net * 100),
                "amount_due": total,
                "amount_paid": total,
                "amount_remaining": 0,
                "customer_name": invoice.party_name,
                "customer_email": invoice.party_email,
                "created": _seconds(datetime.combine(invoice.issued_on, NOON)),
                "due_date": _seconds(datetime.combine(invoice.due_on, NOON)),
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


def _seconds(moment: datetime) -> int:
    """Since 1970."""
    return int(moment.timestamp())
