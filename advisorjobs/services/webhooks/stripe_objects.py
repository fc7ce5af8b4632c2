"""The objects that Stripe's events are about, as much of them as the practice keeps.

Fields of older and newer versions of the API are understood: an endpoint keeps the version that it was made with.
Source: https://docs.stripe.com/api, fields as in stripe/openapi.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Charge", "Customer", "Invoice", "InvoicePayment", "PaymentIntent", "Payout", "Refund"]

SECOND = Annotated[int, Field(ge=0, le=253_402_300_799)]
"""Seconds since 1970, to the end of the year 9999."""

Minor = Annotated[int, Field(strict=True, ge=-(10**14), le=10**14)]
"""Of a currency's smallest unit."""


def _id_of(value: Any) -> Any:
    """Where another object is named, its id, also where the object itself stands there."""
    return value.get("id") if isinstance(value, dict) else value


Named = Annotated[str | None, BeforeValidator(_id_of)]
Currency = Annotated[str, AfterValidator(str.upper), Field(pattern=r"^[A-Za-z]{3}$")]


class StripeObject(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    id: str


class Customer(StripeObject):
    name: str | None = None
    email: str | None = None
    description: str | None = None


class StatusTimes(BaseModel):
    finalized_at: SECOND | None = None


class Tax(BaseModel):
    amount: Minor


class Invoice(StripeObject):
    number: str | None = None
    status: str | None = None
    currency: Currency
    created: SECOND
    effective_at: SECOND | None = None
    due_date: SECOND | None = None
    status_transitions: StatusTimes = StatusTimes()
    total: Minor
    total_excluding_tax: Minor | None = None
    tax: Minor | None = None
    total_taxes: tuple[Tax, ...] | None = None
    amount_paid: Minor = 0
    customer: Named = None
    customer_name: str | None = None
    customer_email: str | None = None
    hosted_invoice_url: str | None = None
    payment_intent: Named = None
    charge: Named = None

    @property
    def issued_at(self) -> int:
        return self.effective_at or self.status_transitions.finalized_at or self.created

    @property
    def net(self) -> int:
        """Minor units without tax."""
        if self.total_excluding_tax is not None:
            return self.total_excluding_tax
        return self.total - (self.tax or sum(each.amount for each in self.total_taxes or ()))


class PaymentIntent(StripeObject):
    currency: Currency
    created: SECOND
    amount_received: Minor
    description: str | None = None
    customer: Named = None
    invoice: Named = None


class Charge(StripeObject):
    currency: Currency
    created: SECOND
    amount: Minor
    amount_captured: Minor | None = None
    amount_refunded: Minor = 0
    description: str | None = None
    customer: Named = None
    invoice: Named = None
    payment_intent: Named = None


class Refund(StripeObject):
    currency: Currency
    amount: Minor
    charge: Named = None


class PaymentOfInvoice(BaseModel):
    payment_intent: Named = None
    charge: Named = None


class InvoicePayment(StripeObject):
    invoice: Annotated[str, BeforeValidator(_id_of)]
    payment: PaymentOfInvoice


class Payout(StripeObject):
    currency: Currency
    amount: Minor
    arrival_date: SECOND
    description: str | None = None
