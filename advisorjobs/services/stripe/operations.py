"""What a firm has done at Stripe, and its result in the practice's tables.

What is written is Stripe's present state of the object, asked for after the operation: the answer of a repeated call is the
first one's, and events may have come since.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any

from advisorjobs.database.statement import statement
from advisorjobs.errors import ErrorCode, JobError
from advisorjobs.job_run import JobRun
from advisorjobs.outcomes import Snooze
from advisorjobs.services.activity import activity
from advisorjobs.services.breaker import guard
from advisorjobs.services.connections import find_the_connection
from advisorjobs.services.stripe.amounts import minor_units
from advisorjobs.services.stripe.api import StripeApi, stripe_api
from advisorjobs.services.webhooks.stripe_changes import Books, Change, stripe_changes
from advisorjobs.settings import Settings

__all__ = ["operate"]

SERVICE = "stripe"
Made = tuple[str, dict[str, Any], dict[str, Any]]
"""The type of event that the rows are written as, the object as it is now, and the job's result."""


async def operate(job: JobRun[Any], settings: Settings) -> dict[str, Any]:
    """Has the payload's operation done, and keeps its result. See tasks/integrations.py."""
    if settings.stripe is None:
        raise JobError(ErrorCode.AUTHENTICATION, "set STRIPE_API_KEY")
    asked = job.payload
    async with job.connection() as connection:
        place = await find_the_connection(connection, SERVICE, asked.account)
        client = await _client(connection, asked, place.client_id)
    name = f"{asked.organization_id}/{job.id}/{asked.operation}"
    own = place.account == settings.webhooks.stripe_account
    async with (
        guard(job, SERVICE),
        stripe_api(settings.stripe, job=name, account=None if own else place.account) as api,
    ):
        try:
            event_type, found, result = await OPERATIONS[asked.operation](api, asked.parameters, job.id)
        except JobError as error:
            raise _patience(asked.account, error) from error
    event = {"type": event_type, "created": int(time.time()), "data": {"object": found}}
    async with job.transaction() as connection:
        for change in stripe_changes(event, Books(place.account, client)):
            if isinstance(change, Change):
                await connection.execute(statement(change.statement), _values(change, asked.operation))
        await connection.execute(*_told(job, client, result))
        job.result = {**result, "engine": SERVICE}
    return dict(job.result)


async def _create_customer(api: StripeApi, asked: Any, job: int) -> Made:
    params = {"name": asked.name, "metadata": {"advisorjobs_client": asked.client_id, "advisorjobs_job": str(job)}}
    if asked.email:
        params["email"] = asked.email
    made = await api.do("customer", api.v1.customers.create_async, params=params)
    return "customer.created", made, {"customer_id": made["id"]}


async def _create_invoice(api: StripeApi, asked: Any, job: int) -> Made:
    """A draft, and all its lines in one further call."""
    lines = [_line(each, asked.currency) for each in asked.lines]  # wrong amounts are refused before anything is made
    invoice = await api.do(
        "invoice",
        api.v1.invoices.create_async,
        params={
            "customer": asked.customer_id,
            "currency": asked.currency.lower(),
            "collection_method": "send_invoice",
            "days_until_due": asked.days_until_due,
            "auto_advance": False,
            "pending_invoice_items_behavior": "exclude",
            "metadata": {"advisorjobs_job": str(job)},
        },
    )
    await api.do("lines", api.v1.invoices.add_lines_async, invoice["id"], params={"lines": lines})
    return await _present_invoice(api, invoice["id"])


def _line(line: Any, currency: str) -> dict[str, Any]:
    """One amount; the number of pieces is said in words, as Stripe takes an amount or a product with a price."""
    unit = minor_units(line.unit_amount, currency)
    pieces = f" ({line.quantity} × {line.unit_amount})" if line.quantity > 1 else ""
    return {"amount": unit * line.quantity, "description": f"{line.description}{pieces}"}


async def _finalize_invoice(api: StripeApi, asked: Any, job: int) -> Made:
    await api.do("finalize", api.v1.invoices.finalize_invoice_async, asked.invoice_id)
    return await _present_invoice(api, asked.invoice_id)


async def _void_invoice(api: StripeApi, asked: Any, job: int) -> Made:
    await api.do("void", api.v1.invoices.void_invoice_async, asked.invoice_id)
    return await _present_invoice(api, asked.invoice_id)


async def _present_invoice(api: StripeApi, invoice: str) -> Made:
    now = await api.get(api.v1.invoices.retrieve_async, invoice)
    return "invoice.updated", now, {"invoice_id": now["id"], "status": now.get("status"), "number": now.get("number")}


async def _refund_payment(api: StripeApi, asked: Any, job: int) -> Made:
    params: dict[str, Any] = {"payment_intent": asked.payment_intent_id, "metadata": {"advisorjobs_job": str(job)}}
    if asked.amount is not None:
        params["amount"] = minor_units(asked.amount, asked.currency)
    if asked.reason is not None:
        params["reason"] = asked.reason
    refund = await api.do("refund", api.v1.refunds.create_async, params=params)
    charge = await api.get(api.v1.charges.retrieve_async, refund["charge"])
    return "charge.refunded", charge, {"refund_id": refund["id"], "status": refund.get("status")}


OPERATIONS: Mapping[str, Callable[[StripeApi, Any, int], Awaitable[Made]]] = MappingProxyType(
    {
        "create_customer": _create_customer,
        "create_invoice": _create_invoice,
        "finalize_invoice": _finalize_invoice,
        "void_invoice": _void_invoice,
        "refund_payment": _refund_payment,
    }
)


async def _client(connection: Any, asked: Any, of_connection: str | None) -> str:
    """Whose books the result goes into: the client named, or that of the customer or invoice, or the connection's."""
    parameters = asked.parameters
    values = {
        "client": getattr(parameters, "client_id", None),
        "customer": getattr(parameters, "customer_id", None),
        "invoice": getattr(parameters, "invoice_id", None),
        "payment": getattr(parameters, "payment_intent_id", None),
        "otherwise": of_connection,
    }
    row = await (await connection.execute(statement("find_stripe_client"), values)).fetchone()
    if row is None:
        raise JobError(ErrorCode.NOT_FOUND, "the organization has no such client, or the connection names none")
    return str(row[0])


def _values(change: Change, operation: str) -> Mapping[str, Any]:
    """A customer that was just made is written only if its own events haven't come before."""
    if change.statement == "apply_stripe_customer" and operation == "create_customer":
        return {**change.values, "only_new": True}
    return change.values


def _told(job: JobRun[Any], client: str, result: Mapping[str, Any]) -> Any:
    operation = job.payload.operation
    subject = next(name for name in ("customer_id", "invoice_id", "refund_id") if name in result)
    return activity(
        f"stripe.{operation}:{job.id}",
        f"stripe.{operation}",
        SAID[operation],
        subject=(subject.removesuffix("_id"), result[subject]),
        client_id=client,
    )


SAID = MappingProxyType(
    {
        "create_customer": "A customer was created at Stripe",
        "create_invoice": "An invoice was drafted at Stripe",
        "finalize_invoice": "An invoice was finalized at Stripe",
        "void_invoice": "An invoice was voided at Stripe",
        "refund_payment": "A payment was refunded by Stripe",
    }
)


def _patience(account: str | None, error: JobError) -> Exception:
    """A Retry-After closes the account's key. A job that didn't name one has no key, and waits alone."""
    return Snooze(error.retry_after) if error.retry_after and account is None else error
