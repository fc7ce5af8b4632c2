"""What an event of Stripe's changes in the practice's tables: decided here, without I/O, as statements and parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from advisorjobs.services.webhooks.minor_units import amount_of
from advisorjobs.services.webhooks.stripe_objects import (
    Charge,
    Customer,
    Invoice,
    InvoicePayment,
    PaymentIntent,
    Payout,
    Refund,
)

__all__ = ["Books", "Change", "Note", "events_like", "stripe_changes"]

TRANSFER = "transfer"
"""The category of what moves without being income or an expense."""


@dataclass(frozen=True, slots=True)
class Books:
    """Whose books an event goes into: the Stripe account's and the client's."""

    account: str
    client: str


@dataclass(frozen=True, slots=True)
class Change:
    """sql/*statement*.sql with *values*. `missing`: what is said when it found no row, and is tried again later."""

    statement: str
    values: Mapping[str, Any]
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """An entry of the feed."""

    kind: str
    subject: tuple[str, str]
    text: str


Changes = Iterator[Change | Note]


def events_like(event_type: str) -> list[str]:
    """The types of events that change the same rows, of which the newest holds; none for a type that changes nothing here."""
    make = MAKERS.get(event_type)
    return [name for name, each in MAKERS.items() if each is make]


def stripe_changes(event: Mapping[str, Any], books: Books) -> list[Change | Note]:
    """The changes, in the order in which they are made. Raises pydantic.ValidationError for an object of another kind."""
    event_type = str(event["type"])
    return list(MAKERS[event_type](event_type, event["data"]["object"], books, int(event["created"])))


def _customer(event_type: str, about: Any, books: Books, at: int) -> Changes:
    customer = Customer.model_validate(about)
    yield Change(
        "apply_stripe_customer",
        {
            "client": books.client,
            "id": customer.id,
            "name": customer.name or customer.description or customer.email or customer.id,
            "email": customer.email,
            "is_active": event_type != "customer.deleted",
            "only_new": False,
        },
    )


def _invoice(event_type: str, about: Any, books: Books, at: int) -> Changes:
    invoice = Invoice.model_validate(about)
    party = invoice.customer_name or invoice.customer_email or invoice.customer or "unknown"
    if invoice.customer is not None:
        known = {"id": invoice.customer, "name": party, "email": invoice.customer_email}
        yield Change("apply_stripe_customer", {"client": books.client, **known, "is_active": True, "only_new": True})
    total, net = amount_of(invoice.total, invoice.currency), amount_of(invoice.net, invoice.currency)
    values = {
        "client": books.client,
        "id": invoice.id,
        "customer": invoice.customer,
        "number": invoice.number or invoice.id,
        "party_name": party,
        "party_email": invoice.customer_email,
        "issued_at": _moment(invoice.issued_at),
        "due_at": _moment(invoice.due_date or invoice.issued_at),
        "currency": invoice.currency,
        "net": net,
        "tax": total - net,
        "total": total,
        "paid": amount_of(invoice.amount_paid, invoice.currency),
        "status": "void" if event_type == "invoice.deleted" else STATUSES.get(invoice.status or "", "draft"),
        "payment_url": invoice.hosted_invoice_url,
    }
    yield Change("apply_stripe_invoice", values)
    for payment in (invoice.payment_intent, invoice.charge):
        if payment is not None:
            yield Change("link_stripe_payment", {"invoice": invoice.id, "payment": payment})
    said = SAID.get(event_type)
    if said is not None:
        text = f"Invoice {values['number']} of {party} {said}: {total} {invoice.currency}"
        yield Note(event_type, ("invoice", invoice.id), text)


def _payment(event_type: str, about: Any, books: Books, at: int) -> Changes:
    intent = PaymentIntent.model_validate(about)
    amount = amount_of(intent.amount_received, intent.currency)
    yield from _booked(
        books, intent, intent.id, amount, at, origin=None, text=intent.description or "Payment by Stripe"
    )
    yield Note("payment.received", ("payment", intent.id), f"A payment came in by Stripe: {amount} {intent.currency}")


def _charge(event_type: str, about: Any, books: Books, at: int) -> Changes:
    """A charge of its own; one that belongs to a PaymentIntent is booked by that."""
    charge = Charge.model_validate(about)
    minor = charge.amount if charge.amount_captured is None else charge.amount_captured
    if charge.payment_intent is None and minor:
        amount = amount_of(minor, charge.currency)
        text = charge.description or "Payment by Stripe"
        yield from _booked(books, charge, charge.id, amount, at, origin=None, text=text)
        yield Note(
            "payment.received", ("payment", charge.id), f"A payment came in by Stripe: {amount} {charge.currency}"
        )


def _refunded(event_type: str, about: Any, books: Books, at: int) -> Changes:
    """`amount_refunded` is the sum of the charge's refunds until now: there is one row for them."""
    charge = Charge.model_validate(about)
    amount = -amount_of(charge.amount_refunded, charge.currency)
    origin = charge.payment_intent or charge.id
    yield from _booked(books, charge, _refund_of(charge.id), amount, at, origin=origin, text="Refund by Stripe")
    yield Note("payment.refunded", ("payment", origin), f"{-amount} {charge.currency} of a payment were given back")


def _refund_failed(event_type: str, about: Any, books: Books, at: int) -> Changes:
    refund = Refund.model_validate(about)
    if refund.charge is None:
        return
    amount = amount_of(refund.amount, refund.currency)
    values = {"id": _refund_of(refund.charge), "amount": amount}
    yield Change("restore_stripe_refund", values, missing="the refund that failed hasn't been applied yet")
    yield Note("refund.failed", ("payment", refund.charge), f"A refund failed: {amount} {refund.currency}")


def _invoice_payment(event_type: str, about: Any, books: Books, at: int) -> Changes:
    paid = InvoicePayment.model_validate(about)
    payment = paid.payment.payment_intent or paid.payment.charge
    if payment is not None:
        values = {"invoice": paid.invoice, "payment": payment}
        yield Change("link_stripe_payment", values, missing="the payment and its invoice haven't both been applied yet")


def _payout(event_type: str, about: Any, books: Books, at: int) -> Changes:
    payout = Payout.model_validate(about)
    amount = amount_of(payout.amount, payout.currency)
    if event_type in ("payout.failed", "payout.canceled"):
        yield Change("remove_stripe_transaction", {"id": payout.id})
    else:
        text = payout.description or "Payout by Stripe"
        yield from _transaction(
            books, payout.currency, payout.id, -amount, payout.arrival_date, text, customer=None, category=TRANSFER
        )
    if event_type in ("payout.paid", "payout.failed"):
        became = "was paid" if event_type == "payout.paid" else "failed"
        yield Note(event_type, ("payout", payout.id), f"A payout of Stripe's {became}: {amount} {payout.currency}")


def _booked(
    books: Books,
    paid: PaymentIntent | Charge,
    external_id: str,
    amount: Decimal,
    at: int,
    *,
    origin: str | None,
    text: str,
) -> Changes:
    """A payment, and the transaction on the client's account at Stripe that it is."""
    values = {
        "client": books.client,
        "id": external_id,
        "invoice": paid.invoice,
        "origin": origin,
        "paid_at": _moment(at),
        "amount": amount,
        "currency": paid.currency,
    }
    yield Change("apply_stripe_payment", values)
    yield from _transaction(books, paid.currency, external_id, amount, at, text, customer=paid.customer, category=None)


def _transaction(
    books: Books,
    currency: str,
    external_id: str,
    amount: Decimal,
    at: int,
    text: str,
    *,
    customer: str | None,
    category: str | None,
) -> Changes:
    account = f"{books.account}:{currency}"
    yield Change(
        "apply_stripe_account",
        {"client": books.client, "id": account, "name": f"Stripe {currency}", "currency": currency},
    )
    values = {
        "client": books.client,
        "account": account,
        "id": external_id,
        "booked_at": _moment(at),
        "amount": amount,
        "currency": currency,
        "description": text,
        "customer": customer,
        "category": category,
    }
    yield Change("apply_stripe_transaction", values)


def _refund_of(charge: str) -> str:
    return f"{charge}:refund"


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


Make = Callable[[str, Any, Books, int], Changes]

INVOICES = (
    "created", "updated", "finalized", "sent", "paid", "payment_succeeded", "payment_failed", "payment_action_required",
    "overdue", "overpaid", "voided", "marked_uncollectible", "deleted",
)  # fmt: skip
"""invoice.upcoming has no invoice yet."""

MAKERS: Mapping[str, Make] = {
    "customer.created": _customer,
    "customer.updated": _customer,
    "customer.deleted": _customer,
    "payment_intent.succeeded": _payment,
    "charge.succeeded": _charge,
    "charge.captured": _charge,
    "charge.refunded": _refunded,
    "refund.failed": _refund_failed,
    "invoice_payment.paid": _invoice_payment,
    **{f"invoice.{name}": _invoice for name in INVOICES},
    **{f"payout.{name}": _payout for name in ("created", "updated", "paid", "failed", "canceled")},
}

STATUSES = {"draft": "draft", "open": "open", "paid": "paid", "void": "void", "uncollectible": "void"}
"""What is written off is no longer asked for."""

SAID = {
    "invoice.finalized": "was issued",
    "invoice.paid": "was paid",
    "invoice.payment_failed": "could not be paid",
    "invoice.voided": "was cancelled",
    "invoice.marked_uncollectible": "was written off",
}
